// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Any mixture of sends and receives behaves as a bounded queue does. RapidCheck prints the seed.
#include "figcom-vbus/core/consumer.hpp"
#include "figcom-vbus/core/producer.hpp"

#include "tests/support/figcom/ring_pair.hpp"

#include <rapidcheck.h>

#include <array>
#include <deque>

using namespace zeta::figcom;

namespace {

struct Sent {
    std::uint64_t number;
    std::vector<std::byte> payload;
};

std::vector<std::byte> payload_of(std::uint64_t number, std::size_t length) {
    std::vector<std::byte> payload(length);
    for (std::size_t i = 0; i < length; ++i) {
        payload[i] = static_cast<std::byte>(number * 31 + i);
    }
    return payload;
}

void behaves_as_a_queue(std::uint32_t slot_count, std::uint64_t slab_bytes, std::uint64_t epoch,
                        const std::vector<int>& steps) {
    zeta::figcom::support::RingPair ring{
        {.slot_count = slot_count, .slab_bytes = {slab_bytes}, .epoch = epoch, .channel_id = 1}};
    std::deque<Sent> model;
    std::array<std::byte, 8192> buffer{};
    std::uint64_t next = 0;
    for (const int step : steps) {
        if (step >= 0) {
            const Sent sent{next, payload_of(next, static_cast<std::size_t>(step))};
            const bool fits_ever = sent.payload.size() <= ring.producer.payload_bytes_max();
            const bool had_room = ring.producer.has_room(sent.payload.size());
            const SendStatus status = ring.producer.try_send(
                {.timestamp_ns = next, .source = 1, .target = 2, .type = 3, .priority = 0}, sent.payload);
            RC_ASSERT((status == SendStatus::kTooLarge) == (!fits_ever && model.size() < slot_count) || !fits_ever);
            RC_ASSERT((status == SendStatus::kSent) == had_room);
            if (status == SendStatus::kSent) {
                RC_ASSERT(model.size() < slot_count);
                model.push_back(sent);
                ++next;
            }
            continue;
        }
        MessageHead head;
        std::size_t length = 0;
        const ReceiveStatus status = ring.consumer.try_receive(head, buffer, length);
        RC_ASSERT((status == ReceiveStatus::kReceived) == !model.empty());
        RC_ASSERT(status != ReceiveStatus::kCorrupt);
        if (status == ReceiveStatus::kReceived) {
            RC_ASSERT(head.timestamp_ns == model.front().number);
            RC_ASSERT(std::ranges::equal(std::span{buffer}.first(length), model.front().payload));
            model.pop_front();
        } else {
            // An empty ring with all credit told takes anything that fits at all.
            RC_ASSERT(ring.producer.has_room(ring.producer.payload_bytes_max()));
        }
    }
}

// Any mixture on a ring that drops: what comes out is a part of what went in, in order and whole, the
// newest is always among it, and every message is either received or counted as lost.
void loses_only_the_oldest(std::uint32_t slot_count, std::uint64_t slab_bytes, BackPressure policy,
                           const std::vector<int>& steps) {
    zeta::figcom::support::RingPair ring{{.slot_count = slot_count,
                                          .slab_bytes = {slab_bytes},
                                          .features = FIGCOM_FEATURE_OVERWRITES(0),
                                          .epoch = 3,
                                          .channel_id = 1}};
    ring.producer.set_policy(policy);
    std::vector<Sent> sent;
    std::uint64_t next = 0; // number of the oldest message that may still come
    std::array<std::byte, 8192> buffer{};
    MessageHead head;
    std::size_t length = 0;
    for (const int step : steps) {
        if (step >= 0) {
            Sent one{sent.size(), payload_of(sent.size(), static_cast<std::size_t>(step))};
            const bool fits_ever = one.payload.size() <= ring.producer.payload_bytes_max();
            const SendStatus status = ring.producer.try_send({.timestamp_ns = one.number}, one.payload);
            RC_ASSERT(status == (fits_ever ? SendStatus::kSent : SendStatus::kTooLarge));
            if (fits_ever) {
                sent.push_back(std::move(one));
            }
            continue;
        }
        const ReceiveStatus status = ring.consumer.try_receive(head, buffer, length);
        RC_ASSERT((status == ReceiveStatus::kReceived) == (next < sent.size()));
        if (status == ReceiveStatus::kReceived) {
            RC_ASSERT(head.timestamp_ns >= next && head.timestamp_ns < sent.size());
            RC_ASSERT(std::ranges::equal(std::span{buffer}.first(length), sent[head.timestamp_ns].payload));
            RC_ASSERT(policy == BackPressure::kDropOldest || head.timestamp_ns + 1 == sent.size());
            next = head.timestamp_ns + 1;
        }
        RC_ASSERT(ring.consumer.counters().received + ring.consumer.counters().lost == next);
    }
}

} // namespace

int main() {
    const bool dropped = rc::check("a ring that drops loses only the oldest", [] {
        const auto slots = std::uint32_t{1} << *rc::gen::inRange(1, 6);
        const auto slab = *rc::gen::element<std::uint64_t>(0, 128, 1024, 4096);
        const auto policy = *rc::gen::element(BackPressure::kDropOldest, BackPressure::kLatestOnly);
        const auto steps = *rc::gen::container<std::vector<int>>(
            rc::gen::oneOf(rc::gen::just(-1), rc::gen::inRange(0, 89), rc::gen::element(89, 129, 1000, 1024, 4096)));
        loses_only_the_oldest(slots, slab, policy, steps);
    });
    const bool held = rc::check("a ring behaves as a bounded queue", [] {
        const auto slots = std::uint32_t{1} << *rc::gen::inRange(1, 6);
        const auto slab = *rc::gen::element<std::uint64_t>(0, 128, 1024, 4096);
        const auto epoch = *rc::gen::inRange<std::uint64_t>(1, 1ULL << 40);
        const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::oneOf(
            rc::gen::just(-1), rc::gen::inRange(0, 89), rc::gen::element(88, 89, 128, 129, 1000, 1024, 4096, 4097)));
        behaves_as_a_queue(slots, slab, epoch, steps);
    });
    return held && dropped ? 0 : 1;
}
