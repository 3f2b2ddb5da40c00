// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Messages one way, polled, from one thread to another, over whole channels: single ones against a bare
// single-producer single-consumer ring written for this purpose, batches against DPDK's ring. The sides
// run in turn.
#include "tests/bench/figcom/bare_ring.hpp"
#include "tests/bench/figcom/measure.hpp"
#include "tests/bench/figcom/peers.hpp"

#include <array>
#include <cstring>

namespace zeta::bench {

namespace {

using namespace figcom;

// Short runs and many: on a shared machine some of them are undisturbed.
constexpr int kRuns = 41;
constexpr std::uint64_t kMessages = 64'000;
constexpr std::uint32_t kSlots = 1024;

template <std::size_t kBytes>
using Payload = std::array<std::byte, kBytes>;

// Sends and takes numbered messages; `receive` returns the number it took, or kMessages for none.
template <std::size_t kBytes, typename Send, typename Receive>
double one_way(Send send, Receive receive) {
    std::uint64_t sum = 0;
    const double ns = time_threads(
        kMessages,
        [&] {
            Payload<kBytes> payload{};
            for (std::uint64_t i = 0; i < kMessages; ++i) {
                std::memcpy(payload.data(), &i, sizeof i);
                while (!send(payload)) {
                    SpinBudget::pause();
                }
            }
        },
        [&] {
            for (std::uint64_t i = 0; i < kMessages;) {
                std::uint64_t number = kMessages;
                if (receive(number)) {
                    sum += number;
                    ++i;
                } else {
                    SpinBudget::pause();
                }
            }
        });
    return sum == kMessages * (kMessages - 1) / 2 ? ns : -1;
}

template <std::size_t kBytes>
double bare() {
    auto ring = std::make_unique<BareRing<Payload<kBytes>, kSlots>>();
    Payload<kBytes> taken{};
    return one_way<kBytes>([&](const Payload<kBytes>& payload) { return ring->try_push(payload); },
                           [&](std::uint64_t& number) {
                               if (!ring->try_pop(taken)) {
                                   return false;
                               }
                               std::memcpy(&number, taken.data(), sizeof number);
                               return true;
                           });
}

// Read where it lies.
template <std::size_t kBytes>
double trusted() {
    auto ends = connect<Trust::kTrusted>(
        {.slot_count = kSlots, .features = FIGCOM_FEATURE_POLLED, .epoch = 11, .channel_id = 2});
    return one_way<kBytes>(
        [&](const Payload<kBytes>& payload) { return ends.a.try_send({.type = 1}, payload) == SendStatus::kSent; },
        [&](std::uint64_t& number) {
            MessageView view;
            if (ends.b.try_peek(view) != ReceiveStatus::kReceived) {
                return false;
            }
            std::memcpy(&number, view.payload.data(), sizeof number);
            ends.b.release();
            return true;
        });
}

// Copied once, checked, then looked at.
template <std::size_t kBytes>
double untrusted(std::uint64_t features) {
    Ends ends = connect({.slot_count = kSlots, .features = features, .epoch = 11, .channel_id = 2});
    Payload<kBytes> taken{};
    return one_way<kBytes>(
        [&](const Payload<kBytes>& payload) { return ends.a.try_send({.type = 1}, payload) == SendStatus::kSent; },
        [&](std::uint64_t& number) {
            Received received;
            if (ends.b.try_receive(received, taken) != ReceiveStatus::kReceived) {
                return false;
            }
            std::memcpy(&number, taken.data(), sizeof number);
            return true;
        });
}

constexpr std::size_t kBatch = 32;
constexpr std::size_t kEach = 16;
using Batch = std::array<std::byte, kBatch * kEach>;

std::uint64_t sum_of(std::span<const std::byte> messages) {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < messages.size(); at += kEach) {
        std::uint64_t number = 0;
        std::memcpy(&number, messages.data() + at, sizeof number);
        sum += number;
    }
    return sum;
}

// `receive` adds what it took to a sum and returns how many these were.
template <typename Send, typename Receive>
double batches(Send send, Receive receive) {
    std::uint64_t sum = 0;
    const double ns = time_threads(
        kMessages,
        [&] {
            Batch batch{};
            for (std::uint64_t i = 0; i < kMessages; i += kBatch) {
                for (std::size_t k = 0; k < kBatch; ++k) {
                    const std::uint64_t number = i + k;
                    std::memcpy(batch.data() + k * kEach, &number, sizeof number);
                }
                while (!send(batch)) {
                    SpinBudget::pause();
                }
            }
        },
        [&] {
            for (std::uint64_t i = 0; i < kMessages;) {
                const std::size_t taken = receive(sum);
                if (taken == 0) {
                    SpinBudget::pause();
                }
                i += taken;
            }
        });
    return sum == kMessages * (kMessages - 1) / 2 ? ns : -1;
}

template <Trust kTrust>
double batches_over_figcom() {
    auto ends = connect<kTrust>({.slot_count = 64,
                                 .slab_bytes = {64 * sizeof(Batch)},
                                 .features = FIGCOM_FEATURE_POLLED,
                                 .epoch = 11,
                                 .channel_id = 2});
    Batch taken{};
    return batches(
        [&](const Batch& batch) {
            std::size_t sent = 0;
            return ends.a.try_send_many({.type = 1}, batch, kEach, sent) == SendStatus::kSent;
        },
        [&](std::uint64_t& sum) -> std::size_t {
            if constexpr (kTrust == Trust::kTrusted) {
                BatchView view;
                if (ends.b.try_peek_many(view) != ReceiveStatus::kReceived) {
                    return 0;
                }
                sum += sum_of(view.payloads);
                ends.b.release();
                return view.count;
            } else {
                ReceivedMany received;
                if (ends.b.try_receive_many(received, taken) != ReceiveStatus::kReceived) {
                    return 0;
                }
                sum += sum_of(std::span{taken}.first(received.count * received.each));
                return received.count;
            }
        });
}

double batches_over_dpdk(BulkRing& ring) {
    Batch taken{};
    return batches([&](const Batch& batch) { return ring.try_put(batch); },
                   [&](std::uint64_t& sum) -> std::size_t {
                       if (!ring.try_get(taken)) {
                           return 0;
                       }
                       sum += sum_of(taken);
                       return kBatch;
                   });
}

bool sound(const Runs& runs) { return std::ranges::min(runs) > 0; }

} // namespace

bool measure_one_way(std::vector<Row>& rows) {
    std::array<Runs, 10> runs;
    const Made<BulkRing> dpdk = make_dpdk_ring(64 * kBatch);
    for (int run = 0; run < kRuns; ++run) {
        runs[0].push_back(bare<64>());
        runs[1].push_back(trusted<64>());
        runs[2].push_back(untrusted<64>(FIGCOM_FEATURE_POLLED));
        runs[3].push_back(untrusted<64>(0));
        runs[4].push_back(bare<16>());
        runs[5].push_back(trusted<16>());
        runs[6].push_back(untrusted<16>(FIGCOM_FEATURE_POLLED));
        runs[7].push_back(batches_over_figcom<Trust::kTrusted>());
        runs[8].push_back(batches_over_figcom<Trust::kUntrusted>());
        runs[9].push_back(dpdk.peer ? batches_over_dpdk(*dpdk.peer) : 1);
    }
    const std::string peer = "bare SPSC ring";
    rows.push_back(row("64 B one way, polled, trusted", "ns", runs[1], peer, runs[0], {1.3, 1.05}));
    rows.push_back(row("64 B one way, polled, untrusted", "ns", runs[2], peer, runs[0], {1.6, 1.3}));
    rows.push_back(row("64 B one way, untrusted, peer may sleep", "ns", runs[3], peer, runs[0]));
    rows.push_back(row("16 B one way, polled, trusted", "ns", runs[5], peer, runs[4]));
    rows.push_back(row("16 B one way, polled, untrusted", "ns", runs[6], peer, runs[4]));
    const std::string ring = "DPDK rte_ring, single producer and consumer, bulk 32";
    if (dpdk.peer) {
        rows.push_back(row("16 B one way, batches of 32, trusted", "ns", runs[7], ring, runs[9], {1.5, 1.0}));
        rows.push_back(row("16 B one way, batches of 32, untrusted", "ns", runs[8], ring, runs[9], {1.5, 1.0}));
    } else {
        rows.push_back(not_measured("16 B one way, batches of 32", ring, dpdk.why, dpdk.absent));
    }
    return std::ranges::all_of(runs, sound);
}

} // namespace zeta::bench
