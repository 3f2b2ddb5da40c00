// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/producer.hpp"

#include "figcom-vbus/core/spin_budget.hpp"

#include "tests/support/figcom/ring_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace zeta;
using namespace zeta::figcom;
using support::RingPair;

namespace {

RegionSpec spec(std::uint32_t slots = 8, std::uint64_t slab = 4096) {
    return {.slot_count = slots, .slab_bytes = {slab}, .epoch = 0xabcdef, .channel_id = 1};
}
MessageHead numbered(std::uint64_t number) {
    return {.timestamp_ns = number, .source = 1, .target = 2, .type = 3, .priority = 0};
}
std::span<const std::byte> bytes_of(const std::vector<std::byte>& payload) { return payload; }

} // namespace

TEST_CASE("a ring holds exactly its slots, and credit comes back in batches") {
    RingPair ring{spec(8)};
    for (std::uint64_t i = 0; i < 8; ++i) {
        REQUIRE(ring.producer.try_send(numbered(i), {}) == SendStatus::kSent);
    }
    CHECK(ring.producer.try_send(numbered(8), {}) == SendStatus::kNoCredit);
    std::array<std::byte, 128> buffer{};
    MessageHead head;
    std::size_t length = 0;
    REQUIRE(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived);
    CHECK(ring.producer.try_send(numbered(8), {}) == SendStatus::kNoCredit); // one taken, not yet told
    REQUIRE(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived);
    CHECK(head.timestamp_ns == 1);
    CHECK(ring.producer.try_send(numbered(8), {}) == SendStatus::kSent); // a quarter was told at once
    CHECK(ring.producer.counters().refused_no_credit == 2);
}

TEST_CASE("an empty poll tells all credit") {
    RingPair ring{spec(8)};
    std::array<std::byte, 128> buffer{};
    MessageHead head;
    std::size_t length = 0;
    REQUIRE(ring.producer.try_send(numbered(0), {}) == SendStatus::kSent);
    REQUIRE(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived);
    CHECK(load_acquire(header_of(ring.receiver.bytes).progress[0].consumed) == 0);
    CHECK(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kEmpty);
    CHECK(load_acquire(header_of(ring.receiver.bytes).progress[0].consumed) == 1);
}

TEST_CASE("payloads of any size up to the slab's share survive many turns of the slab") {
    RingPair ring{spec(8, 4096)};
    std::array<std::byte, 8192> buffer{};
    MessageHead head;
    std::size_t length = 0;
    for (std::uint64_t turn = 0; turn < 2000; ++turn) {
        std::vector<std::byte> payload((turn * 97) % 4097);
        for (std::size_t i = 0; i < payload.size(); ++i) {
            payload[i] = static_cast<std::byte>(turn + i);
        }
        REQUIRE(ring.producer.try_send(numbered(turn), bytes_of(payload)) == SendStatus::kSent);
        REQUIRE(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived);
        REQUIRE(length == payload.size());
        REQUIRE(std::ranges::equal(payload, std::span{buffer}.first(length)));
        REQUIRE(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kEmpty);
    }
}

TEST_CASE("a payload that can never fit is told apart from one that must wait") {
    RingPair ring{spec(8, 4096)};
    CHECK(ring.producer.payload_bytes_max() == 4096);
    CHECK(ring.producer.try_send(numbered(0), bytes_of(std::vector<std::byte>(4097))) == SendStatus::kTooLarge);
    REQUIRE(ring.producer.try_send(numbered(0), bytes_of(std::vector<std::byte>(4000))) == SendStatus::kSent);
    CHECK(ring.producer.try_send(numbered(1), bytes_of(std::vector<std::byte>(4000))) == SendStatus::kNoCredit);
    CHECK(!ring.producer.has_room(4000));
    CHECK(ring.producer.has_room(88));
}

TEST_CASE("without a slab only inline payloads pass") {
    RingPair ring{spec(8, 0)};
    CHECK(ring.producer.try_send(numbered(0), bytes_of(std::vector<std::byte>(88))) == SendStatus::kSent);
    CHECK(ring.producer.try_send(numbered(0), bytes_of(std::vector<std::byte>(89))) == SendStatus::kTooLarge);
}

TEST_CASE("a peer that claims more than was sent is caught and gains nothing") {
    RingPair ring{spec(8)};
    for (std::uint64_t i = 0; i < 8; ++i) {
        REQUIRE(ring.producer.try_send(numbered(i), {}) == SendStatus::kSent);
    }
    auto& consumed = header_of(ring.receiver.bytes).progress[0].consumed;
    for (const std::uint64_t lie : {9ULL, 1ULL << 40, ~0ULL}) {
        store_release(consumed, lie);
        CHECK(ring.producer.try_send(numbered(8), {}) == SendStatus::kPeerCorrupt);
    }
    CHECK(ring.producer.counters().peer_lies == 3);
    CHECK(ring.producer.in_flight() == 8);
    store_release(consumed, 3); // the truth again
    CHECK(ring.producer.try_send(numbered(8), {}) == SendStatus::kSent);
    store_release(consumed, 2); // backwards is a lie too
    for (int i = 0; i < 2; ++i) {
        REQUIRE(ring.producer.try_send(numbered(9), {}) == SendStatus::kSent);
    }
    CHECK(ring.producer.try_send(numbered(9), {}) == SendStatus::kPeerCorrupt);
}

TEST_CASE("a broken descriptor is skipped, counted and never read beyond the slab") {
    RingPair ring{spec(8, 4096)};
    auto* slots = reinterpret_cast<figcom_descriptor*>(ring.sender.bytes.data() + ring.layout.ring_offset);
    std::array<std::byte, 8192> buffer{};
    MessageHead head;
    std::size_t length = 0;
    struct Lie {
        std::uint8_t flags;
        std::uint32_t length;
        std::uint64_t offset;
    };
    const Lie lies[] = {{0, 89, 0},
                        {0, UINT32_MAX, 0},
                        {FIGCOM_FLAG_SLAB, 4097, 0},
                        {FIGCOM_FLAG_SLAB, 1, 4096},
                        {FIGCOM_FLAG_SLAB, 2, ~0ULL},
                        {FIGCOM_FLAG_SLAB, UINT32_MAX, 1}};
    std::uint64_t at = 0;
    for (const Lie& lie : lies) {
        REQUIRE(ring.producer.try_send(numbered(at), {}) == SendStatus::kSent);
        figcom_descriptor& slot = slots[at % 8];
        slot.flags = lie.flags;
        slot.length = lie.length;
        slot.offset = lie.offset;
        CHECK(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kCorrupt);
        ++at;
    }
    REQUIRE(ring.producer.try_send(numbered(at), {}) == SendStatus::kSent);
    CHECK(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived);
    CHECK(ring.consumer.counters().corrupt == std::size(lies));
    CHECK(ring.consumer.counters().received == 1);
}

TEST_CASE("a slot of another epoch is invisible") {
    RingPair ring{spec(8)};
    auto* slot = reinterpret_cast<figcom_descriptor*>(ring.sender.bytes.data() + ring.layout.ring_offset);
    std::array<std::byte, 128> buffer{};
    MessageHead head;
    std::size_t length = 0;
    slot->sequence = figcom_sequence_word(0xabcdee, 0);
    CHECK(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kEmpty);
    CHECK(!ring.consumer.pending());
    slot->sequence = figcom_sequence_word(0xabcdef, 0);
    CHECK(ring.consumer.pending());
}

TEST_CASE("a trusted message is read where it lies") {
    RingPair<Trust::kTrusted> ring{spec(8, 4096)};
    const std::vector<std::byte> payload(1000, std::byte{0x7e});
    REQUIRE(ring.producer.try_send(numbered(5), payload) == SendStatus::kSent);
    MessageView view;
    REQUIRE(ring.consumer.try_peek(view) == ReceiveStatus::kReceived);
    CHECK(view.head.timestamp_ns == 5);
    CHECK(std::ranges::equal(view.payload, payload));
    CHECK(view.payload.data() >= ring.sender.bytes.data());
    CHECK(view.payload.data() < ring.sender.bytes.data() + ring.sender.bytes.size());
    ring.consumer.release();
    CHECK(ring.consumer.try_peek(view) == ReceiveStatus::kEmpty);
}

TEST_CASE("a large payload's room is told as soon as it was taken") {
    RingPair ring{spec(64, 4096)};
    std::array<std::byte, 4096> buffer{};
    MessageHead head;
    std::size_t length = 0;
    for (std::uint64_t i = 0; i < 5; ++i) {
        REQUIRE(ring.producer.try_send(numbered(i), bytes_of(std::vector<std::byte>(4096))) == SendStatus::kSent);
        REQUIRE(ring.consumer.try_receive(head, buffer, length) == ReceiveStatus::kReceived); // and no empty poll
    }
}

TEST_CASE("polling is given up when it is in vain, tried again now and then, and kept when it pays") {
    SpinBudget spin;
    std::uint64_t rounds = 0;
    std::uint32_t trials = 0;
    for (std::uint32_t i = 0; i < 10 * SpinBudget::kMissesPerTrial; ++i) {
        rounds += spin.rounds();
        trials += spin.rounds() == SpinBudget::kRoundsMax ? 1 : 0;
        spin.missed();
    }
    CHECK(trials == 9);
    CHECK(rounds < 10 * 4096 + 10 * 64 * 8); // little beyond the trials themselves
    CHECK(spin.rounds() == SpinBudget::kRoundsMax);
    spin.caught();
    CHECK(spin.rounds() == SpinBudget::kRoundsMax);
    spin.missed(); // one message that took long is no reason to sleep at once
    CHECK(spin.rounds() == SpinBudget::kRoundsMax / 2);
}
