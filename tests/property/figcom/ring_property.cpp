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

// Any mixture of single messages, batches and loans is one queue of messages to a reader that takes them
// one by one, many at a time, or looks at them in place.
enum class Do { kSend, kSendMany, kLend, kCommit, kGiveBack, kTake, kTakeMany };
struct Step {
    Do what;
    std::size_t count;
    std::size_t each;
};

template <Trust kTrust>
struct Mixture {
    zeta::figcom::support::RingPair<kTrust> ring;
    std::deque<std::vector<std::byte>> model{};
    std::uint64_t next{0};
    std::span<std::byte> lent{};

    std::vector<std::byte> fresh(std::size_t length) { return payload_of(next++, length); }

    void send_many(std::size_t count, std::size_t each) {
        std::vector<std::byte> payloads;
        for (std::size_t i = 0; i < count; ++i) {
            const auto one = fresh(each);
            payloads.insert(payloads.end(), one.begin(), one.end());
        }
        std::size_t sent = 0;
        const SendStatus status = ring.producer.try_send_many({.type = 9}, payloads, each, sent);
        RC_ASSERT((status == SendStatus::kSent) == (sent == count));
        for (std::size_t i = 0; i < sent; ++i) {
            model.emplace_back(payloads.begin() + static_cast<std::ptrdiff_t>(i * each),
                               payloads.begin() + static_cast<std::ptrdiff_t>((i + 1) * each));
        }
    }
    void send(std::size_t length) {
        auto payload = fresh(length);
        const bool room = ring.producer.has_room(length);
        const SendStatus status = ring.producer.try_send({.type = 9}, payload);
        RC_ASSERT((status == SendStatus::kSent) == room);
        if (room) {
            model.push_back(std::move(payload));
        }
    }
    void lend(std::size_t length) {
        const bool had = ring.producer.has_loan();
        std::span<std::byte> place;
        const SendStatus status = ring.producer.try_loan(length, place);
        RC_ASSERT(!had || status != SendStatus::kSent);
        RC_ASSERT(ring.producer.has_loan() == (had || status == SendStatus::kSent));
        if (status == SendStatus::kSent) {
            lent = place;
        }
    }
    void commit(std::size_t length) {
        length = std::min(length, lent.size());
        auto payload = fresh(length);
        if (ring.producer.has_loan()) {
            std::ranges::copy(payload, lent.begin());
        }
        const bool had = ring.producer.has_loan();
        const SendStatus status = ring.producer.try_commit({.type = 9}, length);
        RC_ASSERT(had || status == SendStatus::kTooLarge);
        RC_ASSERT(ring.producer.has_loan() == (had && status != SendStatus::kSent));
        if (status == SendStatus::kSent) {
            model.push_back(std::move(payload));
        }
    }
    void expect(std::span<const std::byte> payloads, std::size_t each, std::size_t count) {
        RC_ASSERT(count >= 1 && count <= model.size() && payloads.size() == each * count);
        for (std::size_t i = 0; i < count; ++i) {
            RC_ASSERT(std::ranges::equal(payloads.subspan(i * each, each), model.front()));
            model.pop_front();
        }
    }
    void take(bool many) {
        std::array<std::byte, 8192> buffer{};
        MessageHead head;
        std::size_t each = 0;
        std::size_t count = 1;
        const ReceiveStatus status = many ? ring.consumer.try_receive_many(head, buffer, each, count)
                                          : ring.consumer.try_receive(head, buffer, each);
        RC_ASSERT(status == (model.empty() ? ReceiveStatus::kEmpty : ReceiveStatus::kReceived));
        if (status == ReceiveStatus::kReceived) {
            expect(std::span{buffer}.first(each * count), each, count);
        }
    }
    void look(bool many)
        requires(kTrust == Trust::kTrusted)
    {
        MessageView one;
        BatchView view;
        const ReceiveStatus status = many ? ring.consumer.try_peek_many(view) : ring.consumer.try_peek(one);
        RC_ASSERT(status == (model.empty() ? ReceiveStatus::kEmpty : ReceiveStatus::kReceived));
        if (status == ReceiveStatus::kReceived) {
            expect(many ? view.payloads : one.payload, many ? view.each : one.payload.size(), many ? view.count : 1);
            ring.consumer.release();
        }
    }
    void run(const Step& step) {
        switch (step.what) {
        case Do::kSend:
            return send(step.each);
        case Do::kSendMany:
            return send_many(step.count, step.each);
        case Do::kLend:
            return lend(step.each);
        case Do::kCommit:
            return commit(step.each);
        case Do::kGiveBack:
            ring.producer.give_back_loan();
            return;
        case Do::kTake:
        case Do::kTakeMany:
            if constexpr (kTrust == Trust::kTrusted) {
                if (step.each % 2 == 0) {
                    return look(step.what == Do::kTakeMany);
                }
            }
            return take(step.what == Do::kTakeMany);
        }
    }
};

template <Trust kTrust>
void mixes(std::uint32_t slots, std::uint64_t slab, bool batches, const std::vector<Step>& steps) {
    Mixture<kTrust> mixture{.ring = zeta::figcom::support::RingPair<kTrust>{
                                {.slot_count = slots, .slab_bytes = {slab}, .epoch = 5, .channel_id = 1}}};
    if (batches) {
        mixture.ring.producer.peer_takes_batches();
    }
    for (const Step& step : steps) {
        mixture.run(step);
    }
    while (!mixture.model.empty()) {
        mixture.take(true);
    }
    mixture.take(false); // tells all credit
    mixture.ring.producer.give_back_loan();
    RC_ASSERT(mixture.ring.producer.has_room(mixture.ring.producer.payload_bytes_max()));
}

bool check_mixtures() {
    return rc::check("single messages, batches and loans are one queue", [] {
        const auto slots = std::uint32_t{1} << *rc::gen::inRange(1, 6);
        const auto slab = *rc::gen::element<std::uint64_t>(0, 128, 1024, 4096);
        const bool batches = *rc::gen::element(true, true, true, false);
        const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
            rc::gen::element(Do::kSend, Do::kSendMany, Do::kLend, Do::kCommit, Do::kGiveBack, Do::kTake, Do::kTakeMany),
            rc::gen::inRange<std::size_t>(1, 40),
            rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 100), rc::gen::element<std::size_t>(88, 89, 1024, 4096))));
        mixes<Trust::kUntrusted>(slots, slab, batches, steps);
        mixes<Trust::kTrusted>(slots, slab, batches, steps);
    });
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
    const bool mixed = check_mixtures();
    return held && dropped && mixed ? 0 : 1;
}
