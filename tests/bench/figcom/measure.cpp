// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/figcom/measure.hpp"

#include "figcom-vbus/carrier/local/local_carrier.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <format>
#include <fstream>
#include <thread>

namespace zeta::bench {

namespace {

double percentile(Runs values, double share) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

std::string first_line(const char* path) {
    std::ifstream file{path};
    std::string line;
    std::getline(file, line);
    return line.empty() ? "?" : line;
}

// The processor, how its threads share cores and cache, which of them the two sides were pinned to, and what
// else it had to do.
std::string describe_machine() {
    double load = 0;
    std::ignore = ::getloadavg(&load, 1);
    std::ifstream info{"/proc/cpuinfo"};
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("model name")) {
            return line.substr(line.find(':') + 2) + ", " + std::to_string(std::thread::hardware_concurrency()) +
                   std::format(" threads; sides on 0 and 1; core of 0: threads {}; its last cache: threads {}; "
                               "load average at the start {:.1f}",
                               first_line("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list"),
                               first_line("/sys/devices/system/cpu/cpu0/cache/index3/shared_cpu_list"), load);
        }
    }
    return "unknown";
}

const std::string& machine() {
    static const std::string text = describe_machine();
    return text;
}

} // namespace

void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

template <figcom::Trust kTrust>
EndsOf<kTrust> connect(const figcom::RegionSpec& spec) {
    using namespace figcom;
    static LocalCarrier carrier;
    constexpr Bytes kRegionMax{1U << 30U};
    const PeerId self{static_cast<std::uint32_t>(::getpid())};
    auto bell = carrier.listen(self).value();
    const std::uint64_t port = bell->port();
    auto a = Channel::prepare(carrier, self, std::move(bell), spec).value();
    auto b = Channel::prepare(carrier, self, carrier.connect(self, port).value(), spec).value();
    auto a_sees = carrier.map(self, b.memory->reference(), kRegionMax).value();
    auto b_sees = carrier.map(self, a.memory->reference(), kRegionMax).value();
    return {Channel::complete(std::move(a), std::move(a_sees)).value(),
            BasicChannel<kTrust>::complete(std::move(b), std::move(b_sees)).value()};
}
template EndsOf<figcom::Trust::kUntrusted> connect<figcom::Trust::kUntrusted>(const figcom::RegionSpec&);
template EndsOf<figcom::Trust::kTrusted> connect<figcom::Trust::kTrusted>(const figcom::RegionSpec&);

double time_threads(std::uint64_t messages, const std::function<void()>& first, const std::function<void()>& second) {
    const auto start = std::chrono::steady_clock::now();
    std::thread other{[&] {
        pin(0);
        first();
    }};
    pin(1);
    second();
    const auto end = std::chrono::steady_clock::now();
    other.join();
    return std::chrono::duration<double, std::nano>(end - start).count() / static_cast<double>(messages);
}

Row row(const std::string& metric, const std::string& unit, const Runs& ours, const std::string& peer,
        const Runs& theirs, const Bounds& bounds) {
    const double value = percentile(ours, 0.5);
    const double against = percentile(theirs, 0.5);
    return {{"bench", "figcom"},
            {"metric", metric},
            {"value", value},
            {"unit", unit},
            {"peer", peer},
            {"peer_value", against},
            {"ratio", value / against},
            {"must", bounds.must},
            {"aim", bounds.aim},
            {"minimum", percentile(ours, 0)},
            {"p10", percentile(ours, 0.1)},
            {"p90", percentile(ours, 0.9)},
            {"peer_minimum", percentile(theirs, 0)},
            {"peer_p90", percentile(theirs, 0.9)},
            {"ratio_of_minima", percentile(ours, 0) / percentile(theirs, 0)},
            {"runs", ours.size()},
            {"spread", (percentile(ours, 1) - percentile(ours, 0)) / value},
            {"machine", machine()}};
}

Row alone(const std::string& metric, const std::string& unit, const Runs& ours) {
    Row made = row(metric, unit, ours, "", ours);
    for (const char* field : {"peer", "peer_value", "ratio", "peer_minimum", "peer_p90", "ratio_of_minima"}) {
        made[field] = nullptr;
    }
    return made;
}

Row absolute(const std::string& metric, const std::string& unit, double value, double limit) {
    return {{"bench", "figcom"},   {"metric", metric},      {"value", value},   {"unit", unit},
            {"peer", nullptr},     {"peer_value", nullptr}, {"ratio", nullptr}, {"must", nullptr},
            {"aim", nullptr},      {"limit", limit},        {"runs", 1},        {"spread", 0},
            {"machine", machine()}};
}

Row not_measured(const std::string& metric, const std::string& peer, const std::string& why, bool absent) {
    return {{"bench", "figcom"},     {"metric", metric},     {"value", nullptr}, {"unit", "ns"},    {"peer", peer},
            {"peer_value", nullptr}, {"ratio", nullptr},     {"must", nullptr},  {"aim", nullptr},  {"runs", 0},
            {"spread", nullptr},     {"machine", machine()}, {"why", why},       {"absent", absent}};
}

} // namespace zeta::bench
