// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// The real broker and real processes: a thousand set-ups at once, the broker killed under live channels,
// revocation against a peer that resists, and what the death of a program leaves behind. Figures are printed as
// JSON; nothing is asserted about them.
#include "figcom-vbus/core/boot_clock.hpp"

#include "tests/support/figcom/broker_process.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

using namespace zeta::figcom;
using namespace zeta::figcom::support;
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char* kPolicy = "[[allow]]\nfrom='*'\nto='*'\nservice='*'\n"
                                "[quota]\nchannels=2048\nsetups=2048\nmemory='1GiB'\n";

void figure(const char* metric, double value, const char* unit, std::size_t runs) {
    std::printf("%s\n",
                Json{{"bench", "figcom-broker"}, {"metric", metric}, {"value", value}, {"unit", unit}, {"runs", runs}}
                    .dump()
                    .c_str());
}
double milliseconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

// Answers each message of each channel until its peer is gone; then takes the next channel.
void serve_one_by_one(BusClient& bus) {
    while (auto opened = bus.accept(soon())) {
        while (const auto value = hear(opened->channel)) {
            if (!say(opened->channel, *value + 1)) {
                break;
            }
        }
        const std::uint64_t id = opened->id;
        opened = std::unexpected(zeta::make_error(zeta::ErrorCode::kClosed, "the next one"));
        bus.closed(id);
    }
}

std::size_t open_files(pid_t pid) {
    const std::filesystem::directory_iterator files{std::format("/proc/{}/fd", pid)};
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}
// Regions that a process has open or mapped.
std::size_t regions(pid_t pid) {
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator{std::format("/proc/{}/fd", pid)}) {
        std::error_code gone;
        count += std::filesystem::read_symlink(file, gone).string().contains("memfd:figcom") ? 1 : 0;
    }
    std::ifstream maps{std::format("/proc/{}/maps", pid)};
    for (std::string line; std::getline(maps, line);) {
        count += line.contains("memfd:figcom") ? 1 : 0;
    }
    return count;
}

// The other side may have let go first: then the channel is over before we hear why.
bool learns_of_revocation(BusClient& bus, std::uint64_t id) {
    const auto deadline = soon();
    while (!bus.revoked(id) && Clock::now() < deadline) {
        pollfd waiting{.fd = bus.fd(), .events = POLLIN, .revents = 0};
        std::ignore = ::poll(&waiting, 1, 100);
        bus.attend();
    }
    return bus.revoked(id);
}

// From the operator's request until the honest side holds nothing of its peer any more.
std::uint64_t time_revocation(const BrokerProcess& broker, BusClient& bus, BusClient::Opened& opened, bool sleeps) {
    REQUIRE(hear(opened.channel));
    std::atomic<std::uint64_t> asked{0};
    std::thread control{[&] {
        asked = boot_time_ns();
        std::ignore = broker.ask({{"op", "revoke"}, {"channel", channel_text(opened.id)}});
    }};
    std::array<std::byte, 128> buffer{};
    Received received;
    while (!bus.revoked(opened.id)) {
        if (opened.channel.try_receive(received, buffer) != ReceiveStatus::kReceived && sleeps) {
            std::ignore = opened.channel.wait(soon());
        }
        bus.attend_if_news();
    }
    const std::uint64_t gone = boot_time_ns();
    control.join();
    REQUIRE(opened.channel.try_receive(received, buffer) == ReceiveStatus::kEmpty);
    REQUIRE(opened.channel.peer_closed());
    return gone - asked;
}

} // namespace

TEST_CASE("a thousand channels are set up in one go, and each of them works") {
    constexpr std::size_t kServers = 4;
    constexpr std::size_t kChannels = 1000;
    constexpr rlim_t kFilesNeeded = kChannels * 7 + 256; // a doorbell is six descriptors on the asking side
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    if (files.rlim_max < kFilesNeeded) {
        SKIP("at most " << files.rlim_max << " descriptors are possible here, " << kFilesNeeded << " are needed");
    }
    files.rlim_cur = std::max(files.rlim_cur, kFilesNeeded);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
    const BrokerProcess broker{kPolicy};
    std::vector<Child> servers;
    for (std::size_t i = 0; i < kServers; ++i) {
        servers.push_back(broker.program("server-" + std::to_string(i), {"echo"}, [](BusClient& bus) {
            std::vector<BusClient::Opened> channels;
            while (channels.size() < kChannels / kServers) {
                channels.push_back(bus.accept(soon()).value());
            }
            for (auto& one : channels) {
                if (!say(one.channel, hear(one.channel).value() + one.id)) {
                    ::_exit(1);
                }
            }
            for (auto& one : channels) {
                std::ignore = hear(one.channel); // until the other side closes
            }
        }));
    }
    const Program client{broker.directory, "client"};
    std::vector<BusClient::Wanted> wanted;
    for (std::size_t i = 0; i < kChannels; ++i) {
        wanted.push_back({.guest = "server-" + std::to_string(i % kServers), .service = "echo"});
    }
    const std::uint64_t begin = boot_time_ns();
    auto opened = client.bus->open_all(wanted, soon());
    const std::uint64_t end = boot_time_ns();
    REQUIRE(std::ranges::all_of(opened, [](const auto& one) { return one.has_value(); }));
    for (std::size_t i = 0; i < kChannels; ++i) {
        REQUIRE(say(opened[i]->channel, i));
    }
    for (std::size_t i = 0; i < kChannels; ++i) {
        REQUIRE(hear(opened[i]->channel) == i + opened[i]->id);
    }
    broker.await({{"op", "channels"}}, [](const Json& reply) {
        return reply["channels"].size() == kChannels &&
               std::ranges::all_of(reply["channels"], [](const Json& one) { return one["state"] == "up"; });
    });
    figure("set-up of 1000 channels at once", milliseconds(end - begin), "ms", 1);
}

TEST_CASE("a broker that is killed disturbs nothing, and its successor knows and rules all") {
    BrokerProcess broker{kPolicy};
    const Child server = broker.program("server", {"echo"}, serve_one_by_one);
    const Child other = broker.program("other", {"echo"}, serve_one_by_one);
    const Program client{broker.directory, "client"};
    auto live = client.bus->open("server", "echo", soon());
    REQUIRE(live);
    const auto exchange = [&](std::uint64_t value) {
        return say(live->channel, value) && hear(live->channel) == value + 1;
    };
    for (std::uint64_t round = 0; round < 5; ++round) {
        REQUIRE(exchange(round));
        broker.kill();
        for (std::uint64_t value = 0; value < 200; ++value) {
            REQUIRE(exchange(value)); // nobody is there, and nobody is needed
        }
        broker.start();
        auto fresh = client.bus->open("other", "echo", soon());
        while (!fresh && fresh.error().code == zeta::ErrorCode::kUnavailable) { // noticed only now
            fresh = client.bus->open("other", "echo", soon());
        }
        REQUIRE(fresh);
        REQUIRE(say(fresh->channel, 1));
        REQUIRE(hear(fresh->channel) == 2);
        broker.await({{"op", "channels"}}, [&](const Json& reply) {
            return std::ranges::any_of(reply["channels"], [&](const Json& one) {
                return one["channel"] == channel_text(live->id) && one["from"] == "client" && one["to"] == "server";
            });
        });
        REQUIRE(exchange(7));
        const std::uint64_t id = fresh->id;
        fresh = std::unexpected(zeta::make_error(zeta::ErrorCode::kClosed, "enough"));
        client.bus->closed(id);
    }
    CHECK(broker.ask({{"op", "revoke"}, {"channel", channel_text(live->id)}})["revoked"] == 1);
    CHECK(!hear(live->channel));
    CHECK(learns_of_revocation(*client.bus, live->id));
    CHECK(say(live->channel, 1).error().code == zeta::ErrorCode::kClosed);
}

TEST_CASE("a channel is revoked whatever its hostile side does") {
    constexpr std::size_t kRounds = 25;
    const BrokerProcess broker{kPolicy};
    const Program honest{broker.directory, "honest", {"sink"}};
    for (const bool flooded : {false, true}) {
        const Child hostile = broker.program("hostile", {}, [&](BusClient& bus) {
            const std::vector<BusClient::Wanted> wanted(kRounds, {.guest = "honest", .service = "sink"});
            auto channels = bus.open_all(wanted, soon());
            for (auto& one : channels) { // from here on it hears no broker, and lets go of nothing
                one->channel.set_guard(nullptr);
                std::ignore = one->channel.try_send({.timestamp_ns = 1}, {});
            }
            while (true) {
                for (std::size_t i = 0; flooded && i < channels.size(); ++i) {
                    std::ignore = channels[i]->channel.try_send({.timestamp_ns = 1}, {});
                }
                if (!flooded) {
                    ::pause();
                }
            }
        });
        std::vector<std::uint64_t> took;
        for (std::size_t round = 0; round < kRounds; ++round) {
            auto opened = honest.bus->accept(soon());
            REQUIRE(opened);
            took.push_back(time_revocation(broker, *honest.bus, *opened, !flooded));
        }
        std::ranges::sort(took);
        const std::string how = flooded ? ", while the hostile side floods" : ", while the honest side sleeps";
        figure(("revocation, median" + how).c_str(), milliseconds(took[kRounds / 2]), "ms", kRounds);
        figure(("revocation, longest" + how).c_str(), milliseconds(took.back()), "ms", kRounds);
    }
}

TEST_CASE("a reload revokes what the new policy forbids, SIGHUP does as well, and a broken file does nothing") {
    BrokerProcess broker{kPolicy};
    const Child server = broker.program("server", {"echo"}, serve_one_by_one);
    const Child other = broker.program("other", {"echo"}, serve_one_by_one);
    const Program client{broker.directory, "client"};
    auto kept = client.bus->open("server", "echo", soon());
    auto lost = client.bus->open("other", "echo", soon());
    REQUIRE(kept);
    REQUIRE(lost);
    broker.write_policy("[[allow]]\nfrom='client'\nto = 'server' 'x'\n");
    const Json broken = broker.ask({{"op", "policy-reload"}});
    CHECK(broken["error"]["code"] == "invalid-argument");
    CHECK(broken["error"]["text"].get<std::string>().contains("line 3"));
    REQUIRE(say(lost->channel, 1));
    CHECK(hear(lost->channel) == 2);
    broker.write_policy("[[allow]]\nfrom='client'\nto='server'\nservice='echo'\n");
    SECTION("asked for") {
        const Json reply = broker.ask({{"op", "policy-reload"}});
        CHECK(reply["revoked"] == 1);
        CHECK(reply["rules"] == 1);
    }
    SECTION("by signal") { REQUIRE(::kill(broker.pid(), SIGHUP) == 0); }
    CHECK(!hear(lost->channel));
    CHECK(learns_of_revocation(*client.bus, lost->id));
    CHECK(client.bus->open("other", "echo", soon()).error().code == zeta::ErrorCode::kPermissionDenied);
    REQUIRE(say(kept->channel, 1));
    CHECK(hear(kept->channel) == 2);
}

TEST_CASE("the death of a program is told to its peers and leaves nothing behind") {
    constexpr int kRounds = 20;
    const BrokerProcess broker{kPolicy};
    const Program survivor{broker.directory, "survivor", {"sink"}};
    std::size_t files_here = 0;
    std::size_t files_there = 0;
    std::size_t regions_here = 0;
    std::size_t regions_there = 0;
    for (int round = 0; round < kRounds; ++round) {
        Child victim = broker.program("victim", {}, [](BusClient& bus) {
            const std::vector<BusClient::Wanted> wanted(3, {.guest = "survivor", .service = "sink"});
            auto opened = bus.open_all(wanted, soon());
            for (auto& one : opened) {
                std::ignore = say(one->channel, 5);
            }
            std::ignore = hear(opened[0]->channel); // nothing comes; it is killed here
        });
        std::vector<BusClient::Opened> channels;
        for (int i = 0; i < 3; ++i) {
            channels.push_back(survivor.bus->accept(soon()).value());
            REQUIRE(hear(channels.back().channel) == 5);
        }
        victim.kill();
        for (auto& one : channels) {
            CHECK(!hear(one.channel));
            CHECK(!survivor.bus->revoked(one.id));
        }
        for (auto& one : channels) {
            survivor.bus->closed(one.id);
        }
        channels.clear();
        broker.await({{"op", "peers"}}, [](const Json& reply) {
            return reply["peers"].size() == 1 && reply["peers"][0]["channels"] == 0;
        });
        if (round == 0) { // what the first round needed once and for all is there now
            files_here = open_files(::getpid());
            files_there = open_files(broker.pid());
            regions_here = regions(::getpid());
            regions_there = regions(broker.pid());
        }
    }
    CHECK(open_files(::getpid()) == files_here);
    CHECK(open_files(broker.pid()) == files_there);
    CHECK(regions(::getpid()) == regions_here);
    CHECK(regions(broker.pid()) == regions_there);
}
