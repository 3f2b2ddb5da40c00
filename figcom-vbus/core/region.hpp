// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A region's layout: computed and written for our own, read once and checked for a
// peer's. Layer 1; channels and carriers call it.

#include "figcom-vbus/wire/region.h"
#include "hypervisor/base/result.hpp"
#include "hypervisor/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace zeta::figcom {

/// What a side decides about the region that it writes.
struct RegionSpec {
    std::uint32_t priority_count{1}; ///< 1…FIGCOM_PRIORITIES_MAX
    std::uint32_t slot_count{64};    ///< per ring; a power of two in FIGCOM_SLOTS_MIN…FIGCOM_SLOTS_MAX
    Bytes slab_bytes{0};             ///< for payloads beyond FIGCOM_INLINE_BYTES; shared by all priorities
    std::uint32_t state_count{0};    ///< meta syncs, at most FIGCOM_STATES_MAX
    Bytes state_bytes{0};            ///< the longest value of each, at most FIGCOM_STATE_BYTES_MAX
    std::uint64_t features{0};       ///< FIGCOM_FEATURE_BATCHES is added: this code takes them
    std::uint64_t epoch{0};          ///< not 0
    std::uint64_t channel_id{0};
    std::uint32_t owner_endpoint{0};
    std::uint32_t peer_endpoint{0};
};

/// Where things lie in a region: a private copy, checked against the mapped size.
struct RegionLayout {
    std::uint64_t region_bytes{0};
    std::uint64_t epoch{0};
    std::uint64_t channel_id{0};
    std::uint64_t features{0};
    std::uint64_t ring_offset{0};
    std::uint64_t slab_offset{0};
    std::uint64_t slab_bytes{0};
    std::uint64_t state_offset{0};
    std::uint32_t state_count{0};
    std::uint32_t state_bytes{0};
    std::uint32_t priority_count{0};
    std::uint32_t slot_count{0};
    std::uint32_t owner_endpoint{0};
    std::uint32_t peer_endpoint{0};
    std::uint16_t abi_minor{0};

    /// Whether the owner may overwrite messages of this ring that were not taken.
    [[nodiscard]] constexpr bool overwrites(std::uint8_t priority) const noexcept {
        return (features & FIGCOM_FEATURE_OVERWRITES(priority)) != 0;
    }
    /// Whether the owner takes batches.
    [[nodiscard]] constexpr bool takes_batches() const noexcept { return (features & FIGCOM_FEATURE_BATCHES) != 0; }
};

/// Errors: kInvalidArgument a value of `spec` outside its range.
[[nodiscard]] Result<RegionLayout> lay_out(const RegionSpec& spec);

/// Writes the header of an own region; everything else must be zero already. The region is not
/// visible as alive until publish().
/// Errors: kInvalidArgument `region` is smaller than the layout or not page aligned.
[[nodiscard]] Result<void> format_region(std::span<std::byte> region, const RegionLayout& layout);

/// Says that the owner lives. Last step before the peer is told of the region.
void publish(std::span<std::byte> region) noexcept;

/// Reads a peer's header once and checks every value against `region`'s size.
/// Errors: kUnsupported another ABI major (native: the peer's; ours is FIGCOM_ABI_MAJOR);
/// kCorrupt anything that does not hold together.
[[nodiscard]] Result<RegionLayout> inspect_region(std::span<const std::byte> region);

/// The header's constant part as hostile bytes: copied once, nothing but its size and ABI checked.
/// For carriers, which need its length and carrier words before they can map the rest.
/// Errors: as inspect_region.
[[nodiscard]] Result<figcom_region_header> copy_header(std::span<const std::byte> region);

[[nodiscard]] inline figcom_region_header& header_of(std::span<std::byte> region) noexcept {
    return *reinterpret_cast<figcom_region_header*>(region.data());
}
[[nodiscard]] inline const figcom_region_header& header_of(std::span<const std::byte> region) noexcept {
    return *reinterpret_cast<const figcom_region_header*>(region.data());
}

} // namespace zeta::figcom
