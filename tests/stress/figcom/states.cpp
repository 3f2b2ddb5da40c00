// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// One writer that never waits, readers that read as fast as they can: each value is whole, versions
// only rise, and the last one arrives. ThreadSanitizer sees every word.
#include "tests/support/figcom/channel_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstring>
#include <thread>

using namespace zeta::figcom;

namespace {

constexpr std::uint64_t kVersions = 60'000;
constexpr std::size_t kWords = 40;
using Value = std::array<std::uint64_t, kWords>;

struct Seen {
    std::uint64_t reads{0};
    std::uint64_t faults{0};
    std::uint64_t last{0};
};

// Each word of version v is v times its place, so that no mixture of two versions passes.
bool whole(const Value& value, const StateHead& head) {
    bool good = head.length == sizeof value;
    for (std::size_t i = 0; i < kWords; ++i) {
        good &= value[i] == head.version * (i + 1);
    }
    return good && head.timestamp_ns == head.version;
}

Seen read_all(StateReader reader, const std::atomic<bool>& stop) {
    Seen seen;
    Value value{};
    while (seen.last < kVersions && !stop.load(std::memory_order_relaxed)) {
        const auto head = reader.read(std::as_writable_bytes(std::span{value}));
        if (!head) {
            const bool expected =
                head.error().code == zeta::ErrorCode::kNotFound || head.error().code == zeta::ErrorCode::kUnavailable;
            seen.faults += expected ? 0 : 1;
            continue;
        }
        ++seen.reads;
        seen.faults += whole(value, *head) && head->version >= seen.last ? 0 : 1;
        seen.last = head->version;
    }
    return seen;
}

} // namespace

TEST_CASE("readers see whole states, in order, while the writer never waits") {
    const RegionSpec spec{
        .slot_count = 8, .state_count = 1, .state_bytes = {sizeof(Value)}, .epoch = 5, .channel_id = 1};
    const RegionLayout layout = lay_out(spec).value();
    support::AlignedMemory memory{layout.region_bytes};
    REQUIRE(format_region(memory.bytes, layout));
    StateWriter writer{memory.bytes, layout, 0};
    std::atomic<bool> stop{false};
    std::array<Seen, 2> seen;
    std::array<std::thread, 2> readers;
    for (std::size_t i = 0; i < readers.size(); ++i) {
        readers[i] = std::thread{[&, i] { seen[i] = read_all(StateReader{memory.bytes, layout, 0}, stop); }};
    }
    for (std::uint64_t version = 1; version <= kVersions; ++version) {
        Value value{};
        for (std::size_t i = 0; i < kWords; ++i) {
            value[i] = version * (i + 1);
        }
        REQUIRE(writer.write(version, std::as_bytes(std::span{value})) == version);
    }
    for (std::size_t i = 0; i < readers.size(); ++i) {
        readers[i].join(); // the last version stays, so every reader reaches it
        CHECK(seen[i].faults == 0);
        CHECK(seen[i].last == kVersions);
        CHECK(seen[i].reads > 0);
    }
}

TEST_CASE("a sleeping reader misses no last state") {
    const RegionSpec spec{.slot_count = 8, .state_count = 1, .state_bytes = {8}, .epoch = 5, .channel_id = 1};
    support::ChannelPair pair{spec};
    constexpr std::uint64_t kUpdates = 30'000;
    std::thread writer{[&] {
        for (std::uint64_t i = 1; i <= kUpdates; ++i) {
            std::ignore = pair.a.write_state(0, i, std::as_bytes(std::span{&i, 1}));
        }
    }};
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{120};
    std::uint64_t last = 0;
    std::uint64_t faults = 0;
    while (last < kUpdates && pair.b.wait_state(0, deadline)) {
        std::uint64_t value = 0;
        if (const auto head = pair.b.read_state(0, std::as_writable_bytes(std::span{&value, 1}))) {
            faults += value == head->version && value > last ? 0 : 1;
            last = value;
        }
    }
    writer.join();
    CHECK(last == kUpdates);
    CHECK(faults == 0);
}
