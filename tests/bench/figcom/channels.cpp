// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// What a message costs a receiver that has many channels in one event loop and few of them active, and
// what memory a channel takes that nobody uses. One thread is both sides: sent, woken, received, in turn,
// so that nothing but the number of channels differs between the rows.
#include "figcom-vbus/core/channel_shapes.hpp"
#include "figcom-vbus/core/link.hpp"
#include "tests/bench/figcom/measure.hpp"

#include <sys/resource.h>

#include <array>
#include <fstream>
#include <memory>

namespace zeta::bench {

namespace {

using namespace figcom;

constexpr int kRuns = 15;
constexpr std::size_t kActive = 10;
constexpr std::array<std::size_t, 3> kOpen{10, 100, 1000};
constexpr std::uint64_t kRounds = 200;   // of one message on each active channel
constexpr rlim_t kDescriptorsOfOne = 12; // pipes, regions, epoll and pidfd, both sides

// Proportional set size of this process: a page that is mapped twice counts once.
double own_kib() {
    std::ifstream file{"/proc/self/smaps_rollup"};
    for (std::string word; file >> word;) {
        if (word == "Pss:") {
            double kib = 0;
            file >> kib;
            return kib;
        }
    }
    return 0;
}

bool allow_descriptors(rlim_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < wanted) {
        return false;
    }
    limit.rlim_cur = std::max(limit.rlim_cur, wanted);
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

class Crowd {
public:
    // As the agents and the broker open them.
    void grow_to(std::size_t count) {
        while (senders_.size() < count) {
            Ends ends = connect(
                spec_of(default_shape(), Side::kAsker,
                        {.channel_id = senders_.size() + 1, .epoch = 11, .own_endpoint = 1, .peer_endpoint = 2}));
            senders_.push_back(std::make_unique<Channel>(std::move(ends.a)));
            links_.push_back(std::make_unique<Link>(
                loop_, std::move(ends.b), Link::Options{},
                [this](const MessageHead& head, std::span<const std::byte> payload) {
                    good_ += payload.size() == 64 && head.timestamp_ns == round_ ? 1 : 0;
                },
                [] {}));
        }
        std::ignore = loop_.turn(std::chrono::milliseconds{0}); // each link looks once, then waits to be woken
    }
    // Nanoseconds a message; -1 if one went wrong.
    double run() {
        const std::array<std::byte, 64> payload{};
        good_ = 0;
        const auto start = std::chrono::steady_clock::now();
        for (round_ = 0; round_ < kRounds; ++round_) {
            // The active ones lie apart, so that they are not simply the first.
            for (std::size_t k = 0; k < kActive; ++k) {
                std::ignore = senders_[k * senders_.size() / kActive]->try_send({.timestamp_ns = round_}, payload);
            }
            for (int turns = 0; good_ < (round_ + 1) * kActive && turns < 100; ++turns) {
                std::ignore = loop_.turn(std::chrono::milliseconds{100});
            }
        }
        const auto end = std::chrono::steady_clock::now();
        constexpr std::uint64_t kSent = kRounds * kActive;
        return good_ == kSent ? std::chrono::duration<double, std::nano>(end - start).count() / kSent : -1;
    }

private:
    EventLoop loop_;
    std::vector<std::unique_ptr<Channel>> senders_;
    std::vector<std::unique_ptr<Link>> links_;
    std::uint64_t round_{0};
    std::uint64_t good_{0};
};

} // namespace

bool measure_many_channels(std::vector<Row>& rows) {
    if (!allow_descriptors((10 + 100 + 1000) * kDescriptorsOfOne + 256)) {
        rows.push_back(not_measured("64 B, 10 active channels of 1000", "", "too few descriptors are allowed here"));
        return true;
    }
    // One crowd for each number, all alive at once, so that their runs can be interleaved.
    std::array<Crowd, kOpen.size()> crowds;
    for (std::size_t i = 0; i + 1 < kOpen.size(); ++i) {
        crowds[i].grow_to(kOpen[i]);
    }
    crowds.back().grow_to(kActive);
    const double before = own_kib();
    crowds.back().grow_to(kOpen.back());
    const double idle = (own_kib() - before) / static_cast<double>(kOpen.back() - kActive);
    std::array<Runs, kOpen.size()> runs;
    for (int run = 0; run < kRuns; ++run) {
        for (std::size_t i = 0; i < kOpen.size(); ++i) {
            runs[i].push_back(crowds[i].run());
        }
    }
    for (std::size_t i = 1; i < kOpen.size(); ++i) {
        rows.push_back(row("64 B through an event loop, 10 active of " + std::to_string(kOpen[i]) + " channels", "ns",
                           runs[i], "the same with 10 channels", runs[0], {1.2, 1.05}));
    }
    rows.push_back(absolute("memory of an idle channel, both sides", "KiB", idle, 64));
    return std::ranges::all_of(runs, [](const Runs& side) { return std::ranges::min(side) > 0; });
}

} // namespace zeta::bench
