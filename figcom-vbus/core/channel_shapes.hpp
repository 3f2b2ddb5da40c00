// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What channels look like: the control channel's regions, the default of a channel between endpoints, and the
// shapes that a request may ask for instead. Layer 1; the broker, the agents and BusClient agree through it.

#include "figcom-vbus/core/channel.hpp"
#include "figcom-vbus/core/control_message.hpp"

#include <vector>

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

/// The ends of a channel: who asked for it, and who serves.
enum class Side : std::uint8_t { kAsker, kServer };
[[nodiscard]] constexpr Side other(Side side) noexcept { return side == Side::kAsker ? Side::kServer : Side::kAsker; }

/// What both sides of one channel must agree on.
struct ChannelNames {
    std::uint64_t channel_id{0};
    std::uint64_t epoch{0};
    std::uint32_t own_endpoint{0};
    std::uint32_t peer_endpoint{0};
};

/// One blocking stream both ways; all that agents of a minor below 2 know.
[[nodiscard]] constexpr figcom_shape default_shape() noexcept {
    return {.kind = FIGCOM_KIND_STREAM,
            .direction = FIGCOM_BOTH_WAYS,
            .priority_count = 1,
            .reserved = 0,
            .slot_count = 64,
            .slab_bytes = 64 * 1024,
            .state_count = 0,
            .state_bytes = 0,
            .notifications_per_s = 0,
            .notification_burst = 0,
            .policies = {},
            .reserved2 = 0};
}
[[nodiscard]] bool is_default(const figcom_shape& shape) noexcept;

/// `policies.size()` priorities, the first one the highest.
[[nodiscard]] figcom_shape stream_shape(figcom_direction direction, std::span<const BackPressure> policies,
                                        std::uint32_t slot_count = 64, Bytes slab_bytes = {64 * 1024}) noexcept;
/// `state_count` meta syncs of up to `state_bytes` each, on every side that `direction` names.
[[nodiscard]] figcom_shape state_shape(figcom_direction direction, std::uint32_t state_count,
                                       Bytes state_bytes) noexcept;
/// One replica's path: `direction` says on which side the writer is; records up to `record_bytes_max`.
[[nodiscard]] figcom_shape redundant_shape(figcom_direction direction, std::uint32_t slot_count,
                                           std::size_t record_bytes_max) noexcept;

/// Errors: kCorrupt a value outside its range, or one that this kind does not have.
[[nodiscard]] Result<void> check_shape(const figcom_shape& shape) noexcept;

/// The region that `side` makes. `shape` passed check_shape.
[[nodiscard]] RegionSpec spec_of(const figcom_shape& shape, Side side, const ChannelNames& names) noexcept;
[[nodiscard]] ChannelRights rights_of(const figcom_shape& shape, Side side) noexcept;
/// Of the region that `side` makes.
[[nodiscard]] Bytes region_bytes_of(const figcom_shape& shape, Side side) noexcept;
/// The most that `side` maps of the other one.
[[nodiscard]] Bytes map_limit_of(const figcom_shape& shape, Side side) noexcept;
/// The longest message, record or state that a side can send.
[[nodiscard]] std::size_t payload_bytes_of(const figcom_shape& shape) noexcept;
/// Sets the shape's policies on our streams.
/// Errors: as Channel::set_policy.
[[nodiscard]] Result<void> set_policies(Channel& channel, const figcom_shape& shape);

/// A control message that a shape may follow.
template <typename T>
struct Shaped {
    T head;
    figcom_shape shape;
};
/// Errors: kCorrupt neither of the two sizes, or a shape that check_shape refuses.
template <typename T>
[[nodiscard]] Result<Shaped<T>> read_shaped(std::span<const std::byte> payload) noexcept {
    if (payload.size() != sizeof(T) + sizeof(figcom_shape)) {
        ZETA_TRY_ASSIGN(const T head, read_payload<T>(payload));
        return Shaped<T>{.head = head, .shape = default_shape()};
    }
    ZETA_TRY_ASSIGN(const T head, read_payload<T>(payload.first(sizeof(T))));
    ZETA_TRY_ASSIGN(const auto shape, read_payload<figcom_shape>(payload.subspan(sizeof(T))));
    ZETA_TRY(check_shape(shape));
    return Shaped<T>{.head = head, .shape = shape};
}
/// The default shape is left out, so that older peers understand the message.
template <typename T>
[[nodiscard]] std::vector<std::byte> shaped_payload(const T& head, const figcom_shape& shape) {
    const auto first = as_payload(head);
    std::vector<std::byte> payload{first.begin(), first.end()};
    if (!is_default(shape)) {
        const auto second = as_payload(shape);
        payload.insert(payload.end(), second.begin(), second.end());
    }
    return payload;
}

} // namespace zeta::figcom
