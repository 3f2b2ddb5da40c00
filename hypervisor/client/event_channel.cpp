// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/client/event_channel.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstdint>

using domid_t = std::uint16_t; // the kernel's header leaves this type to its user
#include <xen/evtchn.h>

namespace zeta {

namespace {

Result<UniqueFd> open_device() {
    UniqueFd device{::open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK)};
    if (!device) {
        return fail_errno(errno, "open /dev/xen/evtchn");
    }
    return device;
}

} // namespace

Result<EventChannel> EventChannel::bind_unbound(DomId remote) {
    ZETA_TRY_ASSIGN(UniqueFd device, open_device());
    ioctl_evtchn_bind_unbound_port request{.remote_domain = remote.value};
    const int port = ::ioctl(device.get(), IOCTL_EVTCHN_BIND_UNBOUND_PORT, &request);
    if (port < 0) {
        return fail_errno(errno, "offer an event channel port", ErrorOrigin::kHypervisor);
    }
    return EventChannel{std::move(device), EvtchnPort{static_cast<std::uint32_t>(port)}};
}

Result<EventChannel> EventChannel::bind_interdomain(DomId remote, EvtchnPort remote_port) {
    ZETA_TRY_ASSIGN(UniqueFd device, open_device());
    ioctl_evtchn_bind_interdomain request{.remote_domain = remote.value, .remote_port = remote_port.value};
    const int port = ::ioctl(device.get(), IOCTL_EVTCHN_BIND_INTERDOMAIN, &request);
    if (port < 0) {
        return fail_errno(errno, "bind to the peer's event channel port", ErrorOrigin::kHypervisor);
    }
    return EventChannel{std::move(device), EvtchnPort{static_cast<std::uint32_t>(port)}};
}

Result<void> EventChannel::notify() const noexcept {
    ioctl_evtchn_notify request{.port = port_.value};
    if (::ioctl(device_.get(), IOCTL_EVTCHN_NOTIFY, &request) < 0) {
        return fail_errno(errno, "notify an event channel", ErrorOrigin::kHypervisor);
    }
    return {};
}

Result<bool> EventChannel::take_pending() const noexcept {
    std::uint32_t port = 0;
    const ssize_t got = ::read(device_.get(), &port, sizeof port);
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            return false;
        }
        return fail_errno(errno, "read an event channel");
    }
    if (got != sizeof port) {
        return fail(ErrorCode::kIo, "read an event channel: short read");
    }
    // The kernel masked the port when it handed out the event; writing it back unmasks.
    if (::write(device_.get(), &port, sizeof port) != sizeof port) {
        return fail_errno(errno, "unmask an event channel");
    }
    return true;
}

} // namespace zeta
