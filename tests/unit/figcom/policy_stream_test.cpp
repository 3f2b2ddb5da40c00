// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// What a stream does when its credit runs out, one ring at a time and over a whole channel.
#include "figcom-vbus/core/channel.hpp"
#include "figcom-vbus/core/link.hpp"

#include "tests/support/figcom/channel_pair.hpp"
#include "tests/support/figcom/ring_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace zeta;
using namespace zeta::figcom;
using support::RingPair;

namespace {

RegionSpec dropping(std::uint32_t slots, std::uint64_t slab = 4096) {
    return {.slot_count = slots,
            .slab_bytes = {slab},
            .features = FIGCOM_FEATURE_OVERWRITES(0),
            .epoch = 0x50000, // its low 16 bits are 0: no sequence word may be mistaken for an empty slot
            .channel_id = 1};
}
MessageHead numbered(std::uint64_t number, std::uint8_t priority = 0) {
    return {.timestamp_ns = number, .source = 1, .target = 2, .type = 3, .priority = priority};
}
std::vector<std::byte> payload_of(std::uint64_t number, std::size_t length) {
    std::vector<std::byte> payload(length);
    for (std::size_t i = 0; i < length; ++i) {
        payload[i] = static_cast<std::byte>(number * 31 + i);
    }
    return payload;
}

struct Taken {
    std::vector<std::uint64_t> numbers;
    bool whole{true};
};
// Everything that is there; each payload must be the one of its number.
template <typename Ring>
Taken take_all(Ring& ring) {
    Taken taken;
    std::array<std::byte, 8192> buffer{};
    MessageHead head;
    std::size_t length = 0;
    while (ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived) {
        taken.numbers.push_back(head.timestamp_ns);
        taken.whole &= std::ranges::equal(std::span{buffer}.first(length), payload_of(head.timestamp_ns, length));
    }
    return taken;
}

} // namespace

TEST_CASE("drop-oldest keeps the newest, in order, and counts the rest on both sides") {
    RingPair ring{dropping(16)};
    ring.producer.set_policy(BackPressure::kDropOldest);
    for (std::uint64_t i = 0; i < 100; ++i) {
        REQUIRE(ring.producer.try_send(numbered(i), payload_of(i, i % 89)) == SendStatus::kSent);
    }
    const Taken taken = take_all(ring);
    REQUIRE(taken.numbers.size() >= 14); // a full ring gives up an eighth of its slots at once
    CHECK(taken.numbers.size() <= 16);
    CHECK(taken.whole);
    CHECK(taken.numbers.back() == 99);
    CHECK(taken.numbers.front() == 100 - taken.numbers.size());
    CHECK(ring.consumer.counters().lost == 100 - taken.numbers.size());
    CHECK(ring.producer.counters().given_up == ring.consumer.counters().lost);
    CHECK(load_acquire(header_of(ring.receiver.bytes).progress[0].lost) == ring.consumer.counters().lost);
    CHECK(load_acquire(header_of(ring.receiver.bytes).progress[0].consumed) == 100);
}

TEST_CASE("nothing is dropped while the reader keeps up") {
    RingPair ring{dropping(8)};
    ring.producer.set_policy(BackPressure::kDropOldest);
    for (std::uint64_t i = 0; i < 1000; ++i) {
        REQUIRE(ring.producer.try_send(numbered(i), payload_of(i, 300)) == SendStatus::kSent);
        CHECK(take_all(ring).numbers == std::vector{i});
    }
    CHECK(ring.consumer.counters().lost == 0);
    CHECK(ring.producer.counters().given_up == 0);
}

TEST_CASE("drop-oldest makes room in the slab too") {
    RingPair ring{dropping(64, 4096)};
    ring.producer.set_policy(BackPressure::kDropOldest);
    for (std::uint64_t i = 0; i < 50; ++i) {
        REQUIRE(ring.producer.try_send(numbered(i), payload_of(i, 1000)) == SendStatus::kSent);
    }
    const Taken some = take_all(ring);
    CHECK(!some.numbers.empty());
    CHECK(some.whole);
    CHECK(some.numbers.back() == 49);
    REQUIRE(ring.producer.try_send(numbered(50), payload_of(50, 4096)) == SendStatus::kSent);
    CHECK(take_all(ring).numbers == std::vector<std::uint64_t>{50});
    CHECK(ring.producer.try_send(numbered(51), payload_of(51, 4097)) == SendStatus::kTooLarge);
}

TEST_CASE("latest-only leaves one message, the newest") {
    RingPair ring{dropping(4, 4096)};
    ring.producer.set_policy(BackPressure::kLatestOnly);
    for (std::uint64_t i = 0; i < 10; ++i) {
        REQUIRE(ring.producer.try_send(numbered(i), payload_of(i, i * 200)) == SendStatus::kSent);
        if (i == 6) {
            CHECK(take_all(ring).numbers == std::vector<std::uint64_t>{6});
        }
    }
    const Taken taken = take_all(ring);
    CHECK(taken.numbers == std::vector<std::uint64_t>{9});
    CHECK(taken.whole);
    CHECK(ring.consumer.counters().received == 2);
    CHECK(ring.consumer.counters().lost == 8);
}

TEST_CASE("a producer that dies between giving up and writing hides only what it gave up") {
    RingPair ring{dropping(8, 0)};
    for (std::uint64_t i = 0; i < 8; ++i) {
        REQUIRE(ring.producer.try_send(numbered(i), {}) == SendStatus::kSent);
    }
    // As the producer would: the floor first, then half of slot 0's new message, then death.
    store_release(header_of(ring.sender.bytes).stream[0].floor, 1);
    reinterpret_cast<figcom_descriptor*>(ring.sender.bytes.data() + ring.layout.ring_offset)->timestamp_ns = 77;
    CHECK(take_all(ring).numbers == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7});
    CHECK(ring.consumer.counters().lost == 1);
}

TEST_CASE("a ring that may be overwritten is not read in place") {
    RingPair<Trust::kTrusted> ring{dropping(8)};
    REQUIRE(ring.producer.try_send(numbered(0), {}) == SendStatus::kSent);
    MessageView view;
    CHECK(ring.consumer.try_peek(view) == ReceiveStatus::kCorrupt);
}

TEST_CASE("a stream's policy holds over a channel, and both ends can read its losses") {
    support::ChannelPair pair{{.priority_count = 4,
                               .slot_count = 8,
                               .features = FIGCOM_FEATURE_OVERWRITES(2) | FIGCOM_FEATURE_OVERWRITES(3),
                               .epoch = 5,
                               .channel_id = 1}};
    CHECK(pair.a.set_policy(0, BackPressure::kDropOldest).error().code == ErrorCode::kUnsupported);
    CHECK(pair.a.set_policy(4, BackPressure::kFail).error().code == ErrorCode::kInvalidArgument);
    REQUIRE(pair.a.set_policy(1, BackPressure::kFail));
    REQUIRE(pair.a.set_policy(2, BackPressure::kDropOldest));
    REQUIRE(pair.a.set_policy(3, BackPressure::kLatestOnly));
    CHECK(pair.a.policy(0) == BackPressure::kBlock);
    std::array<int, 4> failed{};
    for (std::uint64_t i = 0; i < 20; ++i) {
        for (std::uint8_t priority = 0; priority < 4; ++priority) {
            const auto sent = pair.a.send(numbered(i, priority), {}); // a deadline in the past
            if (!sent) {
                ++failed[priority];
                CHECK(sent.error().code == (priority == 0 ? ErrorCode::kTimeout : ErrorCode::kResourceExhausted));
            }
        }
    }
    CHECK(failed == std::array{12, 12, 0, 0});
    std::vector<std::uint8_t> order;
    Received received;
    std::array<std::byte, 16> buffer{};
    while (pair.b.try_receive(received, buffer) == ReceiveStatus::kReceived) {
        order.push_back(received.head.priority);
    }
    CHECK(std::ranges::is_sorted(order)); // no high priority behind a low one
    for (std::uint8_t priority = 0; priority < 2; ++priority) {
        CHECK(pair.a.counters(priority).send.given_back == 12);
        CHECK(pair.b.counters(priority).receive.peer_given_back == 12);
        CHECK(pair.b.counters(priority).receive.received == 8);
    }
    CHECK(pair.b.counters(2).receive.lost == 12);
    CHECK(pair.b.counters(3).receive.lost == 19);
    CHECK(pair.a.counters(2).send.peer_lost == 12);
    CHECK(pair.a.counters(3).send.peer_lost == 19);
    CHECK(pair.a.counters().send.peer_lost == 31);
}

TEST_CASE("a reader of the first minor is not sent what it could misread") {
    support::ChannelPair pair{{.slot_count = 8, .features = FIGCOM_FEATURE_OVERWRITES(0), .epoch = 5, .channel_id = 1},
                              0};
    CHECK(pair.a.set_policy(0, BackPressure::kDropOldest).error().code == ErrorCode::kUnsupported);
    CHECK(pair.a.set_policy(0, BackPressure::kFail));
}

TEST_CASE("a link sends a high priority past low ones that wait for credit") {
    support::ChannelPair pair{{.priority_count = 2, .slot_count = 2, .epoch = 5, .channel_id = 1}};
    EventLoop loop;
    Link link{loop, std::move(pair.a), {}, [](const auto&, auto) {}, [] {}};
    for (std::uint64_t i = 0; i < 5; ++i) {
        REQUIRE(link.send(numbered(i, 1), {}));
    }
    CHECK(link.queued() == 3);
    REQUIRE(link.send(numbered(9, 0), {}));
    CHECK(link.queued() == 3); // it did not wait
    CHECK(link.send(numbered(0, 2), {}).error().code == ErrorCode::kInvalidArgument);
    Received received;
    std::array<std::byte, 16> buffer{};
    REQUIRE(pair.b.try_receive(received, buffer) == ReceiveStatus::kReceived);
    CHECK(received.head.timestamp_ns == 9);
    std::vector<std::uint64_t> low;
    for (int turn = 0; turn < 100 && low.size() < 5; ++turn) {
        while (pair.b.try_receive(received, buffer) == ReceiveStatus::kReceived) {
            low.push_back(received.head.timestamp_ns);
        }
        REQUIRE(loop.turn(std::chrono::milliseconds{10}));
    }
    CHECK(low == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
}

TEST_CASE("a channel that another is assigned to tells its peer that it is over") {
    const RegionSpec spec{.slot_count = 8, .epoch = 5, .channel_id = 1};
    support::ChannelPair first{spec};
    support::ChannelPair second{spec};
    CHECK(first.b.peer_alive());
    first.a = std::move(second.a);
    CHECK(!first.b.peer_alive());
    CHECK(second.b.peer_alive());
}
