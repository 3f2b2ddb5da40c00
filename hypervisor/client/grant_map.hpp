// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Another domain's granted pages, mapped read-only over /dev/xen/gntdev.
// Layer 0; the Xen carrier calls it.

#include "hypervisor/base/result.hpp"
#include "hypervisor/base/unique_handle.hpp"
#include "hypervisor/base/units.hpp"

#include <cstddef>
#include <span>

namespace zeta {

class GrantMap {
public:
    static constexpr std::size_t kRefsMax = 1024;

    /// Maps the pages behind `refs` of `owner`, in order and contiguously. What lies there is the
    /// owner's to change at any time.
    /// Errors: kInvalidArgument reference count; kNotFound no device (module xen-gntdev);
    /// kIo the hypervisor refused a reference.
    [[nodiscard]] static Result<GrantMap> map_readonly(DomId owner, std::span<const std::uint32_t> refs);

    GrantMap(GrantMap&& other) noexcept;
    GrantMap& operator=(GrantMap&& other) noexcept;
    GrantMap(const GrantMap&) = delete;
    GrantMap& operator=(const GrantMap&) = delete;
    ~GrantMap();

    /// Unmaps the owner's pages and puts private zeros in their place.
    /// Errors: the kernel's; then nothing has changed.
    [[nodiscard]] Result<void> revoke() noexcept;

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

private:
    GrantMap() = default;
    void unmap() noexcept;

    UniqueFd device_;
    std::span<const std::byte> bytes_;
};

} // namespace zeta
