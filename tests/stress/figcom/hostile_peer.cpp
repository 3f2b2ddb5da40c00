// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// A peer that overwrites any word of its region at any moment: our side may lose that peer's
// messages, but never reads outside, never blocks, and its own state stays whole. Run it under
// AddressSanitizer and UndefinedBehaviorSanitizer.
#include "figcom-vbus/core/consumer.hpp"
#include "figcom-vbus/core/producer.hpp"

#include "tests/support/figcom/ring_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstring>
#include <random>

using namespace zeta::figcom;

TEST_CASE("every shared word may be anything at any time") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    support::RingPair ring{{.slot_count = 16, .slab_bytes = {4096}, .epoch = 3, .channel_id = 1}};
    const auto own_before = std::vector<std::byte>(ring.receiver.bytes.begin() + 4096, ring.receiver.bytes.end());
    std::array<std::byte, 4096> buffer{};
    const std::array<std::uint64_t, 6> tempting{0, 1, ~0ULL, 1ULL << 63, 4096, 0x0003'0000'0000'0001};
    std::uint64_t handed_out = 0;
    std::uint64_t batched = 0;
    for (int round = 0; round < 200'000; ++round) {
        // What the peer can write: its whole region behind the header, and its progress word.
        auto* words = reinterpret_cast<std::uint64_t*>(ring.sender.bytes.data() + 4096);
        const std::size_t word_count = (ring.sender.bytes.size() - 4096) / 8;
        const std::uint64_t value = random() % 2 == 0 ? random() : tempting[random() % tempting.size()];
        words[random() % word_count] = value;
        if (random() % 4 == 0) { // a plausible sequence word, so that its garbage is looked at
            auto* slots = reinterpret_cast<figcom_descriptor*>(words);
            const std::uint64_t at = ring.consumer.slots_taken();
            figcom_descriptor& slot = slots[at % 16];
            if (random() % 2 == 0) { // and a batch that almost adds up
                const figcom_batch batch{.count = static_cast<std::uint32_t>(random() % 64),
                                         .each = static_cast<std::uint32_t>(random() % 64)};
                slot.flags = FIGCOM_FLAG_BATCH | FIGCOM_FLAG_SLAB;
                slot.length = batch.count * batch.each + (random() % 8 == 0 ? 1 : 0);
                slot.offset = random() % 4096;
                std::memcpy(static_cast<std::uint8_t*>(slot.payload), &batch, sizeof batch);
            }
            slot.sequence = figcom_sequence_word(3, at);
        }
        MessageHead head;
        std::size_t length = 0;
        std::size_t count = 1;
        const ReceiveStatus status = random() % 2 == 0 ? ring.consumer.try_receive(head, buffer, length)
                                                       : ring.consumer.try_receive_many(head, buffer, length, count);
        if (status == ReceiveStatus::kReceived) {
            REQUIRE(count * length <= buffer.size());
            batched += count > 1 ? 1 : 0;
        }
        handed_out += status == ReceiveStatus::kEmpty ? 0 : status == ReceiveStatus::kCorrupt ? 1 : count;
    }
    CHECK(handed_out > 0);
    CHECK(batched > 0);
    CHECK(ring.consumer.counters().received + ring.consumer.counters().corrupt == handed_out);
    // Of our own region only the progress word changed.
    CHECK(std::ranges::equal(own_before, ring.receiver.bytes.subspan(4096)));
}

TEST_CASE("a lying progress word never makes the producer overwrite what is not taken") {
    std::mt19937_64 random{std::random_device{}()};
    support::RingPair ring{{.slot_count = 16, .slab_bytes = {4096}, .epoch = 3, .channel_id = 1}};
    auto& consumed = header_of(ring.receiver.bytes).progress[0].consumed;
    const std::vector<std::byte> payload(300);
    std::uint64_t sent = 0;
    for (int round = 0; round < 200'000; ++round) {
        store_release(consumed, random() % 3 == 0 ? random() : sent - std::min(sent, random() % 20));
        const std::span<const std::byte> chosen = random() % 2 == 0 ? payload : std::span<const std::byte>{};
        sent += ring.producer.try_send({}, chosen) == SendStatus::kSent ? 1 : 0;
        REQUIRE(ring.producer.in_flight() <= 16);
        REQUIRE(ring.producer.counters().sent == sent);
    }
    CHECK(ring.producer.counters().peer_lies > 0);
    CHECK(sent > 0);
}
