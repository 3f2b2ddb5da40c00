// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/client/grant_alloc.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <xen/gntalloc.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace zeta {

Result<GrantAlloc> GrantAlloc::create(DomId peer, PageCount pages, GrantAccess access) {
    if (pages.value == 0 || pages.value > kPagesMax) {
        return fail(ErrorCode::kInvalidArgument, "allocate granted pages: count out of range");
    }
    GrantAlloc alloc;
    alloc.device_.reset(::open("/dev/xen/gntalloc", O_RDWR | O_CLOEXEC));
    if (!alloc.device_) {
        return fail_errno(errno, "open /dev/xen/gntalloc");
    }
    const auto count = static_cast<std::uint32_t>(pages.value);
    // The ioctl's structure ends in one reference per page; 64-bit words keep it aligned.
    const std::size_t request_bytes = sizeof(ioctl_gntalloc_alloc_gref) + sizeof(std::uint32_t) * count;
    std::vector<std::uint64_t> storage(request_bytes / sizeof(std::uint64_t) + 1);
    auto* request = reinterpret_cast<ioctl_gntalloc_alloc_gref*>(storage.data());
    request->domid = peer.value;
    request->flags = access == GrantAccess::kReadWrite ? GNTALLOC_FLAG_WRITABLE : 0;
    request->count = count;
    if (::ioctl(alloc.device_.get(), IOCTL_GNTALLOC_ALLOC_GREF, request) < 0) {
        return fail_errno(errno, "allocate granted pages");
    }
    alloc.device_offset_ = request->index;
    alloc.refs_.resize(count);
    std::memcpy(alloc.refs_.data(),
                reinterpret_cast<const std::byte*>(request) + offsetof(ioctl_gntalloc_alloc_gref, gref_ids),
                sizeof(std::uint32_t) * count);
    const std::size_t length = to_bytes(pages).value;
    void* address = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, alloc.device_.get(),
                           static_cast<off_t>(alloc.device_offset_));
    if (address == MAP_FAILED) {
        return fail_errno(errno, "map granted pages");
    }
    alloc.bytes_ = {static_cast<std::byte*>(address), length};
    return alloc;
}

Result<void> GrantAlloc::clear_and_notify_at_end(std::size_t byte_offset, EvtchnPort port) {
    if (byte_offset >= bytes_.size()) {
        return fail(ErrorCode::kInvalidArgument, "set the end notification: offset outside the pages");
    }
    ioctl_gntalloc_unmap_notify request{};
    request.index = device_offset_ + byte_offset;
    request.action = UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT;
    request.event_channel_port = port.value;
    if (::ioctl(device_.get(), IOCTL_GNTALLOC_SET_UNMAP_NOTIFY, &request) < 0) {
        return fail_errno(errno, "set the end notification of granted pages");
    }
    return {};
}

// One system call replaces the mapping, so no thread ever finds a hole; the device handle holds the pages until then.
Result<void> GrantAlloc::revoke() noexcept {
    if (::mmap(bytes_.data(), bytes_.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
        MAP_FAILED) {
        return fail_errno(errno, "revoke granted pages");
    }
    device_.reset();
    return {};
}

GrantAlloc::GrantAlloc(GrantAlloc&& other) noexcept
    : device_(std::move(other.device_)), device_offset_(other.device_offset_), bytes_(std::exchange(other.bytes_, {})),
      refs_(std::move(other.refs_)) {}

GrantAlloc& GrantAlloc::operator=(GrantAlloc&& other) noexcept {
    if (this != &other) {
        unmap();
        device_ = std::move(other.device_);
        device_offset_ = other.device_offset_;
        bytes_ = std::exchange(other.bytes_, {});
        refs_ = std::move(other.refs_);
    }
    return *this;
}

GrantAlloc::~GrantAlloc() { unmap(); }

void GrantAlloc::unmap() noexcept {
    if (!bytes_.empty()) {
        ::munmap(bytes_.data(), bytes_.size());
        bytes_ = {};
    }
}

} // namespace zeta
