// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// A sender that never waits and a reader that is overtaken again and again: what is handed out is
// whole and in order, and received + lost is exactly what was sent. ThreadSanitizer sees every word.
#include "tests/support/figcom/channel_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <random>
#include <thread>

using namespace zeta::figcom;

namespace {

constexpr std::uint64_t kMessages = 150'000;
constexpr std::uint64_t kLast = ~0ULL;

std::size_t length_of(std::uint64_t number) { return number % 5 == 0 ? 200 + number % 300 : number % 89; }

void send_all(Channel& channel) {
    std::array<std::byte, 512> payload{};
    for (std::uint64_t i = 0; i < kMessages; ++i) {
        const std::size_t length = length_of(i);
        std::memset(payload.data(), static_cast<int>(i & 0xff), length);
        std::ignore = channel.send({.timestamp_ns = i}, std::span{payload}.first(length));
    }
    std::ignore = channel.send({.timestamp_ns = kLast}, {});
}

struct Seen {
    std::uint64_t received{0};
    std::uint64_t faults{0};
    bool ended{false};
};

Seen receive_all(Channel& channel) {
    Seen seen;
    std::array<std::byte, 512> buffer{};
    std::uint64_t next = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{120};
    while (!seen.ended && channel.wait(deadline)) {
        Received received;
        while (channel.try_receive(received, buffer) == ReceiveStatus::kReceived) {
            ++seen.received;
            const std::uint64_t number = received.head.timestamp_ns;
            seen.ended = number == kLast;
            const bool whole =
                seen.ended || (number >= next && number < kMessages && received.length == length_of(number) &&
                               std::ranges::all_of(
                                   std::span{buffer}.first(received.length),
                                   [&](std::byte b) { return b == static_cast<std::byte>(number & 0xff); }));
            seen.faults += whole ? 0 : 1;
            next = number + 1;
        }
    }
    return seen;
}

} // namespace

TEST_CASE("an overtaken reader gets whole messages in order, and knows what it missed") {
    for (const BackPressure policy : {BackPressure::kDropOldest, BackPressure::kLatestOnly}) {
        for (const std::uint32_t slots : {2U, 16U, 64U}) {
            support::ChannelPair pair{{.slot_count = slots,
                                       .slab_bytes = {2048},
                                       .features = FIGCOM_FEATURE_OVERWRITES(0),
                                       .epoch = 7,
                                       .channel_id = 2}};
            REQUIRE(pair.a.set_policy(0, policy));
            std::thread sender{[&] { send_all(pair.a); }};
            const Seen seen = receive_all(pair.b);
            sender.join();
            CHECK(seen.ended);
            CHECK(seen.faults == 0);
            CHECK(seen.received + pair.b.counters().receive.lost == kMessages + 1);
            CHECK(pair.b.counters().receive.corrupt == 0);
            CHECK(pair.a.counters().send.peer_lies == 0);
            CHECK(pair.a.counters().send.given_up >= pair.b.counters().receive.lost);
        }
    }
}

TEST_CASE("a hostile floor bounds nothing but its owner's own stream") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    support::ChannelPair pair{{.slot_count = 16,
                               .slab_bytes = {4096},
                               .features = FIGCOM_FEATURE_OVERWRITES(0),
                               .epoch = 7,
                               .channel_id = 2}};
    auto& header = header_of(pair.memory_a->bytes);
    auto* words = reinterpret_cast<std::uint64_t*>(pair.memory_a->bytes.data() + pair.layout.ring_offset);
    const std::size_t count = (pair.layout.region_bytes - pair.layout.ring_offset) / 8;
    std::array<std::byte, 512> buffer{};
    std::uint64_t taken = 0;
    for (int round = 0; round < 200'000; ++round) {
        words[random() % count] = random() % 2 == 0 ? random() : random() % 600;
        const std::uint64_t at =
            pair.b.counters().receive.received + pair.b.counters().receive.corrupt + pair.b.counters().receive.lost;
        if (random() % 2 == 0) { // mostly near the truth, so that the slots behind it are looked at
            header.stream[0].floor = random() % 1000 == 0 ? random() % (1ULL << 40) : at + random() % 4;
        }
        words[(at % 16) * 16] = figcom_sequence_word(7, at);
        Received received;
        if (pair.b.try_receive(received, buffer) == ReceiveStatus::kReceived) {
            REQUIRE(received.length <= buffer.size());
            ++taken;
        }
    }
    CHECK(taken > 0);
    CHECK(pair.b.counters().receive.corrupt > 0);
    CHECK(pair.b.counters().receive.lost > 0);
}
