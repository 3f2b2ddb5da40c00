// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/region.hpp"

#include "tests/support/figcom/ring_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>

using namespace zeta;
using namespace zeta::figcom;

namespace {
RegionSpec spec() { return {.priority_count = 2, .slot_count = 16, .slab_bytes = {4096}, .epoch = 9, .channel_id = 4}; }
} // namespace

TEST_CASE("what is formatted is what is inspected") {
    const RegionLayout layout = lay_out(spec()).value();
    support::AlignedMemory memory{layout.region_bytes};
    REQUIRE(format_region(memory.bytes, layout));
    const auto seen = inspect_region(memory.bytes);
    REQUIRE(seen);
    CHECK(seen->region_bytes == layout.region_bytes);
    CHECK(seen->ring_offset == layout.ring_offset);
    CHECK(seen->slab_offset == layout.slab_offset);
    CHECK(seen->slab_bytes == layout.slab_bytes);
    CHECK(seen->priority_count == 2);
    CHECK(seen->slot_count == 16);
    CHECK(seen->epoch == 9);
    CHECK(seen->channel_id == 4);
    CHECK(layout.region_bytes % kPageBytes == 0);
}

TEST_CASE("a layout outside its ranges is refused") {
    for (const auto& change : std::initializer_list<std::function<void(RegionSpec&)>>{
             [](RegionSpec& s) { s.priority_count = 0; }, [](RegionSpec& s) { s.priority_count = 9; },
             [](RegionSpec& s) { s.slot_count = 0; }, [](RegionSpec& s) { s.slot_count = 1; },
             [](RegionSpec& s) { s.slot_count = 3; }, [](RegionSpec& s) { s.slot_count = 131072; },
             [](RegionSpec& s) { s.slab_bytes = {1ULL << 40}; }, [](RegionSpec& s) { s.epoch = 0; }}) {
        RegionSpec bad = spec();
        change(bad);
        const auto layout = lay_out(bad);
        REQUIRE(!layout);
        CHECK(layout.error().code == ErrorCode::kInvalidArgument);
    }
}

TEST_CASE("a hostile header is refused") {
    const RegionLayout layout = lay_out(spec()).value();
    support::AlignedMemory memory{layout.region_bytes};
    REQUIRE(format_region(memory.bytes, layout));
    const figcom_region_header good = header_of(memory.bytes);
    for (const auto& change : std::initializer_list<std::function<void(figcom_region_header&)>>{
             [](auto& h) { h.magic ^= 1; }, [](auto& h) { h.header_bytes = 0; }, [](auto& h) { h.slot_bytes = 64; },
             [](auto& h) { h.region_bytes += 4096; }, [](auto& h) { h.region_bytes = ~0ULL; },
             [](auto& h) { h.epoch = 0; }, [](auto& h) { h.priority_count = 0; }, [](auto& h) { h.priority_count = 9; },
             [](auto& h) { h.slot_count = 0; }, [](auto& h) { h.slot_count = 12; },
             [](auto& h) { h.slot_count = 65536; }, [](auto& h) { h.ring_offset = 0; },
             [](auto& h) { h.ring_offset = 4097; }, [](auto& h) { h.ring_offset = ~0ULL - 127; },
             [](auto& h) { h.slab_offset = 128; }, [](auto& h) { h.slab_offset = ~0ULL - 127; },
             [](auto& h) { h.slab_bytes = ~0ULL; }}) {
        header_of(memory.bytes) = good;
        change(header_of(memory.bytes));
        const auto seen = inspect_region(memory.bytes);
        REQUIRE(!seen);
        CHECK(seen.error().code == ErrorCode::kCorrupt);
    }
    CHECK(!inspect_region(memory.bytes.first(4095)));
}

TEST_CASE("another major is refused with both numbers, another minor is not") {
    const RegionLayout layout = lay_out(spec()).value();
    support::AlignedMemory memory{layout.region_bytes};
    REQUIRE(format_region(memory.bytes, layout));
    header_of(memory.bytes).abi_minor = 99;
    CHECK(inspect_region(memory.bytes));
    header_of(memory.bytes).abi_major = 7;
    const auto seen = inspect_region(memory.bytes);
    REQUIRE(!seen);
    CHECK(seen.error().code == ErrorCode::kUnsupported);
    const std::string text = describe(seen.error());
    CHECK(text.find('7') != std::string::npos);
    CHECK(text.find('1') != std::string::npos);
}
