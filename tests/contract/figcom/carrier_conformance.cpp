// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/figcom/carrier_conformance.hpp"

#include "figcom-vbus/core/channel.hpp"

#include <catch2/catch_test_macros.hpp>
#include <poll.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

namespace zeta::figcom::conformance {

namespace {

using Clock = std::chrono::steady_clock;
constexpr Bytes kLimit{1U << 20U};

// b trusts a, or not; a never trusts b.
template <Trust kTrust>
struct PairOf {
    Channel a;
    BasicChannel<kTrust> b;
};
using Pair = PairOf<Trust::kUntrusted>;

template <Trust kTrust = Trust::kUntrusted>
PairOf<kTrust> connect(const Peers& peers, const RegionSpec& spec) {
    auto bell_a = peers.a.listen(peers.b_id);
    REQUIRE(bell_a);
    const std::uint64_t port = (*bell_a)->port();
    auto half_a = Channel::prepare(peers.a, peers.b_id, std::move(*bell_a), spec);
    REQUIRE(half_a);
    auto bell_b = peers.b.connect(peers.a_id, port);
    REQUIRE(bell_b);
    auto half_b = Channel::prepare(peers.b, peers.a_id, std::move(*bell_b), spec);
    REQUIRE(half_b);
    auto a_sees = peers.a.map(peers.b_id, half_b->memory->reference(), kLimit);
    auto b_sees = peers.b.map(peers.a_id, half_a->memory->reference(), kLimit);
    REQUIRE(a_sees);
    REQUIRE(b_sees);
    auto a = Channel::complete(std::move(*half_a), std::move(*a_sees));
    auto b = BasicChannel<kTrust>::complete(std::move(*half_b), std::move(*b_sees));
    REQUIRE(a);
    REQUIRE(b);
    return {std::move(*a), std::move(*b)};
}

RegionSpec spec() { return {.slot_count = 16, .slab_bytes = {16384}, .epoch = 77, .channel_id = 5}; }

bool readable(int fd, int timeout_ms) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, timeout_ms) == 1;
}

// Writes `length` bytes of `value` into a's memory and sends them without a copy.
void send_lent(Channel& channel, std::size_t length, std::byte value) {
    const auto place = channel.loan(0, length);
    REQUIRE(place);
    REQUIRE(place->size() == length);
    std::ranges::fill(*place, value);
    REQUIRE(channel.commit({.timestamp_ns = length, .type = 3}, length));
}

} // namespace

void memory_is_shared_one_way(const Peers& peers) {
    auto bell = peers.a.listen(peers.b_id);
    REQUIRE(bell);
    auto half = Channel::prepare(peers.a, peers.b_id, std::move(*bell), spec());
    REQUIRE(half);
    auto seen = peers.b.map(peers.a_id, half->memory->reference(), kLimit);
    REQUIRE(seen);
    CHECK((*seen)->bytes().size() >= half->layout.region_bytes);
    half->memory->bytes()[5000] = std::byte{0x5a};
    CHECK((*seen)->bytes()[5000] == std::byte{0x5a});
    CHECK(inspect_region((*seen)->bytes()));
    // Beyond the limit that the mapping side set.
    const auto small = peers.b.map(peers.a_id, half->memory->reference(), Bytes{4096});
    REQUIRE(!small);
    CHECK(small.error().code == ErrorCode::kResourceExhausted);
}

void doorbells_ring_both_ways(const Peers& peers) {
    auto a = peers.a.listen(peers.b_id);
    REQUIRE(a);
    auto b = peers.b.connect(peers.a_id, (*a)->port());
    REQUIRE(b);
    (*a)->drain();
    (*b)->drain();
    CHECK(!readable((*a)->fd(), 0));
    REQUIRE((*a)->notify());
    CHECK(readable((*b)->fd(), 5000));
    (*b)->drain();
    CHECK(!readable((*b)->fd(), 0));
    REQUIRE((*b)->notify());
    CHECK(readable((*a)->fd(), 5000));
    for (int i = 0; i < 100'000; ++i) { // a flood neither blocks nor fails
        REQUIRE((*a)->notify());
    }
    CHECK(readable((*b)->fd(), 5000));
}

void bad_references_are_refused(const Peers& peers) {
    CHECK(!peers.b.map(peers.a_id, 0xfffffff0, kLimit));
    CHECK(!peers.b.connect(peers.a_id, 0xfffffff0));
}

void a_channel_carries_messages_both_ways(const Peers& peers) {
    Pair pair = connect(peers, spec());
    std::array<std::byte, 4096> buffer{};
    for (std::size_t length : {0U, 1U, 24U, 88U, 89U, 4096U}) {
        for (auto [from, to] : {std::pair{&pair.a, &pair.b}, std::pair{&pair.b, &pair.a}}) {
            std::vector<std::byte> payload(length, static_cast<std::byte>(length));
            const MessageHead head{.timestamp_ns = 9, .source = 3, .target = 4, .type = 7, .priority = 0};
            REQUIRE(from->try_send(head, payload) == SendStatus::kSent);
            Received received;
            REQUIRE(to->try_receive(received, buffer) == ReceiveStatus::kReceived);
            CHECK(received.head.timestamp_ns == 9);
            CHECK(received.head.source == 3);
            CHECK(received.head.target == 4);
            CHECK(received.head.type == 7);
            REQUIRE(received.length == length);
            CHECK(std::ranges::equal(payload, std::span{buffer}.first(length)));
            CHECK(to->try_receive(received, buffer) == ReceiveStatus::kEmpty);
        }
    }
}

void lent_room_is_read_whole(const Peers& peers) {
    Pair copied = connect(peers, spec());
    PairOf<Trust::kTrusted> in_place = connect<Trust::kTrusted>(peers, spec());
    std::vector<std::byte> buffer(16384);
    std::byte value{0};
    for (int turn = 0; turn < 20; ++turn) {
        for (const std::size_t length :
             {std::size_t{0}, std::size_t{1}, std::size_t{88}, std::size_t{5000}, copied.a.payload_bytes_max()}) {
            value = static_cast<std::byte>(static_cast<int>(value) + 1);
            const auto same = [&](std::byte b) { return b == value; };
            send_lent(copied.a, length, value);
            Received received;
            REQUIRE(copied.b.try_receive(received, buffer) == ReceiveStatus::kReceived);
            REQUIRE(received.length == length);
            CHECK(std::ranges::all_of(std::span{buffer}.first(length), same));
            send_lent(in_place.a, length, value);
            MessageView view;
            REQUIRE(in_place.b.try_peek(view) == ReceiveStatus::kReceived);
            CHECK(view.head.timestamp_ns == length);
            REQUIRE(view.payload.size() == length);
            CHECK(std::ranges::all_of(view.payload, same));
            in_place.b.release();
        }
    }
    const auto refused = copied.a.loan(0, copied.a.payload_bytes_max() + 1);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::kInvalidArgument);
}

void batches_arrive_whole(const Peers& peers) {
    PairOf<Trust::kTrusted> pair = connect<Trust::kTrusted>(peers, spec());
    for (std::size_t count : {1U, 5U, 6U, 32U, 1000U}) {
        std::vector<std::byte> payloads(count * 16);
        for (std::size_t i = 0; i < count; ++i) {
            payloads[i * 16] = static_cast<std::byte>(i);
        }
        std::size_t sent = 0;
        REQUIRE(pair.a.try_send_many({.type = 4}, payloads, 16, sent) == SendStatus::kSent);
        REQUIRE(sent == count);
        REQUIRE(pair.b.pending());
        BatchView view;
        REQUIRE(pair.b.try_peek_many(view) == ReceiveStatus::kReceived);
        CHECK(view.head.type == 4);
        CHECK(view.count == count);
        CHECK(std::ranges::equal(view.payloads, payloads));
        pair.b.release();
        REQUIRE(pair.b.try_send_many({}, payloads, 16, sent) == SendStatus::kSent);
        std::vector<std::byte> buffer(count * 16);
        ReceivedMany received;
        REQUIRE(pair.a.try_receive_many(received, buffer) == ReceiveStatus::kReceived);
        CHECK(received.count == count);
        CHECK(std::ranges::equal(buffer, payloads));
    }
}

void sleeping_sides_are_woken(const Peers& peers) {
    constexpr std::uint64_t kMessages = 5000;
    Pair pair = connect(peers, spec());
    const auto deadline = Clock::now() + std::chrono::seconds{60};
    std::thread sender{[&] {
        for (std::uint64_t i = 0; i < kMessages; ++i) {
            const MessageHead head{.timestamp_ns = i, .source = 0, .target = 0, .type = 1, .priority = 0};
            if (!pair.a.send(head, {}, BackPressure::kBlock, deadline)) {
                return;
            }
        }
    }};
    std::uint64_t expected = 0;
    std::array<std::byte, 128> buffer{};
    while (expected < kMessages && pair.b.wait(deadline)) {
        Received received;
        while (pair.b.try_receive(received, buffer) == ReceiveStatus::kReceived) {
            CHECK(received.head.timestamp_ns == expected);
            ++expected;
        }
    }
    sender.join();
    CHECK(expected == kMessages);
}

} // namespace zeta::figcom::conformance
