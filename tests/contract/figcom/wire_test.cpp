// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/wire/control.h"
#include "figcom-vbus/wire/region.h"
#include "figcom-vbus/wire/sync.h"

#include "tests/contract/figcom/wire_layout.h"

#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <string_view>

namespace {

#define FIELD(type, field)                                                                                             \
    wire_field { #type "." #field, offsetof(type, field), sizeof(type::field) }
const wire_field kFromCpp[] = {WIRE_FIELDS(FIELD)};

// The promise itself, in numbers: a change of any of these is a change of the wire format.
struct Promise {
    std::string_view name;
    std::size_t offset;
};
constexpr Promise kPromises[] = {
    {"figcom_region_header.magic", 0},
    {"figcom_region_header.abi_major", 8},
    {"figcom_region_header.abi_minor", 10},
    {"figcom_region_header.header_bytes", 12},
    {"figcom_region_header.features", 16},
    {"figcom_region_header.region_bytes", 24},
    {"figcom_region_header.epoch", 32},
    {"figcom_region_header.channel_id", 40},
    {"figcom_region_header.owner_endpoint", 48},
    {"figcom_region_header.peer_endpoint", 52},
    {"figcom_region_header.priority_count", 56},
    {"figcom_region_header.slot_count", 60},
    {"figcom_region_header.ring_offset", 64},
    {"figcom_region_header.slab_offset", 72},
    {"figcom_region_header.slab_bytes", 80},
    {"figcom_region_header.slot_bytes", 88},
    {"figcom_region_header.carrier_words", 92},
    {"figcom_region_header.state_offset", 96},
    {"figcom_region_header.state_count", 104},
    {"figcom_region_header.state_bytes", 108},
    {"figcom_state.begun", 0},
    {"figcom_state.newest", 8},
    {"figcom_state_buffer.timestamp_ns", 0},
    {"figcom_state_buffer.length", 8},
    {"figcom_region_header.life", 128},
    {"figcom_region_header.armed", 256},
    {"figcom_region_header.progress", 512},
    {"figcom_region_header.stream", 1536},
    {"figcom_region_header.carrier", 2048},
    {"figcom_progress.consumed", 0},
    {"figcom_progress.lost", 8},
    {"figcom_stream.floor", 0},
    {"figcom_stream.refused", 8},
    {"figcom_sync_record.stream", 0},
    {"figcom_sync_record.sequence", 8},
    {"figcom_sync_record.acknowledged", 16},
    {"figcom_sync_record.round", 24},
    {"figcom_sync_ack.held", 8},
    {"figcom_sync_ack.round", 16},
    {"figcom_sync_ack.repair", 24},
    {"figcom_shape.kind", 0},
    {"figcom_shape.direction", 1},
    {"figcom_shape.priority_count", 2},
    {"figcom_shape.slot_count", 4},
    {"figcom_shape.slab_bytes", 8},
    {"figcom_shape.state_count", 12},
    {"figcom_shape.state_bytes", 16},
    {"figcom_shape.notifications_per_s", 20},
    {"figcom_shape.notification_burst", 24},
    {"figcom_shape.policies", 28},
    {"figcom_channel_revoke.reason", 8},
    {"figcom_request_cancel.request", 0},
    {"figcom_descriptor.sequence", 0},
    {"figcom_descriptor.timestamp_ns", 8},
    {"figcom_descriptor.source", 16},
    {"figcom_descriptor.target", 20},
    {"figcom_descriptor.type", 24},
    {"figcom_descriptor.priority", 26},
    {"figcom_descriptor.flags", 27},
    {"figcom_descriptor.length", 28},
    {"figcom_descriptor.offset", 32},
    {"figcom_descriptor.payload", 40},
    {"figcom_batch.count", 0},
    {"figcom_batch.each", 4},
};

} // namespace

TEST_CASE("C and C++ see the same layout") {
    REQUIRE(wire_field_count_from_c == std::size(kFromCpp));
    for (std::size_t i = 0; i < std::size(kFromCpp); ++i) {
        INFO(kFromCpp[i].name);
        REQUIRE(std::string_view{kFromCpp[i].name} == wire_fields_from_c[i].name);
        CHECK(kFromCpp[i].offset == wire_fields_from_c[i].offset);
        CHECK(kFromCpp[i].bytes == wire_fields_from_c[i].bytes);
    }
}

TEST_CASE("wire format v1 stays where it is") {
    for (const Promise& promise : kPromises) {
        bool found = false;
        for (const wire_field& field : kFromCpp) {
            if (promise.name == field.name) {
                found = true;
                INFO(promise.name);
                CHECK(field.offset == promise.offset);
            }
        }
        CHECK(found);
    }
    CHECK(sizeof(figcom_region_header) == 4096);
    CHECK(sizeof(figcom_descriptor) == 128);
}

TEST_CASE("the magic reads FIGCOM1") {
    const std::uint64_t magic = FIGCOM_MAGIC;
    char text[8];
    std::memcpy(text, &magic, sizeof text);
    CHECK(std::string_view{text, 7} == "FIGCOM1");
    CHECK(text[7] == '\0');
}

TEST_CASE("a sequence word carries the epoch's low bits and the index plus one") {
    CHECK(figcom_sequence_word(0x12345, 0) == 0x2345'0000'0000'0001);
    CHECK(figcom_sequence_word(1, 0xffffffffffff) == 0x0001'0000'0000'0000);
    CHECK(wire_sequence_from_c(0xabcd, 41) == figcom_sequence_word(0xabcd, 41));
}
