// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Two threads over a real channel, both directions, both sleeping: nothing lost, nothing torn, no
// wake-up missed. Built with -Db_sanitize=thread it also proves the memory order.
#include "figcom-vbus/carrier/local/local_carrier.hpp"
#include "figcom-vbus/core/channel.hpp"

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

using namespace zeta::figcom;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::uint64_t kMessages = 100'000;

template <typename B>
struct EndsWith {
    Channel a;
    B b;
};
using Ends = EndsWith<Channel>;

template <typename B = Channel>
EndsWith<B> connect(std::uint32_t slots) {
    static LocalCarrier carrier;
    const PeerId self{static_cast<std::uint32_t>(::getpid())};
    const RegionSpec spec{.slot_count = slots, .slab_bytes = {8192}, .epoch = 11, .channel_id = 2};
    auto bell_a = carrier.listen(self).value();
    const std::uint64_t port = bell_a->port();
    auto a = Channel::prepare(carrier, self, std::move(bell_a), spec).value();
    auto b = Channel::prepare(carrier, self, carrier.connect(self, port).value(), spec).value();
    auto a_sees = carrier.map(self, b.memory->reference(), zeta::Bytes{1U << 20U}).value();
    auto b_sees = carrier.map(self, a.memory->reference(), zeta::Bytes{1U << 20U}).value();
    return {Channel::complete(std::move(a), std::move(a_sees)).value(),
            B::complete(std::move(b), std::move(b_sees)).value()};
}

std::size_t length_of(std::uint64_t number) { return number % 7 == 0 ? 700 : number % 80; }

// Sends `kMessages` and echoes nothing; counts what went wrong on the other end.
void send_all(Channel& channel, Clock::time_point deadline, bool& done) {
    std::array<std::byte, 700> payload{};
    for (std::uint64_t i = 0; i < kMessages; ++i) {
        const std::size_t length = length_of(i);
        std::memset(payload.data(), static_cast<int>(i & 0xff), length);
        const MessageHead head{.timestamp_ns = i, .source = 1, .target = 2, .type = 3, .priority = 0};
        if (!channel.send(head, std::span{payload}.first(length), BackPressure::kBlock, deadline)) {
            return;
        }
    }
    done = true;
}

std::uint64_t receive_all(Channel& channel, Clock::time_point deadline) {
    std::array<std::byte, 1024> buffer{};
    std::uint64_t good = 0;
    while (good < kMessages && channel.wait(deadline)) {
        Received received;
        while (channel.try_receive(received, buffer) == ReceiveStatus::kReceived) {
            const bool whole = received.head.timestamp_ns == good && received.length == length_of(good) &&
                               std::ranges::all_of(std::span{buffer}.first(received.length), [&](std::byte b) {
                                   return b == static_cast<std::byte>(good & 0xff);
                               });
            if (!whole) {
                return good;
            }
            ++good;
        }
    }
    return good;
}

} // namespace

TEST_CASE("two sleeping threads lose nothing and miss no wake-up") {
    for (const std::uint32_t slots : {2U, 4U, 64U}) {
        Ends ends = connect(slots);
        const auto deadline = Clock::now() + std::chrono::seconds{120};
        bool sent = false;
        std::thread sender{[&] { send_all(ends.a, deadline, sent); }};
        const std::uint64_t good = receive_all(ends.b, deadline);
        sender.join();
        CHECK(sent);
        CHECK(good == kMessages);
        CHECK(ends.a.counters().send.peer_lies == 0);
    }
}

// Loans and batches in turn, sleeping on both sides; the reader looks at them in place.
TEST_CASE("two threads pass lent payloads and batches whole") {
    constexpr std::uint64_t kTurns = 5000;
    constexpr std::size_t kEach = 16;
    constexpr std::size_t kCount = 20;
    auto ends = connect<TrustedChannel>(8);
    TrustedChannel& receiver = ends.b;
    const auto deadline = Clock::now() + std::chrono::seconds{120};
    std::thread other{[&] {
        Channel& channel = ends.a;
        std::array<std::byte, kEach * kCount> batch{};
        for (std::uint64_t i = 0; i < kTurns; ++i) {
            const std::size_t length = 1 + i * 13 % 4000;
            const auto place = channel.loan(0, length, deadline);
            if (!place) {
                return;
            }
            std::ranges::fill(*place, static_cast<std::byte>(i));
            std::size_t sent = 0;
            std::ranges::fill(batch, static_cast<std::byte>(i + 1));
            if (!channel.commit({.timestamp_ns = i}, length, deadline)) {
                return;
            }
            while (channel.try_send_many({.timestamp_ns = i}, batch, kEach, sent) == SendStatus::kNoCredit &&
                   Clock::now() < deadline) {
                std::this_thread::yield();
            }
        }
    }};
    std::uint64_t good = 0;
    const auto all = [](std::span<const std::byte> bytes, std::uint64_t value) {
        return std::ranges::all_of(bytes, [&](std::byte b) { return b == static_cast<std::byte>(value); });
    };
    while (good < 2 * kTurns && receiver.wait(deadline)) {
        BatchView view;
        if (receiver.try_peek_many(view) != ReceiveStatus::kReceived) {
            continue;
        }
        const std::uint64_t turn = good / 2;
        const bool lent =
            good % 2 == 0 && view.count == 1 && view.each == 1 + turn * 13 % 4000 && all(view.payloads, turn);
        const bool batch = good % 2 == 1 && view.count == kCount && view.each == kEach && all(view.payloads, turn + 1);
        const bool whole = view.head.timestamp_ns == turn && (lent || batch);
        receiver.release();
        if (!whole) {
            break;
        }
        ++good;
    }
    other.join();
    CHECK(good == 2 * kTurns);
}

TEST_CASE("one arming is answered by one notification") {
    Ends ends = connect(64);
    REQUIRE(ends.b.arm_data());
    for (int i = 0; i < 10; ++i) {
        REQUIRE(ends.a.try_send({}, {}) == SendStatus::kSent);
    }
    CHECK(ends.a.counters().notifications_sent == 1);
    CHECK(!ends.b.arm_data()); // a message is there
    ends.b.awake();
    std::array<std::byte, 16> buffer{};
    Received received;
    while (ends.b.try_receive(received, buffer) == ReceiveStatus::kReceived) {
    }
    REQUIRE(ends.b.arm_data());
    REQUIRE(ends.a.try_send({}, {}) == SendStatus::kSent);
    CHECK(ends.a.counters().notifications_sent == 2);
}

TEST_CASE("a closed channel is told to the peer, after its last message") {
    Ends ends = connect(8);
    REQUIRE(ends.a.try_send({}, {}) == SendStatus::kSent);
    {
        const Channel gone = std::move(ends.a);
    }
    const auto deadline = Clock::now() + std::chrono::seconds{10};
    CHECK(ends.b.wait(deadline));
    std::array<std::byte, 16> buffer{};
    Received received;
    CHECK(ends.b.try_receive(received, buffer) == ReceiveStatus::kReceived);
    const auto ended = ends.b.wait(deadline);
    REQUIRE(!ended);
    CHECK(ended.error().code == zeta::ErrorCode::kClosed);
    CHECK(ends.b.send({}, {}, BackPressure::kFail).error().code == zeta::ErrorCode::kClosed);
}
