// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// 1 MiB payloads one way, each word of them read by the receiver: FIGCOM against a Unix socket and a
// pipe, with one memcpy and the same reading as the floor.
#include "tests/bench/figcom/measure.hpp"
#include "tests/support/figcom/ring_pair.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace zeta::bench {

namespace {

using namespace figcom;

constexpr int kRuns = 9;
constexpr std::uint64_t kPayloads = 100;
constexpr std::size_t kBytes = 1U << 20U;

// What a receiver does with a payload: reads all of it.
std::uint64_t sum_of(std::span<const std::byte> payload) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < payload.size(); i += sizeof sum) {
        std::uint64_t word = 0;
        std::memcpy(&word, payload.data() + i, sizeof word);
        sum += word;
    }
    return sum;
}

void fill(std::vector<std::byte>& payload, std::uint64_t number) {
    std::memcpy(payload.data(), &number, sizeof number);
}

// `receive` returns the sum of one payload, which is its number: all other words are 0.
template <typename Send, typename Receive>
double one_way(Send send, Receive receive) {
    std::uint64_t sum = 0;
    const double ns = time_threads(
        kPayloads,
        [&] {
            std::vector<std::byte> payload(kBytes);
            for (std::uint64_t i = 0; i < kPayloads; ++i) {
                fill(payload, i);
                send(payload);
            }
        },
        [&] {
            for (std::uint64_t i = 0; i < kPayloads; ++i) {
                sum += receive();
            }
        });
    return sum == kPayloads * (kPayloads - 1) / 2 ? ns : -1;
}

template <Trust kTrust>
double over_figcom() {
    support::RingPair<kTrust> ring{{.slot_count = 16, .slab_bytes = {4 * kBytes}, .epoch = 11, .channel_id = 2}};
    std::vector<std::byte> buffer(kBytes);
    return one_way(
        [&](const std::vector<std::byte>& payload) {
            while (ring.producer.try_send({.type = 1}, payload) != SendStatus::kSent) {
                SpinBudget::pause();
            }
        },
        [&]() -> std::uint64_t {
            if constexpr (kTrust == Trust::kTrusted) {
                MessageView view;
                while (ring.consumer.try_peek(view) != ReceiveStatus::kReceived) {
                    SpinBudget::pause();
                }
                const std::uint64_t sum = sum_of(view.payload);
                ring.consumer.release();
                return sum;
            } else {
                MessageHead head;
                std::size_t length = 0;
                while (ring.consumer.try_receive(head, buffer, length) != ReceiveStatus::kReceived) {
                    SpinBudget::pause();
                }
                return sum_of(std::span{buffer}.first(length));
            }
        });
}

double over_descriptors(int to, int from) {
    std::vector<std::byte> buffer(kBytes);
    const double ns = one_way(
        [&](const std::vector<std::byte>& payload) {
            for (std::size_t done = 0; done < kBytes;) {
                const ssize_t written = ::write(to, payload.data() + done, kBytes - done);
                done += static_cast<std::size_t>(std::max<ssize_t>(written, 0));
            }
        },
        [&] {
            for (std::size_t done = 0; done < kBytes;) {
                const ssize_t got = ::read(from, buffer.data() + done, kBytes - done);
                done += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
            }
            return sum_of(buffer);
        });
    ::close(to);
    ::close(from);
    return ns;
}

double over_socket() {
    std::array<int, 2> ends{};
    return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0 ? over_descriptors(ends[0], ends[1])
                                                                                  : -1;
}

double over_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return -1;
    }
    std::ignore = ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(kBytes)); // its best size; refused is not wrong
    return over_descriptors(ends[1], ends[0]);
}

// One thread: no transfer between processors, so that nothing can honestly be much faster with a copy.
double floor_of_memcpy() {
    std::vector<std::byte> from(kBytes);
    std::vector<std::byte> to(kBytes);
    std::uint64_t sum = 0;
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < kPayloads; ++i) {
        fill(from, i);
        std::memcpy(to.data(), from.data(), kBytes);
        sum += sum_of(to);
    }
    const auto end = std::chrono::steady_clock::now();
    return sum == kPayloads * (kPayloads - 1) / 2
               ? std::chrono::duration<double, std::nano>(end - start).count() / static_cast<double>(kPayloads)
               : -1;
}

} // namespace

bool measure_large_payloads(std::vector<Row>& rows) {
    std::array<Runs, 5> runs;
    for (int run = 0; run < kRuns; ++run) {
        runs[0].push_back(floor_of_memcpy());
        runs[1].push_back(over_figcom<Trust::kTrusted>());
        runs[2].push_back(over_figcom<Trust::kUntrusted>());
        runs[3].push_back(over_socket());
        runs[4].push_back(over_pipe());
    }
    rows.push_back(row("1 MiB one way, trusted", "ns", runs[1], "memcpy", runs[0], {1.0, nullptr}));
    rows.push_back(row("1 MiB one way, trusted", "ns", runs[1], "Unix-domain socket", runs[3], {1.0, nullptr}));
    rows.push_back(row("1 MiB one way, trusted", "ns", runs[1], "pipe", runs[4], {1.0, nullptr}));
    rows.push_back(row("1 MiB one way, untrusted", "ns", runs[2], "memcpy", runs[0]));
    rows.push_back(row("1 MiB one way, untrusted", "ns", runs[2], "Unix-domain socket", runs[3], {1.0, nullptr}));
    return std::ranges::all_of(runs, [](const Runs& side) { return std::ranges::min(side) > 0; });
}

} // namespace zeta::bench
