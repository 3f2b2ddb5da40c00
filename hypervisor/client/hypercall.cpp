// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/client/hypercall.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>

using domid_t = std::uint16_t; // the kernel's header leaves these two types to its user
using xen_pfn_t = std::uint64_t;
#include <xen/sys/privcmd.h>

namespace zeta {

void PrivcmdPort::PagePolicy::close(void* page) noexcept { ::munmap(page, kPageBytes); }

/// A page that stays where it is: the hypervisor reads it by address, and a page that the kernel has taken
/// away for a moment would look like a bad pointer. /dev/xen/hypercall gives such pages; kernels without it
/// get a locked page that a fork does not share.
UniqueHandle<PrivcmdPort::PagePolicy> PrivcmdPort::map_page() {
    const UniqueFd device{::open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC)};
    if (device) {
        void* page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, device.get(), 0);
        if (page != MAP_FAILED) {
            return UniqueHandle<PagePolicy>{page};
        }
    }
    void* page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
    if (page == MAP_FAILED) {
        return {};
    }
    UniqueHandle<PagePolicy> owned{page};
    if (::madvise(page, kPageBytes, MADV_DONTFORK) != 0) {
        return {};
    }
    return owned;
}

Result<PrivcmdPort> PrivcmdPort::open() {
    UniqueFd privcmd{::open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC)};
    if (!privcmd) {
        return fail_errno(errno, "open /dev/xen/privcmd");
    }
    UniqueHandle<PagePolicy> page = map_page();
    if (!page) {
        return fail(ErrorCode::kResourceExhausted, "lock a page for hypercalls");
    }
    return PrivcmdPort{std::move(privcmd), std::move(page)};
}

Result<void> PrivcmdPort::call(std::uint32_t op) noexcept {
    privcmd_hypercall request{};
    request.op = ZETA_HYPERCALL;
    request.arg[0] = op;
    request.arg[1] = reinterpret_cast<std::uintptr_t>(page_.get());
    if (::ioctl(privcmd_.get(), IOCTL_PRIVCMD_HYPERCALL, &request) < 0) {
        return fail_errno(errno, "make a zeta hypercall", ErrorOrigin::kHypervisor);
    }
    return {};
}

} // namespace zeta
