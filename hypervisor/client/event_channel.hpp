// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// An interdomain event channel over /dev/xen/evtchn: one device handle per
// channel, so that each can be polled by itself. Layer 0; the Xen carrier calls it.

#include "hypervisor/base/result.hpp"
#include "hypervisor/base/unique_handle.hpp"
#include "hypervisor/base/units.hpp"

namespace zeta {

class EventChannel {
public:
    /// Offers a new port that only `remote` may bind to.
    /// Errors: kNotFound no event channel device (module xen-evtchn); kResourceExhausted no port left.
    [[nodiscard]] static Result<EventChannel> bind_unbound(DomId remote);

    /// Binds to a port that `remote` offered us.
    /// Errors: kInvalidArgument `remote` offers no such port to this domain.
    [[nodiscard]] static Result<EventChannel> bind_interdomain(DomId remote, EvtchnPort remote_port);

    /// Raises the event at the other end. One hypercall. A peer that is gone is no error.
    [[nodiscard]] Result<void> notify() const noexcept;

    /// Takes a pending event and unmasks the port again. Never blocks.
    /// Returns whether there was one.
    [[nodiscard]] Result<bool> take_pending() const noexcept;

    /// Readable while an event is pending.
    [[nodiscard]] int fd() const noexcept { return device_.get(); }
    [[nodiscard]] EvtchnPort port() const noexcept { return port_; }

private:
    EventChannel(UniqueFd device, EvtchnPort port) noexcept : device_(std::move(device)), port_(port) {}

    UniqueFd device_;
    EvtchnPort port_;
};

} // namespace zeta
