// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/state.hpp"

#include "tests/support/figcom/channel_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <functional>

using namespace zeta;
using namespace zeta::figcom;
using support::ChannelPair;

namespace {

RegionSpec spec() { return {.slot_count = 8, .state_count = 3, .state_bytes = {1000}, .epoch = 5, .channel_id = 1}; }
figcom_state& state_of(const ChannelPair& pair, std::uint32_t index) {
    return *reinterpret_cast<figcom_state*>(pair.memory_a->bytes.data() + pair.layout.state_offset +
                                            index * figcom_state_stride(pair.layout.state_bytes));
}
std::vector<std::byte> value(std::size_t length, int fill) { return {length, static_cast<std::byte>(fill)}; }

} // namespace

TEST_CASE("a reader gets the newest state, whole, however late it comes") {
    ChannelPair pair{spec()};
    std::array<std::byte, 1000> buffer{};
    CHECK(pair.b.read_state(1, buffer).error().code == ErrorCode::kNotFound);
    for (std::size_t i = 1; i <= 9; ++i) {
        CHECK(pair.a.write_state(1, 100 + i, value(i * 111, static_cast<int>(i))).value() == i);
    }
    const auto seen = pair.b.read_state(1, buffer);
    REQUIRE(seen);
    CHECK(seen->version == 9);
    CHECK(seen->timestamp_ns == 109);
    CHECK(seen->length == 999);
    CHECK(std::ranges::equal(std::span{buffer}.first(999), value(999, 9)));
    CHECK(pair.b.state_counters(1).unseen == 8);
    CHECK(pair.b.read_state(1, buffer)->version == 9); // again, until there is a newer one
    CHECK(pair.b.read_state(0, buffer).error().code == ErrorCode::kNotFound);
    CHECK(pair.a.write_state(2, 0, {}).value() == 1);
    CHECK(pair.b.read_state(2, buffer)->length == 0);
}

TEST_CASE("states and messages on one channel leave each other alone") {
    ChannelPair pair{spec()};
    std::array<std::byte, 1000> buffer{};
    REQUIRE(pair.a.try_send({.timestamp_ns = 4}, value(50, 1)) == SendStatus::kSent);
    REQUIRE(pair.a.write_state(0, 0, value(1000, 2)));
    REQUIRE(pair.b.write_state(0, 0, value(7, 3)));
    Received received;
    REQUIRE(pair.b.try_receive(received, buffer) == ReceiveStatus::kReceived);
    CHECK(received.length == 50);
    CHECK(pair.b.read_state(0, buffer)->length == 1000);
    CHECK(pair.a.read_state(0, buffer)->length == 7);
    CHECK(!pair.b.pending());
}

TEST_CASE("what no state can hold is refused") {
    ChannelPair pair{spec()};
    std::array<std::byte, 1000> buffer{};
    CHECK(pair.a.write_state(3, 0, {}).error().code == ErrorCode::kInvalidArgument);
    CHECK(pair.a.write_state(0, 0, value(1001, 0)).error().code == ErrorCode::kInvalidArgument);
    CHECK(pair.b.read_state(3, buffer).error().code == ErrorCode::kInvalidArgument);
    CHECK(pair.b.wait_state(3, {}).error().code == ErrorCode::kInvalidArgument);
    REQUIRE(pair.a.write_state(0, 0, value(20, 0)));
    CHECK(pair.b.read_state(0, std::span{buffer}.first(19)).error().code == ErrorCode::kInvalidArgument);
    CHECK(pair.b.read_state(0, std::span{buffer}.first(20))->version == 1);
    CHECK(ChannelPair{{.slot_count = 8, .epoch = 5, .channel_id = 1}}.a.write_state(0, 0, {}).error().code ==
          ErrorCode::kInvalidArgument);
}

TEST_CASE("a writer that dies while it writes leaves its last complete state") {
    ChannelPair pair{spec()};
    std::array<std::byte, 1000> buffer{};
    REQUIRE(pair.a.write_state(0, 0, value(100, 1)));
    REQUIRE(pair.a.write_state(0, 0, value(100, 2)));
    figcom_state& state = state_of(pair, 0);
    state.begun = 3; // as write() begins version 3, in the buffer of version 1
    std::memset(reinterpret_cast<std::byte*>(&state + 1) + figcom_state_buffer_stride(1000), 0x77, 500);
    const auto seen = pair.b.read_state(0, buffer);
    REQUIRE(seen);
    CHECK(seen->version == 2);
    CHECK(std::ranges::equal(std::span{buffer}.first(100), value(100, 2)));
}

TEST_CASE("a hostile writer gets clear errors, and never a reader that hangs") {
    ChannelPair pair{spec()};
    std::array<std::byte, 1000> buffer{};
    REQUIRE(pair.a.write_state(0, 0, value(100, 1)));
    REQUIRE(pair.a.write_state(0, 0, value(100, 1)));
    figcom_state& state = state_of(pair, 0);
    auto& head = *reinterpret_cast<figcom_state_buffer*>(&state + 1); // of the even versions
    const auto read = [&] { return pair.b.read_state(0, buffer).error().code; };

    state.begun = ~0ULL;
    CHECK(read() == ErrorCode::kUnavailable);
    CHECK(pair.b.state_counters(0).overtaken == StateReader::kReadTries);
    state.begun = 2;
    for (const std::uint64_t lie : {std::uint64_t{1001}, std::uint64_t{UINT32_MAX}, ~std::uint64_t{0}}) {
        head.length = lie;
        CHECK(read() == ErrorCode::kCorrupt);
    }
    head.length = 100;
    REQUIRE(pair.b.read_state(0, buffer));
    state.newest = 1;
    CHECK(read() == ErrorCode::kCorrupt);
    state.newest = 2;
    CHECK(pair.b.read_state(0, buffer));
}

TEST_CASE("a waiting reader is woken once, and learns of the writer's end") {
    ChannelPair pair{spec()};
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    std::array<std::byte, 1000> buffer{};
    CHECK(pair.b.wait_state(0, {}).error().code == ErrorCode::kTimeout);
    REQUIRE(pair.a.try_send({}, {}) == SendStatus::kSent); // a message is not a state
    REQUIRE(pair.b.arm_state(0));
    const std::uint64_t before = pair.a.counters().notifications_sent;
    for (int i = 0; i < 5; ++i) {
        REQUIRE(pair.a.write_state(0, 0, {}));
    }
    CHECK(pair.a.counters().notifications_sent == before + 1);
    CHECK(!pair.b.arm_state(0));
    CHECK(pair.b.wait_state(0, deadline));
    REQUIRE(pair.b.read_state(0, buffer));
    {
        const Channel gone = std::move(pair.a);
    }
    CHECK(pair.b.wait_state(0, deadline).error().code == ErrorCode::kClosed);
    CHECK(pair.b.read_state(0, buffer)->version == 5);
}

TEST_CASE("a layout or a header with impossible states is refused") {
    for (const auto& change : std::initializer_list<std::function<void(RegionSpec&)>>{
             [](RegionSpec& s) { s.state_count = FIGCOM_STATES_MAX + 1; },
             [](RegionSpec& s) { s.state_bytes = {FIGCOM_STATE_BYTES_MAX + 1}; }}) {
        RegionSpec bad = spec();
        change(bad);
        CHECK(lay_out(bad).error().code == ErrorCode::kInvalidArgument);
    }
    const ChannelPair pair{spec()};
    figcom_region_header& header = header_of(pair.memory_a->bytes);
    const figcom_region_header good = header;
    for (const auto& change : std::initializer_list<std::function<void()>>{
             [&] { header.state_count = FIGCOM_STATES_MAX; }, [&] { header.state_count = UINT32_MAX; },
             [&] { header.state_bytes = FIGCOM_STATE_BYTES_MAX; }, [&] { header.state_bytes = UINT32_MAX; },
             [&] { header.state_offset += 64; }, [&] { header.state_offset = 0; },
             [&] { header.state_offset = header.region_bytes; }, [&] { header.state_offset = ~0ULL - 127; }}) {
        header = good;
        change();
        CHECK(inspect_region(pair.memory_a->bytes).error().code == ErrorCode::kCorrupt);
    }
    header = good;
    CHECK(inspect_region(pair.memory_a->bytes)->state_count == 3);
}
