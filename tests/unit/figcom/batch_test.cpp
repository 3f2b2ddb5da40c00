// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/consumer.hpp"

#include "tests/support/figcom/channel_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstring>

using namespace zeta;
using namespace zeta::figcom;
using support::ChannelPair;
using support::RingPair;

namespace {

RegionSpec spec(std::uint64_t features = 0) {
    return {.slot_count = 8, .slab_bytes = {4096}, .features = features, .epoch = 3, .channel_id = 1};
}
std::vector<std::byte> numbered(std::uint64_t first, std::size_t count, std::size_t each) {
    std::vector<std::byte> payloads(count * each);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t number = first + i;
        std::memcpy(payloads.data() + i * each, &number, std::min(sizeof number, each));
    }
    return payloads;
}
std::uint64_t number_at(std::span<const std::byte> payload) {
    std::uint64_t number = 0;
    std::memcpy(&number, payload.data(), sizeof number);
    return number;
}

} // namespace

TEST_CASE("a batch takes one slot and is taken message by message, in part or whole") {
    for (const std::size_t count : {5U, 32U}) { // inline, and through the slab
        RingPair ring{spec()};
        ring.producer.peer_takes_batches();
        const auto payloads = numbered(0, count, 16);
        std::size_t sent = 0;
        REQUIRE(ring.producer.try_send_many({.timestamp_ns = 4, .type = 6}, payloads, 16, sent) == SendStatus::kSent);
        CHECK(sent == count);
        CHECK(ring.producer.in_flight() == 1);
        CHECK(ring.producer.counters().sent == count);
        std::array<std::byte, 4096> buffer{};
        MessageHead head;
        std::size_t length = 0;
        REQUIRE(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived);
        CHECK(length == 16);
        CHECK(head.timestamp_ns == 4);
        CHECK(head.type == 6);
        CHECK(number_at(buffer) == 0);
        CHECK(ring.consumer.pending());
        std::size_t each = 0;
        std::size_t taken = 0;
        // A buffer of three messages and a bit takes three.
        REQUIRE(ring.consumer.try_receive_many(head, std::span{buffer}.first(50), each, taken) ==
                ReceiveStatus::kReceived);
        CHECK(each == 16);
        REQUIRE(taken == 3);
        CHECK(number_at(std::span{buffer}.subspan(32)) == 3);
        REQUIRE(ring.consumer.try_receive_many(head, buffer, each, taken) == ReceiveStatus::kReceived);
        REQUIRE(taken == count - 4);
        CHECK(number_at(buffer) == 4);
        CHECK(!ring.consumer.pending());
        CHECK(ring.consumer.try_receive_many(head, buffer, each, taken) == ReceiveStatus::kEmpty);
        CHECK(ring.consumer.counters().received == count);
    }
}

TEST_CASE("a trusted reader sees a batch where it lies") {
    RingPair<Trust::kTrusted> ring{spec()};
    ring.producer.peer_takes_batches();
    std::size_t sent = 0;
    REQUIRE(ring.producer.try_send_many({}, numbered(10, 32, 16), 16, sent) == SendStatus::kSent);
    REQUIRE(ring.producer.try_send({}, numbered(42, 1, 16)) == SendStatus::kSent);
    MessageView one;
    REQUIRE(ring.consumer.try_peek(one) == ReceiveStatus::kReceived);
    CHECK(number_at(one.payload) == 10);
    ring.consumer.release();
    BatchView many;
    REQUIRE(ring.consumer.try_peek_many(many) == ReceiveStatus::kReceived);
    CHECK(many.count == 31);
    CHECK(many.each == 16);
    CHECK(number_at(many.payloads) == 11);
    CHECK(many.payloads.size() == 31 * 16);
    ring.consumer.release();
    REQUIRE(ring.consumer.try_peek_many(many) == ReceiveStatus::kReceived); // no batch: a batch of one
    CHECK(many.count == 1);
    CHECK(number_at(many.payloads) == 42);
    ring.consumer.release();
    CHECK(ring.consumer.try_peek_many(many) == ReceiveStatus::kEmpty);
    CHECK(ring.consumer.counters().received == 33);
}

TEST_CASE("to a peer that takes no batches, and on a ring that drops, messages go one by one") {
    for (const std::uint64_t features : {std::uint64_t{0}, FIGCOM_FEATURE_OVERWRITES(0)}) {
        RingPair ring{spec(features)};
        if (features != 0) {
            ring.producer.peer_takes_batches();
        }
        std::size_t sent = 0;
        CHECK(ring.producer.try_send_many({}, numbered(0, 10, 16), 16, sent) == SendStatus::kNoCredit);
        CHECK(sent == 8);
        CHECK(ring.producer.in_flight() == 8);
        std::array<std::byte, 256> buffer{};
        MessageHead head;
        for (std::uint64_t i = 0; i < 8; ++i) {
            std::size_t each = 0;
            std::size_t count = 0;
            REQUIRE(ring.consumer.try_receive_many(head, buffer, each, count) == ReceiveStatus::kReceived);
            CHECK(count == 1);
            CHECK(each == 16);
            CHECK(number_at(buffer) == i);
        }
    }
}

TEST_CASE("an impossible batch is not sent") {
    RingPair ring{spec()};
    ring.producer.peer_takes_batches();
    std::size_t sent = 7;
    CHECK(ring.producer.try_send_many({}, numbered(0, 2, 16), 0, sent) == SendStatus::kTooLarge);
    CHECK(sent == 0);
    CHECK(ring.producer.try_send_many({}, numbered(0, 2, 16), 15, sent) == SendStatus::kTooLarge);
    CHECK(ring.producer.try_send_many({}, {}, 16, sent) == SendStatus::kSent); // none
    CHECK(ring.producer.in_flight() == 0);
    // More than the slab's share: what fits goes one by one.
    CHECK(ring.producer.try_send_many({}, numbered(0, 100, 80), 80, sent) == SendStatus::kNoCredit);
    CHECK(sent == 8);
}

TEST_CASE("a batch that does not add up is skipped, and a small buffer costs the batch") {
    struct Lie {
        std::uint32_t count;
        std::uint32_t each;
        std::uint32_t length;
        std::uint8_t flags;
        std::uint64_t offset;
    };
    constexpr std::uint8_t kBoth = FIGCOM_FLAG_BATCH | FIGCOM_FLAG_SLAB;
    constexpr std::array<Lie, 9> lies{{{0, 16, 0, FIGCOM_FLAG_BATCH, 0},
                                       {FIGCOM_BATCH_MAX + 1, 0, 0, FIGCOM_FLAG_BATCH, 0},
                                       {5, 16, 79, FIGCOM_FLAG_BATCH, 0},
                                       {6, 14, 84, FIGCOM_FLAG_BATCH, 0}, // inline, but beyond the room behind the word
                                       {65536, 65536, 0, FIGCOM_FLAG_BATCH, 0}, // 2^32
                                       {2, 16, 33, kBoth, 0},
                                       {2, 16, 32, kBoth, 4065},
                                       {2, 16, 32, kBoth, ~0ULL},
                                       {UINT32_MAX, UINT32_MAX, 1, kBoth, 0}}};
    RingPair ring{spec()};
    auto* slots = reinterpret_cast<figcom_descriptor*>(ring.sender.bytes.data() + ring.layout.ring_offset);
    std::array<std::byte, 64> buffer{};
    MessageHead head;
    std::size_t each = 0;
    std::size_t count = 0;
    std::uint64_t at = 0;
    for (const Lie& lie : lies) {
        REQUIRE(ring.producer.try_send({}, {}) == SendStatus::kSent);
        figcom_descriptor& slot = slots[at++ % 8];
        slot.flags = lie.flags;
        slot.length = lie.length;
        slot.offset = lie.offset;
        const figcom_batch batch{.count = lie.count, .each = lie.each};
        std::memcpy(static_cast<std::uint8_t*>(slot.payload), &batch, sizeof batch);
        INFO("lie " << at);
        CHECK(ring.consumer.try_receive_many(head, buffer, each, count) == ReceiveStatus::kCorrupt);
    }
    CHECK(ring.consumer.counters().corrupt == lies.size());
    ring.producer.peer_takes_batches();
    std::size_t sent = 0;
    REQUIRE(ring.producer.try_send_many({}, numbered(0, 10, 80), 80, sent) == SendStatus::kSent);
    CHECK(ring.consumer.try_receive_many(head, buffer, each, count) == ReceiveStatus::kCorrupt);
    CHECK(ring.consumer.try_receive_many(head, buffer, each, count) == ReceiveStatus::kEmpty);
}

TEST_CASE("a batch rings once, and only peers that declare it get one") {
    ChannelPair pair{spec()};
    REQUIRE(pair.b.arm_data());
    std::size_t sent = 0;
    REQUIRE(pair.a.try_send_many({}, numbered(0, 32, 16), 16, sent) == SendStatus::kSent);
    REQUIRE(pair.a.try_send_many({}, numbered(32, 32, 16), 16, sent) == SendStatus::kSent);
    CHECK(pair.a.counters().notifications_sent == 1);
    CHECK(pair.a.counters().send.sent == 64);
    std::array<std::byte, 512> buffer{};
    ReceivedMany received;
    for (std::uint64_t first : {0U, 32U}) {
        REQUIRE(pair.b.try_receive_many(received, buffer) == ReceiveStatus::kReceived);
        CHECK(received.count == 32);
        CHECK(number_at(buffer) == first);
    }
    // A peer of minor 1 has no such bit.
    RegionLayout old = lay_out(spec()).value();
    CHECK(old.takes_batches());
    old.features = 0;
    CHECK(!old.takes_batches());
}
