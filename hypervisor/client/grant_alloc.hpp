// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pages of this domain that one other domain may map, over /dev/xen/gntalloc.
// Layer 0; the Xen carrier calls it.

#include "hypervisor/base/result.hpp"
#include "hypervisor/base/unique_handle.hpp"
#include "hypervisor/base/units.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace zeta {

/// What the other domain may do with a granted page.
enum class GrantAccess : std::uint8_t { kReadOnly, kReadWrite };

class GrantAlloc {
public:
    static constexpr std::uint64_t kPagesMax = 1024; ///< per allocation; the kernel's module parameter bounds the sum

    /// Allocates zeroed pages and grants them to `peer`. `pages` is 1…kPagesMax.
    /// Errors: kInvalidArgument page count; kNotFound no device (module xen-gntalloc);
    /// kResourceExhausted the module's `limit` or the grant table is full.
    [[nodiscard]] static Result<GrantAlloc> create(DomId peer, PageCount pages, GrantAccess access);

    GrantAlloc(GrantAlloc&& other) noexcept;
    GrantAlloc& operator=(GrantAlloc&& other) noexcept;
    GrantAlloc(const GrantAlloc&) = delete;
    GrantAlloc& operator=(const GrantAlloc&) = delete;
    /// The kernel revokes each grant, at once or when the peer unmaps it.
    ~GrantAlloc();

    /// At the end of this mapping, a killed process included, the kernel clears the byte at
    /// `byte_offset` and raises `port`: how a peer learns of our death without a timer.
    [[nodiscard]] Result<void> clear_and_notify_at_end(std::size_t byte_offset, EvtchnPort port);

    /// Ends the grants as the destructor does, and puts private zeros in place of bytes().
    /// Errors: the kernel's; then nothing has changed.
    [[nodiscard]] Result<void> revoke() noexcept;

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return bytes_; }
    /// One reference per page, in order.
    [[nodiscard]] std::span<const std::uint32_t> refs() const noexcept { return refs_; }

private:
    GrantAlloc() = default;
    void unmap() noexcept;

    UniqueFd device_;
    std::uint64_t device_offset_{0};
    std::span<std::byte> bytes_;
    std::vector<std::uint32_t> refs_;
};

} // namespace zeta
