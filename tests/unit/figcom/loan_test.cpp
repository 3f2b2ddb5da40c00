// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/producer.hpp"

#include "tests/support/figcom/channel_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstring>

using namespace zeta;
using namespace zeta::figcom;
using support::ChannelPair;
using support::RingPair;

namespace {

RegionSpec spec(std::uint64_t slab, std::uint64_t features = 0) {
    return {.slot_count = 4, .slab_bytes = {slab}, .features = features, .epoch = 3, .channel_id = 1};
}
void fill(std::span<std::byte> place, int value) { std::memset(place.data(), value, place.size()); }
bool holds(std::span<const std::byte> payload, int value) {
    return std::ranges::all_of(payload, [&](std::byte b) { return b == static_cast<std::byte>(value); });
}

// A template, because only inside one does a missing function read as «no».
template <typename T>
constexpr bool reads_in_place = requires(T& reader, MessageView& view, BatchView& many) {
    reader.try_peek(view);
} || requires(T& reader, BatchView& many) { reader.try_peek_many(many); } || requires(T& reader) { reader.release(); };
static_assert(!reads_in_place<Channel> && !reads_in_place<Consumer<Trust::kUntrusted>>,
              "nobody reads an untrusted peer's memory in place");
static_assert(reads_in_place<TrustedChannel> && reads_in_place<Consumer<Trust::kTrusted>>);

} // namespace

TEST_CASE("a loan is written where the peer reads it") {
    RingPair<Trust::kTrusted> ring{spec(4096)};
    std::span<std::byte> place;
    REQUIRE(ring.producer.try_loan(4096, place) == SendStatus::kSent);
    REQUIRE(place.size() == 4096);
    CHECK(reinterpret_cast<std::uintptr_t>(place.data()) % 64 == 0);
    fill(place, 7);
    MessageView view;
    CHECK(ring.consumer.try_peek(view) == ReceiveStatus::kEmpty); // nothing is seen before the commit
    REQUIRE(ring.producer.try_commit({.timestamp_ns = 5, .type = 2}, 4000) == SendStatus::kSent);
    REQUIRE(ring.consumer.try_peek(view) == ReceiveStatus::kReceived);
    CHECK(view.payload.data() == place.data());
    CHECK(view.payload.size() == 4000);
    CHECK(view.head.timestamp_ns == 5);
    CHECK(view.head.type == 2);
    CHECK(holds(view.payload, 7));
    ring.consumer.release();
    CHECK(ring.producer.try_loan(4096, place) == SendStatus::kSent); // its room came back
}

TEST_CASE("a loan is one at a time, and inline messages pass it") {
    RingPair ring{spec(4096)};
    std::span<std::byte> place;
    std::span<std::byte> other;
    REQUIRE(ring.producer.try_loan(1000, place) == SendStatus::kSent);
    fill(place, 9);
    CHECK(ring.producer.try_loan(1, other) == SendStatus::kNoCredit);
    CHECK(ring.producer.try_send({}, std::vector<std::byte>(500)) == SendStatus::kNoCredit);
    CHECK(!ring.producer.has_room(500));
    CHECK(ring.producer.try_send({.timestamp_ns = 1}, std::vector<std::byte>(88)) == SendStatus::kSent);
    REQUIRE(ring.producer.try_commit({.timestamp_ns = 2}, 1000) == SendStatus::kSent);
    CHECK(ring.producer.try_commit({}, 0) == SendStatus::kTooLarge); // it is over
    std::array<std::byte, 4096> buffer{};
    MessageHead head;
    std::size_t length = 0;
    REQUIRE(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived);
    CHECK(head.timestamp_ns == 1);
    REQUIRE(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived);
    CHECK(head.timestamp_ns == 2);
    REQUIRE(length == 1000);
    CHECK(holds(std::span{buffer}.first(length), 9));
}

TEST_CASE("a loan that cannot be committed stays, and can be given back") {
    RingPair ring{spec(4096)};
    std::span<std::byte> place;
    REQUIRE(ring.producer.try_loan(100, place) == SendStatus::kSent);
    CHECK(ring.producer.try_commit({}, 101) == SendStatus::kTooLarge);
    for (int i = 0; i < 4; ++i) {
        REQUIRE(ring.producer.try_send({}, {}) == SendStatus::kSent);
    }
    CHECK(ring.producer.try_commit({}, 100) == SendStatus::kNoCredit); // every slot went to others meanwhile
    CHECK(ring.producer.has_loan());
    ring.producer.give_back_loan();
    CHECK(!ring.producer.has_loan());
    CHECK(ring.producer.in_flight() == 4);
    CHECK(ring.producer.try_loan(5000, place) ==
          SendStatus::kNoCredit); // no slot; and never a payload beyond the slab:
    MessageHead head;
    std::size_t length = 0;
    while (ring.consumer.try_receive(head, {}, length) == ReceiveStatus::kReceived) {
    }
    CHECK(ring.producer.try_loan(5000, place) == SendStatus::kTooLarge);
    CHECK(ring.producer.try_loan(4096, place) == SendStatus::kSent);
}

TEST_CASE("a ring that drops lends nothing, and neither does one without a slab") {
    std::span<std::byte> place;
    RingPair drops{spec(4096, FIGCOM_FEATURE_OVERWRITES(0))};
    CHECK(drops.producer.try_loan(100, place) == SendStatus::kTooLarge);
    RingPair bare{spec(0)};
    CHECK(bare.producer.try_loan(0, place) == SendStatus::kTooLarge);
}

TEST_CASE("a channel lends and says what is wrong") {
    ChannelPair pair{spec(4096)};
    CHECK(pair.a.loan(1, 10).error().code == ErrorCode::kInvalidArgument);
    CHECK(pair.a.loan(0, 4097).error().code == ErrorCode::kInvalidArgument);
    CHECK(pair.a.commit({}, 0).error().code == ErrorCode::kInvalidArgument);
    auto place = pair.a.loan(0, 2000);
    REQUIRE(place);
    CHECK(pair.a.loan(0, 10).error().code == ErrorCode::kConflict);
    fill(*place, 3);
    CHECK(pair.a.commit({}, 2001).error().code == ErrorCode::kInvalidArgument);
    REQUIRE(pair.b.arm_data()); // asleep: the commit must ring
    REQUIRE(pair.a.commit({.timestamp_ns = 8}, 2000));
    CHECK(pair.a.counters().notifications_sent == 1);
    pair.b.awake();
    std::array<std::byte, 4096> buffer{};
    Received received;
    REQUIRE(pair.b.try_receive(received, buffer) == ReceiveStatus::kReceived);
    CHECK(received.head.timestamp_ns == 8);
    REQUIRE(received.length == 2000);
    CHECK(holds(std::span{buffer}.first(2000), 3));
    REQUIRE(pair.a.loan(0, 4096));
    pair.a.give_back_loan(0);
    REQUIRE(pair.a.send({}, std::vector<std::byte>(4096)));
    CHECK(pair.a.set_policy(0, BackPressure::kFail));
    CHECK(pair.a.loan(0, 1).error().code == ErrorCode::kResourceExhausted); // the slab is full
    ChannelPair drops{spec(4096, FIGCOM_FEATURE_OVERWRITES(0))};
    CHECK(drops.a.loan(0, 10).error().code == ErrorCode::kUnsupported);
}
