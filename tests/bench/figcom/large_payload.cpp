// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Large payloads one way, each word of them written by the sender and read by the receiver: FIGCOM against
// iceoryx, a Unix socket and a pipe, with one memcpy between the same writing and reading as the floor. And
// the handing over alone, against the memcpy alone.
#include "tests/bench/figcom/bare_ring.hpp"
#include "tests/bench/figcom/measure.hpp"
#include "tests/bench/figcom/peers.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace zeta::bench {

namespace {

using namespace figcom;

constexpr int kRuns = 11;
constexpr std::uint64_t kPayloads = 100;
constexpr std::size_t kBytes = 1U << 20U;
constexpr std::size_t kRoom = 4; // payloads under way

// What a sender and a receiver do with a payload: write every word of it, and read every word of it.
void fill(std::span<std::byte> payload, std::uint64_t number) {
    for (std::size_t i = 0; i + sizeof number <= payload.size(); i += sizeof number) {
        std::memcpy(payload.data() + i, &number, sizeof number);
    }
}
std::uint64_t sum_of(std::span<const std::byte> payload) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i + sizeof sum <= payload.size(); i += sizeof sum) {
        std::uint64_t word = 0;
        std::memcpy(&word, payload.data() + i, sizeof word);
        sum += word;
    }
    return sum;
}
constexpr std::uint64_t sum_of_all(std::size_t bytes, std::uint64_t payloads) {
    return payloads * (payloads - 1) / 2 * (bytes / sizeof(std::uint64_t));
}

// `send` gets a payload's number, `receive` returns the sum of its words.
template <typename Send, typename Receive>
double one_way(std::size_t bytes, std::uint64_t payloads, Send send, Receive receive) {
    std::uint64_t sum = 0;
    const double ns = time_threads(
        payloads,
        [&] {
            for (std::uint64_t i = 0; i < payloads; ++i) {
                send(i);
            }
        },
        [&] {
            for (std::uint64_t i = 0; i < payloads; ++i) {
                sum += receive();
            }
        });
    return sum == sum_of_all(bytes, payloads) ? ns : -1;
}

// Nanoseconds of one call of `step`, which says whether it went well.
template <typename Step>
double timed(Step step) {
    bool good = true;
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < kPayloads; ++i) {
        good = step(i) && good;
    }
    const auto end = std::chrono::steady_clock::now();
    return good ? std::chrono::duration<double, std::nano>(end - start).count() / static_cast<double>(kPayloads) : -1;
}

// A channel with room for `room` payloads under way. Made once for all runs, as the peers' memory is.
template <Trust kTrust>
EndsOf<kTrust> channel_for(std::size_t bytes, std::size_t room) {
    const std::size_t stepped = (std::max<std::size_t>(bytes, 1) + 127) / 128 * 128;
    return connect<kTrust>({.slot_count = 16,
                            .slab_bytes = {room * stepped},
                            .features = FIGCOM_FEATURE_POLLED,
                            .epoch = 11,
                            .channel_id = 2});
}

// Written in the channel's memory, without a copy; read there (trusted), or copied out once.
template <Trust kTrust>
double over_figcom(EndsOf<kTrust>& ends, std::size_t bytes, std::uint64_t payloads) {
    std::vector<std::byte> buffer(kTrust == Trust::kTrusted ? 0 : bytes);
    return one_way(
        bytes, payloads,
        [&](std::uint64_t number) {
            std::span<std::byte> place;
            while (ends.a.try_loan(0, bytes, place) != SendStatus::kSent) {
                SpinBudget::pause();
            }
            fill(place, number);
            std::ignore = ends.a.try_commit({.type = 1}, bytes); // a slot is free when a loan is
        },
        [&]() -> std::uint64_t {
            if constexpr (kTrust == Trust::kTrusted) {
                MessageView view;
                while (ends.b.try_peek(view) != ReceiveStatus::kReceived) {
                    SpinBudget::pause();
                }
                const std::uint64_t sum = sum_of(view.payload);
                ends.b.release();
                return sum;
            } else {
                Received received;
                while (ends.b.try_receive(received, buffer) != ReceiveStatus::kReceived) {
                    SpinBudget::pause();
                }
                return sum_of(std::span{buffer}.first(received.length));
            }
        });
}

// Lending, committing and taking alone, in one thread: the payload stays as it was.
double hand_over_figcom(EndsOf<Trust::kTrusted>& ends) {
    return timed([&](std::uint64_t number) {
        std::span<std::byte> place;
        MessageView view;
        const bool good = ends.a.try_loan(0, kBytes, place) == SendStatus::kSent &&
                          ends.a.try_commit({.timestamp_ns = number}, kBytes) == SendStatus::kSent &&
                          ends.b.try_peek(view) == ReceiveStatus::kReceived && view.head.timestamp_ns == number &&
                          view.payload.size() == kBytes;
        ends.b.release();
        return good;
    });
}
double hand_over_in_place(InPlace& peer) {
    return timed([&](std::uint64_t /*number*/) {
        const bool good = peer.lend().size() == kBytes && peer.publish() && peer.take().size() == kBytes;
        peer.release();
        return good;
    });
}
double memcpy_alone() {
    const std::vector<std::byte> from(kBytes);
    std::vector<std::byte> to(kBytes);
    return timed([&](std::uint64_t /*number*/) {
        std::memcpy(to.data(), from.data(), kBytes);
        asm volatile("" ::"r"(to.data()) : "memory"); // somebody may look at it
        return true;
    });
}

double over_in_place(InPlace& peer) {
    return one_way(
        kBytes, kPayloads,
        [&](std::uint64_t number) {
            fill(peer.lend(), number);
            std::ignore = peer.publish();
        },
        [&] {
            const std::uint64_t sum = sum_of(peer.take());
            peer.release();
            return sum;
        });
}

double over_descriptors(int to, int from) {
    std::vector<std::byte> payload(kBytes);
    std::vector<std::byte> buffer(kBytes);
    const double ns = one_way(
        kBytes, kPayloads,
        [&](std::uint64_t number) {
            fill(payload, number);
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

// The same writing and reading by two threads with one memcpy between them, into buffers that both see, handed
// over by a bare ring: the least that anything needs that copies once.
double floor_of_memcpy() {
    std::vector<std::byte> own(kBytes);
    std::vector<std::vector<std::byte>> shared(kRoom, std::vector<std::byte>(kBytes));
    auto full = std::make_unique<BareRing<std::size_t, 16>>();
    auto free = std::make_unique<BareRing<std::size_t, 16>>();
    for (std::size_t i = 0; i < kRoom; ++i) {
        std::ignore = free->try_push(i);
    }
    const auto pop = [](auto& ring) {
        std::size_t index = 0;
        while (!ring.try_pop(index)) {
            SpinBudget::pause();
        }
        return index;
    };
    return one_way(
        kBytes, kPayloads,
        [&](std::uint64_t number) {
            fill(own, number);
            const std::size_t index = pop(*free);
            std::memcpy(shared[index].data(), own.data(), kBytes);
            std::ignore = full->try_push(index); // as many places as buffers
        },
        [&] {
            const std::size_t index = pop(*full);
            const std::uint64_t sum = sum_of(shared[index]);
            std::ignore = free->try_push(index);
            return sum;
        });
}

// From nothing to 64 MiB: what a payload of each size costs, and that it arrives.
bool sweep(std::vector<Row>& rows) {
    constexpr std::size_t kLargest = 64U << 20U;
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{8}, std::size_t{88}, std::size_t{4096},
                                    std::size_t{65536}, kBytes, std::size_t{8U << 20U}, kLargest}) {
        const std::uint64_t payloads = std::clamp<std::uint64_t>(kLargest / std::max<std::size_t>(bytes, 1), 4, 1000);
        auto ends = channel_for<Trust::kTrusted>(bytes, 2);
        Runs runs;
        for (int run = 0; run < 4; ++run) {
            const double ns = over_figcom(ends, bytes, payloads);
            if (run != 0 || ns <= 0) { // the first one also gets the memory from the kernel
                runs.push_back(ns);
            }
        }
        if (std::ranges::min(runs) <= 0) {
            return false;
        }
        rows.push_back(alone(std::to_string(bytes) + " B lent, written, read in place", "ns", runs));
    }
    return true;
}

} // namespace

bool measure_large_payloads(std::vector<Row>& rows) {
    std::array<Runs, 9> runs;
    const Made<InPlace> iceoryx = make_iceoryx_in_place(kBytes);
    auto in_place = channel_for<Trust::kTrusted>(kBytes, kRoom);
    auto copied = channel_for<Trust::kUntrusted>(kBytes, kRoom);
    for (int run = 0; run < kRuns; ++run) {
        runs[0].push_back(floor_of_memcpy());
        runs[1].push_back(over_figcom(in_place, kBytes, kPayloads));
        runs[2].push_back(over_figcom(copied, kBytes, kPayloads));
        runs[3].push_back(over_socket());
        runs[4].push_back(over_pipe());
        runs[5].push_back(iceoryx.peer ? over_in_place(*iceoryx.peer) : 1);
        runs[6].push_back(memcpy_alone());
        runs[7].push_back(hand_over_figcom(in_place));
        runs[8].push_back(iceoryx.peer ? hand_over_in_place(*iceoryx.peer) : 1);
    }
    const std::string alone = "1 MiB handed over, neither written nor read, trusted";
    const std::string trusted = "1 MiB written, sent, read in place, trusted";
    const std::string untrusted = "1 MiB written, sent, copied out once, read, untrusted";
    const Bounds bounds{1.0, nullptr};
    rows.push_back(row(alone, "ns", runs[7], "memcpy of 1 MiB", runs[6], bounds));
    rows.push_back(row(trusted, "ns", runs[1], "memcpy into shared buffers", runs[0], bounds));
    rows.push_back(row(trusted, "ns", runs[1], "Unix-domain socket", runs[3], bounds));
    rows.push_back(row(trusted, "ns", runs[1], "pipe", runs[4], bounds));
    if (iceoryx.peer) {
        rows.push_back(row(alone, "ns", runs[7], "iceoryx posh", runs[8], bounds));
        rows.push_back(row(trusted, "ns", runs[1], "iceoryx posh, in place too", runs[5], bounds));
    } else {
        rows.push_back(not_measured(trusted, "iceoryx posh", iceoryx.why, iceoryx.absent));
    }
    rows.push_back(row(untrusted, "ns", runs[2], "memcpy into shared buffers", runs[0]));
    rows.push_back(row(untrusted, "ns", runs[2], "Unix-domain socket", runs[3], bounds));
    return std::ranges::all_of(runs, [](const Runs& side) { return std::ranges::min(side) > 0; }) && sweep(rows);
}

} // namespace zeta::bench
