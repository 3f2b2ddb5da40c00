// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Replicas are processes, and all but one of them are killed at random moments of the stream. What was
// acknowledged is held by the survivor: each record once, in order, whole.
#include "figcom-vbus/carrier/local/local_carrier.hpp"
#include "figcom-vbus/core/redundant.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

using namespace zeta::figcom;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kReplicas = 3;
constexpr std::uint64_t kRecords = 600;
constexpr std::size_t kRecordBytes = 200;
constexpr std::uint64_t kStream = 9;

/// What one replica holds, in memory that outlives it.
struct Held {
    std::uint64_t last;
    std::uint64_t faults;
};

std::vector<std::byte> record_of(std::uint64_t number) {
    return {number % kRecordBytes, static_cast<std::byte>(number * 13)};
}
RegionSpec spec() { return {.slot_count = 32, .slab_bytes = {8192}, .epoch = 11, .channel_id = 2}; }
PeerId id_of(pid_t pid) { return PeerId{static_cast<std::uint32_t>(pid)}; }

struct Introduction { // what the two processes must tell each other; a pipe carries it
    std::uint64_t reference;
    std::uint64_t port;
};
template <typename T>
bool tell(int fd, const T& what) {
    return ::write(fd, &what, sizeof what) == static_cast<ssize_t>(sizeof what);
}
template <typename T>
bool hear(int fd, T& what) {
    return ::read(fd, &what, sizeof what) == static_cast<ssize_t>(sizeof what);
}

[[noreturn]] void run_replica(pid_t writer, int from_writer, int to_writer, Held& held) {
    LocalCarrier carrier;
    Introduction theirs{};
    if (!hear(from_writer, theirs)) {
        ::_exit(1);
    }
    auto half =
        Channel::prepare(carrier, id_of(writer), carrier.connect(id_of(writer), theirs.port).value(), spec()).value();
    auto seen = carrier.map(id_of(writer), theirs.reference, zeta::Bytes{1U << 20U}).value();
    if (!tell(to_writer, Introduction{half.memory->reference(), 0})) {
        ::_exit(1);
    }
    RedundantReader reader{{.stream = kStream, .held = 0, .record_bytes_max = kRecordBytes},
                           [&](std::uint64_t sequence, std::span<const std::byte> record) {
                               const bool good =
                                   sequence == held.last + 1 && std::ranges::equal(record, record_of(sequence));
                               held.faults += good ? 0 : 1;
                               held.last = sequence;
                           }};
    if (!reader.add_channel(Channel::complete(std::move(half), std::move(seen)).value())) {
        ::_exit(1);
    }
    while (reader.wait(Clock::now() + std::chrono::seconds{60})) {
        std::ignore = reader.pump();
    }
    ::_exit(0);
}

/// Starts a replica and adds it to the writer.
pid_t add_replica(RedundantWriter& writer, Held& held) {
    int down[2];
    int up[2];
    REQUIRE(::pipe(down) == 0);
    REQUIRE(::pipe(up) == 0);
    const pid_t self = ::getpid();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        run_replica(self, down[0], up[1], held);
    }
    LocalCarrier carrier;
    auto bell = carrier.listen(id_of(child)).value();
    const std::uint64_t port = bell->port();
    auto half = Channel::prepare(carrier, id_of(child), std::move(bell), spec()).value();
    REQUIRE(tell(down[1], Introduction{half.memory->reference(), port}));
    Introduction theirs{};
    REQUIRE(hear(up[0], theirs));
    auto seen = carrier.map(id_of(child), theirs.reference, zeta::Bytes{1U << 20U}).value();
    REQUIRE(writer.add_replica(Channel::complete(std::move(half), std::move(seen)).value()));
    for (const int fd : {down[0], down[1], up[0], up[1]}) {
        ::close(fd);
    }
    return child;
}

} // namespace

TEST_CASE("what was acknowledged outlives the sudden death of all replicas but one") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    for (int round = 0; round < 12; ++round) {
        void* shared =
            ::mmap(nullptr, kReplicas * sizeof(Held), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        REQUIRE(shared != MAP_FAILED);
        auto* const held = static_cast<Held*>(shared);
        auto writer =
            RedundantWriter::create(
                {.stream = kStream, .replicas_needed = 1, .log_records = 64, .record_bytes_max = kRecordBytes})
                .value();
        std::array<pid_t, kReplicas> pids{};
        for (std::size_t i = 0; i < kReplicas; ++i) {
            pids[i] = add_replica(writer, held[i]);
        }
        std::ranges::shuffle(pids, random); // the last one survives
        std::array<std::uint64_t, kReplicas - 1> deaths{};
        for (auto& death : deaths) {
            death = 1 + random() % kRecords;
        }
        const auto deadline = Clock::now() + std::chrono::seconds{60};
        for (std::uint64_t number = 1; number <= kRecords; ++number) {
            for (std::size_t i = 0; i < deaths.size(); ++i) {
                if (deaths[i] == number) {
                    REQUIRE(::kill(pids[i], SIGKILL) == 0);
                }
            }
            auto appended = writer.append(record_of(number));
            while (!appended && appended.error().code == zeta::ErrorCode::kResourceExhausted) {
                REQUIRE(writer.wait(writer.acknowledged() + 1, deadline));
                appended = writer.append(record_of(number));
            }
            REQUIRE(appended.value() == number);
        }
        REQUIRE(writer.wait(kRecords, deadline));
        CHECK(writer.counters().liars == 0);
        for (std::size_t i = 0; i + 1 < kReplicas; ++i) {
            ::waitpid(pids[i], nullptr, 0);
        }
        std::size_t holders = 0;
        for (std::size_t i = 0; i < kReplicas; ++i) {
            CHECK(held[i].faults == 0);
            holders += held[i].last == kRecords ? 1 : 0;
        }
        CHECK(holders >= 1);
        ::kill(pids.back(), SIGKILL);
        ::waitpid(pids.back(), nullptr, 0);
        CHECK(writer.wait(kRecords + 1, deadline).error().code == zeta::ErrorCode::kUnavailable);
        ::munmap(shared, kReplicas * sizeof(Held));
    }
}
