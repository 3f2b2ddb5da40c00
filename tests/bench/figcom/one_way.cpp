// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Messages one way, polled, from one thread to another: FIGCOM's ring against a bare
// single-producer single-consumer ring written for this purpose. The sides run in turn.
#include "tests/bench/figcom/bare_ring.hpp"
#include "tests/bench/figcom/measure.hpp"
#include "tests/support/figcom/ring_pair.hpp"

#include <array>
#include <cstring>

namespace zeta::bench {

namespace {

using namespace figcom;

constexpr int kRuns = 9;
constexpr std::uint64_t kMessages = 200'000;
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
    support::RingPair<Trust::kTrusted> ring{{.slot_count = kSlots, .epoch = 11, .channel_id = 2}};
    ring.producer.peer_is_polled();
    return one_way<kBytes>(
        [&](const Payload<kBytes>& payload) {
            return ring.producer.try_send({.type = 1}, payload) == SendStatus::kSent;
        },
        [&](std::uint64_t& number) {
            MessageView view;
            if (ring.consumer.try_peek(view) != ReceiveStatus::kReceived) {
                return false;
            }
            std::memcpy(&number, view.payload.data(), sizeof number);
            ring.consumer.release();
            return true;
        });
}

// Copied once, checked, then looked at; over a whole channel.
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

bool sound(const Runs& runs) { return std::ranges::min(runs) > 0; }

} // namespace

bool measure_one_way(std::vector<Row>& rows) {
    std::array<Runs, 7> runs;
    for (int run = 0; run < kRuns; ++run) {
        runs[0].push_back(bare<64>());
        runs[1].push_back(trusted<64>());
        runs[2].push_back(untrusted<64>(FIGCOM_FEATURE_POLLED));
        runs[3].push_back(untrusted<64>(0));
        runs[4].push_back(bare<16>());
        runs[5].push_back(trusted<16>());
        runs[6].push_back(untrusted<16>(FIGCOM_FEATURE_POLLED));
    }
    const std::string peer = "bare SPSC ring";
    rows.push_back(row("64 B one way, polled, trusted", "ns", runs[1], peer, runs[0], {1.3, 1.05}));
    rows.push_back(row("64 B one way, polled, untrusted", "ns", runs[2], peer, runs[0], {1.6, 1.3}));
    rows.push_back(row("64 B one way, untrusted, peer may sleep", "ns", runs[3], peer, runs[0]));
    rows.push_back(row("16 B one way, polled, trusted", "ns", runs[5], peer, runs[4]));
    rows.push_back(row("16 B one way, polled, untrusted", "ns", runs[6], peer, runs[4]));
    rows.push_back(not_measured("16 B one way, batches of 32", "DPDK rte_ring, bulk 32",
                                "DPDK is not in the build root (Debian's package libdpdk-dev)"));
    return std::ranges::all_of(runs, sound);
}

} // namespace zeta::bench
