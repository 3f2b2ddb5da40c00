// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/channel_shapes.hpp"

#include "figcom-vbus/wire/sync.h"

#include <algorithm>
#include <bit>

namespace zeta::figcom {

namespace {

constexpr std::uint32_t kAckSlotsMax = 64; // acknowledgements merge: more of them never wait

static_assert(FIGCOM_BLOCK == static_cast<int>(BackPressure::kBlock));
static_assert(FIGCOM_FAIL == static_cast<int>(BackPressure::kFail));
static_assert(FIGCOM_DROP_OLDEST == static_cast<int>(BackPressure::kDropOldest));
static_assert(FIGCOM_LATEST_ONLY == static_cast<int>(BackPressure::kLatestOnly));

bool speaks(const figcom_shape& shape, Side side) noexcept {
    return (shape.direction & (side == Side::kAsker ? FIGCOM_TO_SERVICE : FIGCOM_FROM_SERVICE)) != 0;
}

bool drops(std::uint8_t policy) noexcept { return policy == FIGCOM_DROP_OLDEST || policy == FIGCOM_LATEST_ONLY; }

bool policies_hold(const figcom_shape& shape) noexcept {
    for (std::size_t priority = 0; priority < FIGCOM_PRIORITIES_MAX; ++priority) {
        const std::uint8_t policy = shape.policies[priority];
        const bool unused = priority >= shape.priority_count || shape.kind != FIGCOM_KIND_STREAM;
        if (policy > FIGCOM_LATEST_ONLY || (unused && policy != FIGCOM_BLOCK)) {
            return false;
        }
    }
    return true;
}

bool kind_holds(const figcom_shape& shape) noexcept {
    switch (shape.kind) {
    case FIGCOM_KIND_STREAM:
        return shape.state_count == 0 && shape.state_bytes == 0;
    case FIGCOM_KIND_STATE:
        return shape.priority_count == 1 && shape.slot_count == FIGCOM_SLOTS_MIN && shape.slab_bytes == 0 &&
               shape.state_count >= 1 && shape.state_count <= FIGCOM_STATES_MAX && shape.state_bytes >= 1 &&
               shape.state_bytes <= FIGCOM_STATE_BYTES_MAX;
    case FIGCOM_KIND_REDUNDANT:
        return shape.priority_count == 1 && shape.state_count == 0 && shape.state_bytes == 0 &&
               shape.direction != FIGCOM_BOTH_WAYS;
    default:
        return false;
    }
}

} // namespace

bool is_default(const figcom_shape& shape) noexcept {
    constexpr figcom_shape kDefault = default_shape();
    return std::memcmp(&shape, &kDefault, sizeof shape) == 0;
}

figcom_shape stream_shape(figcom_direction direction, std::span<const BackPressure> policies, std::uint32_t slot_count,
                          Bytes slab_bytes) noexcept {
    figcom_shape shape = default_shape();
    shape.direction = static_cast<std::uint8_t>(direction);
    shape.priority_count = static_cast<std::uint8_t>(std::min<std::size_t>(policies.size(), FIGCOM_PRIORITIES_MAX));
    shape.slot_count = slot_count;
    shape.slab_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(slab_bytes.value, UINT32_MAX));
    for (std::size_t priority = 0; priority < shape.priority_count; ++priority) {
        shape.policies[priority] = static_cast<std::uint8_t>(policies[priority]);
    }
    return shape;
}

figcom_shape state_shape(figcom_direction direction, std::uint32_t state_count, Bytes state_bytes) noexcept {
    figcom_shape shape = default_shape();
    shape.kind = FIGCOM_KIND_STATE;
    shape.direction = static_cast<std::uint8_t>(direction);
    shape.slot_count = FIGCOM_SLOTS_MIN;
    shape.slab_bytes = 0;
    shape.state_count = state_count;
    shape.state_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(state_bytes.value, UINT32_MAX));
    return shape;
}

figcom_shape redundant_shape(figcom_direction direction, std::uint32_t slot_count,
                             std::size_t record_bytes_max) noexcept {
    figcom_shape shape = default_shape();
    shape.kind = FIGCOM_KIND_REDUNDANT;
    shape.direction = static_cast<std::uint8_t>(direction);
    shape.slot_count = slot_count;
    // Payloads start on cache lines; room for a quarter of the ring in longest records.
    const std::uint64_t record = (sizeof(figcom_sync_record) + record_bytes_max + 127) / 128 * 128;
    shape.slab_bytes = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(record * std::max<std::uint64_t>(slot_count / 4, 1), UINT32_MAX / 128 * 128));
    return shape;
}

Result<void> check_shape(const figcom_shape& shape) noexcept {
    const bool counts = shape.priority_count >= 1 && shape.priority_count <= FIGCOM_PRIORITIES_MAX &&
                        shape.slot_count >= FIGCOM_SLOTS_MIN && shape.slot_count <= FIGCOM_SLOTS_MAX &&
                        std::has_single_bit(shape.slot_count);
    const bool direction = shape.direction >= FIGCOM_TO_SERVICE && shape.direction <= FIGCOM_BOTH_WAYS;
    if (!counts || !direction || shape.reserved != 0 || shape.reserved2 != 0 || !policies_hold(shape) ||
        !kind_holds(shape)) {
        return fail(ErrorCode::kCorrupt, "read a channel's shape: a value is out of its range");
    }
    return {};
}

RegionSpec spec_of(const figcom_shape& shape, Side side, const ChannelNames& names) noexcept {
    RegionSpec spec{.priority_count = shape.priority_count,
                    .slot_count = FIGCOM_SLOTS_MIN, // the least there can be: nothing of it is read
                    .slab_bytes = {0},
                    .features = 0,
                    .epoch = names.epoch,
                    .channel_id = names.channel_id,
                    .owner_endpoint = names.own_endpoint,
                    .peer_endpoint = names.peer_endpoint};
    if (!speaks(shape, side)) {
        if (shape.kind == FIGCOM_KIND_REDUNDANT) { // the replica's acknowledgements, which are inline
            spec.slot_count = std::min(shape.slot_count, kAckSlotsMax);
        }
        return spec;
    }
    spec.slot_count = shape.slot_count;
    spec.slab_bytes = Bytes{shape.slab_bytes};
    spec.state_count = shape.state_count;
    spec.state_bytes = Bytes{shape.state_bytes};
    for (unsigned priority = 0; priority < shape.priority_count; ++priority) {
        if (drops(shape.policies[priority])) {
            spec.features |= FIGCOM_FEATURE_OVERWRITES(priority);
        }
    }
    return spec;
}

ChannelRights rights_of(const figcom_shape& shape, Side side) noexcept {
    const bool ours = speaks(shape, side);
    const bool theirs = speaks(shape, other(side));
    const bool messages = shape.kind != FIGCOM_KIND_STATE;
    const bool answers = shape.kind == FIGCOM_KIND_REDUNDANT; // acknowledgements go the other way
    return {.sends = messages && (ours || answers),
            .receives = messages && (theirs || answers),
            .writes_states = !messages && ours,
            .reads_states = !messages && theirs,
            .notifications_per_s = shape.notifications_per_s,
            .notification_burst = shape.notification_burst};
}

Bytes region_bytes_of(const figcom_shape& shape, Side side) noexcept {
    const auto layout = lay_out(spec_of(shape, side, {.epoch = 1}));
    return {layout ? layout->region_bytes : UINT64_MAX};
}

Bytes map_limit_of(const figcom_shape& shape, Side side) noexcept {
    return is_default(shape) ? kDataRegionMax : region_bytes_of(shape, other(side));
}

std::size_t payload_bytes_of(const figcom_shape& shape) noexcept {
    return shape.kind == FIGCOM_KIND_STATE
               ? shape.state_bytes
               : std::max<std::size_t>(shape.slab_bytes / shape.priority_count, FIGCOM_INLINE_BYTES);
}

Result<void> set_policies(Channel& channel, const figcom_shape& shape) {
    for (std::uint8_t priority = 0; shape.kind == FIGCOM_KIND_STREAM && priority < channel.priority_count();
         ++priority) {
        ZETA_TRY(channel.set_policy(priority, static_cast<BackPressure>(shape.policies[priority])));
    }
    return {};
}

} // namespace zeta::figcom
