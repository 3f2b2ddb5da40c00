// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/client/grant_map.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

using domid_t = std::uint16_t; // the kernel's header leaves these types to its user
using grant_ref_t = std::uint32_t;
#include <xen/gntdev.h>

namespace zeta {

Result<GrantMap> GrantMap::map_readonly(DomId owner, std::span<const std::uint32_t> refs) {
    if (refs.empty() || refs.size() > kRefsMax) {
        return fail(ErrorCode::kInvalidArgument, "map a peer's pages: count out of range");
    }
    GrantMap map;
    map.device_.reset(::open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC));
    if (!map.device_) {
        return fail_errno(errno, "open /dev/xen/gntdev");
    }
    const std::size_t request_bytes = sizeof(ioctl_gntdev_map_grant_ref) + sizeof(ioctl_gntdev_grant_ref) * refs.size();
    std::vector<std::uint64_t> storage(request_bytes / sizeof(std::uint64_t) + 1);
    auto* request = reinterpret_cast<ioctl_gntdev_map_grant_ref*>(storage.data());
    request->count = static_cast<std::uint32_t>(refs.size());
    auto* entry = static_cast<ioctl_gntdev_grant_ref*>(request->refs);
    for (const std::uint32_t ref : refs) {
        *entry++ = {.domid = owner.value, .ref = ref};
    }
    if (::ioctl(map.device_.get(), IOCTL_GNTDEV_MAP_GRANT_REF, request) < 0) {
        return fail_errno(errno, "name a peer's pages");
    }
    const std::size_t length = refs.size() * kPageBytes;
    void* address =
        ::mmap(nullptr, length, PROT_READ, MAP_SHARED, map.device_.get(), static_cast<off_t>(request->index));
    if (address == MAP_FAILED) {
        return fail_errno(errno, "map a peer's pages", ErrorOrigin::kHypervisor);
    }
    map.bytes_ = {static_cast<const std::byte*>(address), length};
    return map;
}

Result<void> GrantMap::revoke() noexcept {
    if (::mmap(const_cast<std::byte*>(bytes_.data()), bytes_.size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
               -1, 0) == MAP_FAILED) {
        return fail_errno(errno, "let go of a peer's pages");
    }
    device_.reset();
    return {};
}

GrantMap::GrantMap(GrantMap&& other) noexcept
    : device_(std::move(other.device_)), bytes_(std::exchange(other.bytes_, {})) {}

GrantMap& GrantMap::operator=(GrantMap&& other) noexcept {
    if (this != &other) {
        unmap();
        device_ = std::move(other.device_);
        bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
}

GrantMap::~GrantMap() { unmap(); }

void GrantMap::unmap() noexcept {
    if (!bytes_.empty()) {
        ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
        bytes_ = {};
    }
}

} // namespace zeta
