// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sizes of the regions that the broker and the agents make, and the most they accept of each
// other. Layer 1.

#include "figcom-vbus/core/region.hpp"

namespace zeta::figcom {

inline constexpr std::size_t kControlMessageMax = 4096;
inline constexpr std::size_t kDataMessageMax = 24 + 16384; // an echo's head and its largest payload
inline constexpr Bytes kControlRegionMax{512 * kPageBytes};
inline constexpr Bytes kDataRegionMax{512 * kPageBytes};

/// Control channel between an agent and the broker: both halves carry the agent's epoch.
[[nodiscard]] constexpr RegionSpec control_spec(std::uint64_t agent_epoch) noexcept {
    return {.priority_count = 1,
            .slot_count = 64,
            .slab_bytes = {64 * 1024},
            .features = 0,
            .epoch = agent_epoch,
            .channel_id = 0,
            .owner_endpoint = 0,
            .peer_endpoint = 0};
}

/// Channel between two endpoints.
[[nodiscard]] constexpr RegionSpec data_spec(std::uint64_t channel_id, std::uint64_t epoch, std::uint32_t own_endpoint,
                                             std::uint32_t peer_endpoint) noexcept {
    return {.priority_count = 1,
            .slot_count = 64,
            .slab_bytes = {64 * 1024},
            .features = 0,
            .epoch = epoch,
            .channel_id = channel_id,
            .owner_endpoint = own_endpoint,
            .peer_endpoint = peer_endpoint};
}

} // namespace zeta::figcom
