// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// zeta-domain-bench: one side of the measurement between two domains. Started by the guest's init; told by
// data/bench/part ("server DOMID" or "client DOMID") what it is. The client writes its figures to
// data/bench/result, as JSON; a failure goes to data/bench/error on either side.
#include "tests/bench/domains/bus.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <format>
#include <string>
#include <vector>

namespace zeta::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRuns = 9;
constexpr auto kNotePatience = std::chrono::minutes{5};
constexpr int kLookAgainMs = 1000;

/// One thing that is measured, in the same way over every bus.
struct Measure {
    const char* name;
    std::size_t bytes;
    std::uint64_t count; ///< messages there, and as many answers where `answered`
    bool answered;
    Waiting waiting;
};
constexpr std::array kMeasures{
    Measure{"round trip 64 B, polled", 64, 3000, true, Waiting::kPolled},
    Measure{"round trip 64 B, asleep each time", 64, 500, true, Waiting::kAsleep},
    Measure{"one way 1 KiB, polled", 1024, 4000, false, Waiting::kPolled},
};

struct Sample {
    double ns{0};     ///< per message or round trip
    double ioctls{0}; ///< of this side, per message or round trip
};

Result<void> lost(const char* what) { return fail(ErrorCode::kClosed, what); }

// The other side of `run_client`.
Result<void> run_server(Bus& bus, const Measure& measure, Sample& sample) {
    std::vector<std::byte> message(measure.bytes);
    const std::uint64_t before = ioctl_count();
    for (std::uint64_t i = 0; i < measure.count; ++i) {
        if (!bus.receive(message, measure.waiting) || (measure.answered && !bus.send(message, measure.waiting))) {
            return lost("take and answer messages");
        }
    }
    sample.ioctls = static_cast<double>(ioctl_count() - before) / static_cast<double>(measure.count);
    return {};
}

Result<void> run_client(Bus& bus, const Measure& measure, Sample& sample) {
    std::vector<std::byte> message(measure.bytes);
    const std::uint64_t before = ioctl_count();
    const auto begin = Clock::now();
    for (std::uint64_t i = 0; i < measure.count; ++i) {
        message[0] = static_cast<std::byte>(i);
        if (!bus.send(message, measure.waiting) || (measure.answered && !bus.receive(message, measure.waiting))) {
            return lost("send messages and take answers");
        }
        if (message[0] != static_cast<std::byte>(i)) {
            return fail(ErrorCode::kCorrupt, "compare an answer");
        }
    }
    const std::uint64_t ioctls = ioctl_count() - before;
    // One way: over when the last has arrived, which the answer of one byte says.
    std::array<std::byte, 1> done{};
    if (!measure.answered && !bus.receive(done, measure.waiting)) {
        return lost("wait for the end");
    }
    const std::chrono::duration<double, std::nano> taken = Clock::now() - begin;
    sample = {.ns = taken.count() / static_cast<double>(measure.count),
              .ioctls = static_cast<double>(ioctls) / static_cast<double>(measure.count)};
    return {};
}

// Both sides stand at the same place: the server says so, the client answers.
Result<void> meet(Bus& bus, bool server) {
    std::array<std::byte, 1> token{};
    const bool met = server ? bus.send(token, Waiting::kAsleep) && bus.receive(token, Waiting::kAsleep)
                            : bus.receive(token, Waiting::kAsleep) && bus.send(token, Waiting::kAsleep);
    return met ? Result<void>{} : lost("meet the other side");
}

Result<void> run_once(Bus& bus, const Part& part, const Measure& measure, Sample& sample) {
    ZETA_TRY(meet(bus, part.server));
    if (!part.server) {
        return run_client(bus, measure, sample);
    }
    ZETA_TRY(run_server(bus, measure, sample));
    const std::array<std::byte, 1> done{};
    if (!measure.answered && !bus.send(done, measure.waiting)) {
        return lost("say that all has arrived");
    }
    return {};
}

std::string as_json(std::string_view bus, const Measure& measure, const std::vector<Sample>& samples) {
    std::string ns;
    std::string ioctls;
    for (const Sample& sample : samples) {
        ns += std::format("{}{:.0f}", ns.empty() ? "" : ",", sample.ns);
        ioctls += std::format("{}{:.4f}", ioctls.empty() ? "" : ",", sample.ioctls);
    }
    return std::format(R"({{"bus":"{}","measure":"{}","ns":[{}],"ioctls":[{}]}})", bus, measure.name, ns, ioctls);
}

Result<Part> take_part(XenStore& store) {
    ZETA_TRY_ASSIGN(const std::string text, take_note(store, "part"));
    const std::size_t space = text.find(' ');
    Part part{.server = text.starts_with("server "), .peer = 0};
    const auto [end, error] = std::from_chars(text.data() + space + 1, text.data() + text.size(), part.peer);
    if (space == std::string::npos || error != std::errc{} || end != text.data() + text.size()) {
        return fail(ErrorCode::kInvalidArgument, "read data/bench/part: not «server DOMID» or «client DOMID»");
    }
    return part;
}

Result<void> measure_all(XenStore& store) {
    ZETA_TRY_ASSIGN(const Part part, take_part(store));
    ZETA_TRY_ASSIGN(const auto figcom, make_figcom_bus(part, store));
    ZETA_TRY_ASSIGN(const auto vchan, make_vchan_bus(part, store));
    std::string json;
    for (const Measure& measure : kMeasures) {
        std::array<std::vector<Sample>, 2> samples;
        for (int run = 0; run < kRuns; ++run) { // in turn: whatever disturbs the machine disturbs both
            ZETA_TRY(run_once(*figcom, part, measure, samples[0].emplace_back()));
            ZETA_TRY(run_once(*vchan, part, measure, samples[1].emplace_back()));
        }
        for (const auto& [bus, taken] : {std::pair{"figcom", &samples[0]}, std::pair{"libxenvchan", &samples[1]}}) {
            json += (json.empty() ? "[" : ",\n") + as_json(bus, measure, *taken);
        }
    }
    return store.write("data/bench/result", json + "]");
}

} // namespace

Result<std::string> take_note(XenStore& store, std::string_view name) {
    const std::string path = std::format("data/bench/{}-in", name);
    ZETA_TRY(store.watch(path, name));
    for (const auto deadline = Clock::now() + kNotePatience; Clock::now() < deadline;) {
        if (auto text = store.read(path); text && !text->empty()) {
            ZETA_TRY(store.remove(path));
            ZETA_TRY(store.unwatch(path, name));
            return *text;
        }
        // An event that came during the read above lies with the store already.
        pollfd changes{.fd = store.fd(), .events = POLLIN, .revents = 0};
        ZETA_TRY_ASSIGN(auto event, store.take_event());
        while (!event && ::poll(&changes, 1, kLookAgainMs) > 0) {
            ZETA_TRY_ASSIGN(event, store.take_event());
        }
    }
    return fail(ErrorCode::kTimeout, "wait for a note in data/bench");
}

} // namespace zeta::bench

int main() {
    auto store = zeta::XenStore::open();
    if (!store) {
        std::fprintf(stderr, "zeta-domain-bench: %s\n", zeta::describe(store.error()).c_str());
        return 1;
    }
    if (const zeta::Result<void> done = zeta::bench::measure_all(*store); !done) {
        const std::string why = zeta::describe(done.error());
        std::fprintf(stderr, "zeta-domain-bench: %s\n", why.c_str());
        std::ignore = store->write("data/bench/error", why);
        return 1;
    }
    return 0;
}
