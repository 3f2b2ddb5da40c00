// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// 64-byte messages one way, polled, from one thread to another: FIGCOM's ring against a bare
// single-producer single-consumer ring written for this purpose.
// The sides of each ratio run in turn; medians are reported.
#include "figcom-vbus/carrier/local/local_carrier.hpp"
#include "figcom-vbus/core/channel.hpp"
#include "tests/bench/figcom/bare_ring.hpp"

#include <nlohmann/json.hpp>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace zeta::figcom;
using Clock = std::chrono::steady_clock;

constexpr int kRuns = 11;
constexpr std::uint64_t kMessages = 2'000'000;
constexpr std::uint32_t kSlots = 1024;

using Payload = std::array<std::byte, 64>;

void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    ::sched_setaffinity(0, sizeof set, &set);
}

// Nanoseconds a message, from the first send to the last receive.
double time_one_way(const std::function<void()>& send, const std::function<void()>& receive) {
    std::thread sender;
    const auto start = Clock::now();
    sender = std::thread{[&] {
        pin(0);
        send();
    }};
    pin(1);
    receive();
    const auto end = Clock::now();
    sender.join();
    return std::chrono::duration<double, std::nano>(end - start).count() / static_cast<double>(kMessages);
}

struct Ends {
    Channel a;
    Channel b;
};

Ends connect(std::uint64_t features) {
    static LocalCarrier carrier;
    const PeerId self{static_cast<std::uint32_t>(::getpid())};
    const RegionSpec spec{.slot_count = kSlots, .features = features, .epoch = 11, .channel_id = 2};
    auto bell = carrier.listen(self).value();
    const std::uint64_t port = bell->port();
    auto a = Channel::prepare(carrier, self, std::move(bell), spec).value();
    auto b = Channel::prepare(carrier, self, carrier.connect(self, port).value(), spec).value();
    auto a_sees = carrier.map(self, b.memory->reference(), zeta::Bytes{1U << 24U}).value();
    auto b_sees = carrier.map(self, a.memory->reference(), zeta::Bytes{1U << 24U}).value();
    return {Channel::complete(std::move(a), std::move(a_sees)).value(),
            Channel::complete(std::move(b), std::move(b_sees)).value()};
}

double figcom_one_way(std::uint64_t features) {
    Ends ends = connect(features);
    std::uint64_t sum = 0;
    const double ns = time_one_way(
        [&] {
            Payload payload{};
            for (std::uint64_t i = 0; i < kMessages; ++i) {
                std::memcpy(payload.data(), &i, sizeof i);
                while (ends.a.try_send({.type = 1}, payload) != SendStatus::kSent) {
                    SpinBudget::pause();
                }
            }
        },
        [&] {
            Payload payload{};
            Received received;
            for (std::uint64_t i = 0; i < kMessages;) {
                if (ends.b.try_receive(received, payload) == ReceiveStatus::kReceived) {
                    std::uint64_t number = 0;
                    std::memcpy(&number, payload.data(), sizeof number);
                    sum += number;
                    ++i;
                } else {
                    SpinBudget::pause();
                }
            }
        });
    return sum == kMessages * (kMessages - 1) / 2 ? ns : -1;
}

double bare_one_way() {
    auto ring = std::make_unique<zeta::bench::BareRing<Payload, kSlots>>();
    std::uint64_t sum = 0;
    const double ns = time_one_way(
        [&] {
            Payload payload{};
            for (std::uint64_t i = 0; i < kMessages; ++i) {
                std::memcpy(payload.data(), &i, sizeof i);
                while (!ring->try_push(payload)) {
                    SpinBudget::pause();
                }
            }
        },
        [&] {
            Payload payload{};
            for (std::uint64_t i = 0; i < kMessages;) {
                if (ring->try_pop(payload)) {
                    std::uint64_t number = 0;
                    std::memcpy(&number, payload.data(), sizeof number);
                    sum += number;
                    ++i;
                } else {
                    SpinBudget::pause();
                }
            }
        });
    return sum == kMessages * (kMessages - 1) / 2 ? ns : -1;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

std::string machine() {
    std::ifstream info{"/proc/cpuinfo"};
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("model name")) {
            return line.substr(line.find(':') + 2) + ", " + std::to_string(std::thread::hardware_concurrency()) +
                   " threads";
        }
    }
    return "unknown";
}

nlohmann::ordered_json row(const char* metric, const std::vector<double>& ours, const std::vector<double>& peer,
                           const char* peer_name, const nlohmann::ordered_json& must,
                           const nlohmann::ordered_json& aim) {
    const double value = median(ours);
    const double against = median(peer);
    return {{"bench", "figcom"},
            {"metric", metric},
            {"value", value},
            {"unit", "ns"},
            {"peer", peer_name},
            {"peer_value", against},
            {"ratio", value / against},
            {"must", must},
            {"aim", aim},
            {"runs", ours.size()},
            {"spread", (*std::ranges::max_element(ours) - *std::ranges::min_element(ours)) / value},
            {"machine", machine()}};
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 2 || (argc == 2 && std::strcmp(argv[1], "--json") != 0)) {
        std::fprintf(stderr, "usage: %s [--json]\n", argv[0]);
        return 2;
    }
    if (std::thread::hardware_concurrency() < 2) {
        std::puts(R"([{"bench":"figcom","metric":"all","value":null,"why":"needs two processors"}])");
        return 0;
    }
    std::vector<double> bare;
    std::vector<double> polled;
    std::vector<double> sleepy;
    for (int run = 0; run < kRuns; ++run) {
        bare.push_back(bare_one_way());
        polled.push_back(figcom_one_way(FIGCOM_FEATURE_POLLED));
        sleepy.push_back(figcom_one_way(0));
    }
    if (std::ranges::min(bare) < 0 || std::ranges::min(polled) < 0 || std::ranges::min(sleepy) < 0) {
        std::fprintf(stderr, "figcom-bench: messages were lost or changed\n");
        return 1;
    }
    const nlohmann::ordered_json rows{
        row("64 B one way, polled", polled, bare, "bare SPSC ring", 1.3, 1.1),
        row("64 B one way, peer may sleep", sleepy, bare, "bare SPSC ring", nullptr, nullptr)};
    std::puts(rows.dump(2).c_str());
    return 0;
}
