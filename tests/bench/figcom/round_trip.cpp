// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// A request and its answer between two threads on two processors: FIGCOM as programs use it, and with
// both sides asleep each time, against eventfds, a Unix-domain socket and other buses.
#include "tests/bench/figcom/measure.hpp"
#include "tests/bench/figcom/peers.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace zeta::bench {

namespace {

using namespace figcom;

constexpr int kRuns = 21;
constexpr std::uint64_t kTrips = 2'000;
using Payload = std::array<std::byte, 64>;

// `ping` sends and then takes; `pong` takes and then answers. Each says whether it went well.
template <typename Ping, typename Pong>
double round_trips(Ping ping, Pong pong) {
    bool good = true;
    bool answered = true;
    const double ns = time_threads(
        kTrips,
        [&] {
            for (std::uint64_t i = 0; i < kTrips && answered; ++i) {
                answered = pong();
            }
        },
        [&] {
            for (std::uint64_t i = 0; i < kTrips && good; ++i) {
                good = ping();
            }
        });
    return good && answered ? ns : -1;
}

bool take(Channel& channel, Payload& payload) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    Received received;
    while (channel.try_receive(received, payload) != ReceiveStatus::kReceived) {
        if (!channel.wait(deadline)) {
            return false;
        }
    }
    return received.length == payload.size();
}

double over_figcom(bool spinning) {
    Ends ends = connect({.slot_count = 64, .epoch = 11, .channel_id = 2});
    ends.a.set_spinning(spinning);
    ends.b.set_spinning(spinning);
    Payload request{};
    Payload seen{};
    return round_trips(
        [&] { return ends.a.try_send({.type = 1}, request) == SendStatus::kSent && take(ends.a, request); },
        [&] { return take(ends.b, seen) && ends.b.try_send({.type = 2}, seen) == SendStatus::kSent; });
}

// As the other buses are used here: both sides poll and never sleep.
double over_figcom_polled() {
    Ends ends = connect({.slot_count = 64, .features = FIGCOM_FEATURE_POLLED, .epoch = 11, .channel_id = 2});
    Payload request{};
    Payload seen{};
    const auto poll = [](Channel& channel, Payload& payload) {
        Received received;
        while (channel.try_receive(received, payload) != ReceiveStatus::kReceived) {
            SpinBudget::pause();
        }
        return received.length == payload.size();
    };
    return round_trips(
        [&] { return ends.a.try_send({.type = 1}, request) == SendStatus::kSent && poll(ends.a, request); },
        [&] { return poll(ends.b, seen) && ends.b.try_send({.type = 2}, seen) == SendStatus::kSent; });
}

double over_eventfds() {
    const std::array<int, 2> bells{::eventfd(0, EFD_CLOEXEC), ::eventfd(0, EFD_CLOEXEC)};
    const auto ring = [](int fd) {
        const std::uint64_t one = 1;
        return ::write(fd, &one, sizeof one) == sizeof one;
    };
    const auto hear = [](int fd) {
        std::uint64_t count = 0;
        return ::read(fd, &count, sizeof count) == sizeof count;
    };
    const double ns =
        round_trips([&] { return ring(bells[0]) && hear(bells[1]); }, [&] { return hear(bells[0]) && ring(bells[1]); });
    ::close(bells[0]);
    ::close(bells[1]);
    return ns;
}

double over_socket() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return -1;
    }
    Payload request{};
    Payload seen{};
    const auto send = [](int fd, const Payload& what) { return ::send(fd, what.data(), what.size(), 0) == 64; };
    const auto hear = [](int fd, Payload& what) { return ::recv(fd, what.data(), what.size(), 0) == 64; };
    const double ns = round_trips([&] { return send(ends[0], request) && hear(ends[0], request); },
                                  [&] { return hear(ends[1], seen) && send(ends[1], seen); });
    ::close(ends[0]);
    ::close(ends[1]);
    return ns;
}

double over_peer(RequestReply& peer) {
    Payload request{};
    Payload seen{};
    return round_trips([&] { return peer.ask(request); }, [&] { return peer.answer(seen); });
}

struct Peer {
    const char* name;
    Made<RequestReply> made;
    Runs runs{};
};

} // namespace

bool measure_round_trips(std::vector<Row>& rows) {
    std::array<Runs, 5> runs;
    std::vector<Peer> peers;
    peers.push_back({"iceoryx posh", make_iceoryx_request_reply()});
    peers.push_back({"UCX shared memory", make_ucx_request_reply()});
    peers.push_back({"libfabric shared memory", make_libfabric_request_reply()});
    for (int run = 0; run < kRuns; ++run) {
        runs[0].push_back(over_eventfds());
        runs[1].push_back(over_figcom(false));
        runs[2].push_back(over_socket());
        runs[3].push_back(over_figcom(true));
        runs[4].push_back(over_figcom_polled());
        for (Peer& peer : peers) {
            peer.runs.push_back(peer.made.peer ? over_peer(*peer.made.peer) : 1);
        }
    }
    rows.push_back(
        row("64 B blocking round trip, asleep each time", "ns", runs[1], "eventfd ping-pong", runs[0], {1.15, 1.05}));
    rows.push_back(row("64 B round trip, spinning a learned while", "ns", runs[3], "eventfd ping-pong", runs[0]));
    rows.push_back(row("64 B request and reply, a learned while of polling", "ns", runs[3],
                       "Unix-domain socket (SEQPACKET)", runs[2], {1.0, nullptr}));
    const auto sound = [](const Runs& side) { return std::ranges::min(side) > 0; };
    const std::string polled = "64 B request and reply, polled, untrusted";
    for (const Peer& peer : peers) {
        if (!peer.made.peer) {
            rows.push_back(not_measured(polled, peer.name, peer.made.why, peer.made.absent));
        } else if (!sound(peer.runs)) {
            rows.push_back(not_measured(polled, peer.name, "the peer failed meanwhile"));
        } else {
            rows.push_back(row(polled, "ns", runs[4], peer.name, peer.runs, {1.0, nullptr}));
        }
    }
    return std::ranges::all_of(runs, sound);
}

} // namespace zeta::bench
