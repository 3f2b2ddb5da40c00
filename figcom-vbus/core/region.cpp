// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/region.hpp"

#include "figcom-vbus/core/shared_words.hpp"

#include <bit>

namespace zeta::figcom {

namespace {

constexpr std::uint64_t kSlabBytesMax = 1ULL << 32;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t step) noexcept {
    return (value + step - 1) / step * step;
}

bool counts_hold(std::uint32_t priority_count, std::uint32_t slot_count) noexcept {
    return priority_count >= 1 && priority_count <= FIGCOM_PRIORITIES_MAX && slot_count >= FIGCOM_SLOTS_MIN &&
           slot_count <= FIGCOM_SLOTS_MAX && std::has_single_bit(slot_count);
}

// [offset, offset + length) lies inside the region, behind the header, on a line boundary.
bool part_holds(std::uint64_t offset, std::uint64_t length, std::uint64_t region_bytes) noexcept {
    return offset >= FIGCOM_HEADER_BYTES && offset % FIGCOM_LINE_BYTES == 0 && offset <= region_bytes &&
           length <= region_bytes - offset;
}

} // namespace

Result<RegionLayout> lay_out(const RegionSpec& spec) {
    if (!counts_hold(spec.priority_count, spec.slot_count)) {
        return fail(ErrorCode::kInvalidArgument, "lay out a region: priorities or slots out of range");
    }
    if (spec.slab_bytes.value > kSlabBytesMax || spec.epoch == 0) {
        return fail(ErrorCode::kInvalidArgument, "lay out a region: slab too large or epoch 0");
    }
    if (spec.state_count > FIGCOM_STATES_MAX || spec.state_bytes.value > FIGCOM_STATE_BYTES_MAX) {
        return fail(ErrorCode::kInvalidArgument, "lay out a region: too many states, or too large");
    }
    const std::uint64_t ring_bytes = std::uint64_t{spec.priority_count} * spec.slot_count * FIGCOM_SLOT_BYTES;
    const std::uint64_t slab_offset = round_up(FIGCOM_HEADER_BYTES + ring_bytes, FIGCOM_LINE_BYTES);
    const std::uint64_t slab_bytes = spec.slab_bytes.value / (std::uint64_t{FIGCOM_LINE_BYTES} * spec.priority_count) *
                                     FIGCOM_LINE_BYTES * spec.priority_count;
    const std::uint64_t state_offset = slab_offset + slab_bytes;
    const std::uint64_t states_bytes = spec.state_count * figcom_state_stride(spec.state_bytes.value);
    return RegionLayout{.region_bytes = round_up(state_offset + states_bytes, kPageBytes),
                        .epoch = spec.epoch,
                        .channel_id = spec.channel_id,
                        .features = spec.features | FIGCOM_FEATURE_BATCHES,
                        .ring_offset = FIGCOM_HEADER_BYTES,
                        .slab_offset = slab_offset,
                        .slab_bytes = slab_bytes,
                        .state_offset = spec.state_count != 0 ? state_offset : 0,
                        .state_count = spec.state_count,
                        .state_bytes = static_cast<std::uint32_t>(spec.state_bytes.value),
                        .priority_count = spec.priority_count,
                        .slot_count = spec.slot_count,
                        .owner_endpoint = spec.owner_endpoint,
                        .peer_endpoint = spec.peer_endpoint,
                        .abi_minor = FIGCOM_ABI_MINOR};
}

Result<void> format_region(std::span<std::byte> region, const RegionLayout& layout) {
    if (region.size() < layout.region_bytes || reinterpret_cast<std::uintptr_t>(region.data()) % kPageBytes != 0) {
        return fail(ErrorCode::kInvalidArgument, "format a region: memory too small or not page aligned");
    }
    figcom_region_header& header = header_of(region);
    header.magic = FIGCOM_MAGIC;
    header.abi_major = FIGCOM_ABI_MAJOR;
    header.abi_minor = FIGCOM_ABI_MINOR;
    header.header_bytes = FIGCOM_HEADER_BYTES;
    header.features = layout.features;
    header.region_bytes = layout.region_bytes;
    header.epoch = layout.epoch;
    header.channel_id = layout.channel_id;
    header.owner_endpoint = layout.owner_endpoint;
    header.peer_endpoint = layout.peer_endpoint;
    header.priority_count = layout.priority_count;
    header.slot_count = layout.slot_count;
    header.ring_offset = layout.ring_offset;
    header.slab_offset = layout.slab_offset;
    header.slab_bytes = layout.slab_bytes;
    header.slot_bytes = FIGCOM_SLOT_BYTES;
    header.state_offset = layout.state_offset;
    header.state_count = layout.state_count;
    header.state_bytes = layout.state_bytes;
    return {};
}

void publish(std::span<std::byte> region) noexcept { store_release(header_of(region).life.alive, 1); }

Result<figcom_region_header> copy_header(std::span<const std::byte> region) {
    if (region.size() < FIGCOM_HEADER_BYTES) {
        return fail(ErrorCode::kCorrupt, "read a peer's region: smaller than its header");
    }
    figcom_region_header header;
    copy_once(&header, region.data(), sizeof header);
    if (header.magic != FIGCOM_MAGIC) {
        return fail(ErrorCode::kCorrupt, "read a peer's region: no FIGCOM region");
    }
    if (header.abi_major != FIGCOM_ABI_MAJOR) {
        Error error = make_error(ErrorCode::kUnsupported, "read a peer's region: it speaks another major ABI than 1");
        static_assert(FIGCOM_ABI_MAJOR == 1, "the sentence above names our number");
        error.origin = ErrorOrigin::kBus;
        error.native = header.abi_major;
        return std::unexpected(error);
    }
    return header;
}

Result<RegionLayout> inspect_region(std::span<const std::byte> region) {
    ZETA_TRY_ASSIGN(const figcom_region_header header, copy_header(region));
    if (header.header_bytes != FIGCOM_HEADER_BYTES || header.slot_bytes != FIGCOM_SLOT_BYTES ||
        header.region_bytes > region.size() || header.epoch == 0 ||
        !counts_hold(header.priority_count, header.slot_count)) {
        return fail(ErrorCode::kCorrupt, "read a peer's region: sizes or counts out of range");
    }
    const std::uint64_t ring_bytes = std::uint64_t{header.priority_count} * header.slot_count * FIGCOM_SLOT_BYTES;
    if (!part_holds(header.ring_offset, ring_bytes, header.region_bytes)) {
        return fail(ErrorCode::kCorrupt, "read a peer's region: the rings lie outside");
    }
    if (header.slab_bytes != 0 && !part_holds(header.slab_offset, header.slab_bytes, header.region_bytes)) {
        return fail(ErrorCode::kCorrupt, "read a peer's region: the slab lies outside");
    }
    if (header.state_count > FIGCOM_STATES_MAX || header.state_bytes > FIGCOM_STATE_BYTES_MAX ||
        (header.state_count != 0 &&
         !part_holds(header.state_offset, header.state_count * figcom_state_stride(header.state_bytes),
                     header.region_bytes))) {
        return fail(ErrorCode::kCorrupt, "read a peer's region: the states lie outside");
    }
    return RegionLayout{.region_bytes = header.region_bytes,
                        .epoch = header.epoch,
                        .channel_id = header.channel_id,
                        .features = header.features,
                        .ring_offset = header.ring_offset,
                        .slab_offset = header.slab_bytes != 0 ? header.slab_offset : 0,
                        .slab_bytes = header.slab_bytes,
                        .state_offset = header.state_count != 0 ? header.state_offset : 0,
                        .state_count = header.state_count,
                        .state_bytes = header.state_bytes,
                        .priority_count = header.priority_count,
                        .slot_count = header.slot_count,
                        .owner_endpoint = header.owner_endpoint,
                        .peer_endpoint = header.peer_endpoint,
                        .abi_minor = header.abi_minor};
}

} // namespace zeta::figcom
