// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Allocations, system calls and fences of a message, counted and not estimated: operator new is ours
// here, a seccomp filter turns every system call of the counted stretch into a signal, and fences are
// counted among the instructions that are really executed.
#include "tests/bench/figcom/measure.hpp"
#include "tests/bench/figcom/stepper.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
std::uint64_t allocations = 0;
volatile std::sig_atomic_t system_calls = 0;
void count_call(int /*signal*/) { system_calls = system_calls + 1; }
} // namespace

void* operator new(std::size_t length) {
    ++allocations;
    if (void* const memory = std::malloc(length == 0 ? 1 : length)) {
        return memory;
    }
    std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*length*/) noexcept { std::free(memory); }

namespace zeta::bench {

namespace {

using namespace figcom;

constexpr std::uint64_t kMessages = 100'000;

struct Counts {
    std::uint64_t allocations;
    std::uint64_t system_calls;
    std::uint64_t taken;
};

// From here on only the return from our handler and the end of the process reach the kernel.
bool trap_system_calls() {
    std::array<sock_filter, 5> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{.len = program.size(), .filter = program.data()};
    struct sigaction action{};
    action.sa_handler = &count_call;
    return ::sigaction(SIGSYS, &action, nullptr) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// One thread is both sides: how the two meet does not matter here.
[[noreturn]] void count(Counts& counts, std::uint64_t features, std::size_t length) {
    Ends ends = connect({.slot_count = 64, .slab_bytes = {65536}, .features = features, .epoch = 11, .channel_id = 2});
    std::array<std::byte, 4096> payload{};
    std::array<std::byte, 4096> taken{};
    if (!trap_system_calls()) {
        ::_exit(1);
    }
    ::syscall(SYS_getpid); // the trap itself is looked at: exactly this one must be counted
    const bool traps = system_calls == 1;
    system_calls = 0;
    const std::uint64_t before = allocations;
    for (std::uint64_t i = 0; i < kMessages; ++i) {
        Received received;
        const bool sent = ends.a.try_send({.timestamp_ns = i}, std::span{payload}.first(length)) == SendStatus::kSent;
        const bool got = ends.b.try_receive(received, taken) == ReceiveStatus::kReceived;
        counts.taken += sent && got && received.head.timestamp_ns == i && received.length == length ? 1 : 0;
    }
    counts.allocations = allocations - before;
    counts.system_calls = static_cast<std::uint64_t>(system_calls);
    ::_exit(traps ? 0 : 1); // without destructors: they may call what they like
}

// In a process of its own, because the filter cannot be taken off again.
bool count_apart(std::vector<Row>& rows, const char* what, std::uint64_t features, std::size_t length) {
    void* const shared = ::mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return false;
    }
    auto* const counts = static_cast<Counts*>(shared);
    const pid_t child = ::fork();
    if (child == 0) {
        count(*counts, features, length);
    }
    int status = 0;
    const bool ended = child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status);
    const std::string name{what};
    if (ended && WEXITSTATUS(status) == 0 && counts->taken == kMessages) {
        const auto each = [](std::uint64_t n) { return static_cast<double>(n) / static_cast<double>(kMessages); };
        rows.push_back(absolute("allocations a message, " + name, "1", each(counts->allocations), 0));
        rows.push_back(absolute("system calls a message, " + name, "1", each(counts->system_calls), 0));
    } else {
        rows.push_back(
            not_measured("allocations and system calls a message, " + name, "", "seccomp is not allowed here"));
    }
    const bool lost = ended && WEXITSTATUS(status) == 0 && counts->taken != kMessages;
    ::munmap(shared, sizeof(Counts));
    return !lost;
}

// What the design says: with a peer that polls none at all. With one that may sleep, the publication of the
// slot is one, and so is the credit, which is told once for each quarter of the ring's slots. `send` and
// `take` are one message or batch of `messages`.
bool count_fences(std::vector<Row>& rows, const std::string& what, std::uint64_t messages, double limit,
                  const std::function<bool()>& send, const std::function<bool()>& take) {
    constexpr std::uint64_t kTimes = 256; // four turns of the ring
    const auto executed = step_through([&] {
        bool good = true;
        for (std::uint64_t i = 0; i < kTimes && good; ++i) {
            good = send() && take();
        }
        return good;
    });
    if (!executed) {
        rows.push_back(not_measured("fences a message, " + what, "", "the processor's trap flag does not work here"));
        return true;
    }
    const auto each = [&](std::uint64_t n) { return static_cast<double>(n) / static_cast<double>(kTimes * messages); };
    rows.push_back(absolute("fences a message, " + what, "1", each(executed->fences), limit));
    Row instructions = absolute("instructions a message, both sides, " + what, "1", each(executed->instructions), 0);
    instructions["limit"] = nullptr;
    rows.push_back(instructions);
    return true;
}

bool count_all_fences(std::vector<Row>& rows) {
    constexpr std::uint64_t kSlots = 64;
    const RegionSpec spec{.slot_count = kSlots, .slab_bytes = {65536}, .epoch = 11, .channel_id = 2};
    RegionSpec polled_spec = spec;
    polled_spec.features = FIGCOM_FEATURE_POLLED;
    Ends polled = connect(polled_spec);
    Ends sleepy = connect(spec);
    auto trusted = connect<Trust::kTrusted>(polled_spec);
    std::array<std::byte, 4096> payload{};
    std::array<std::byte, 4096> taken{};
    const auto send = [&](Channel& channel, std::size_t length) {
        return channel.try_send({.type = 1}, std::span{payload}.first(length)) == SendStatus::kSent;
    };
    const auto take = [&](Channel& channel) {
        Received received;
        return channel.try_receive(received, taken) == ReceiveStatus::kReceived;
    };
    const auto look = [&] {
        MessageView view;
        const bool there = trusted.b.try_peek(view) == ReceiveStatus::kReceived;
        trusted.b.release();
        return there;
    };
    const auto send_32 = [&](Channel& channel) {
        std::size_t sent = 0;
        return channel.try_send_many({.type = 1}, std::span{payload}.first(512), 16, sent) == SendStatus::kSent;
    };
    const auto take_32 = [&](Channel& channel) {
        ReceivedMany received;
        return channel.try_receive_many(received, taken) == ReceiveStatus::kReceived && received.count == 32;
    };
    constexpr double kCredit = 4.0 / kSlots;
    return count_fences(
               rows, "64 B, polled, trusted", 1, 0, [&] { return send(trusted.a, 64); }, look) &&
           count_fences(
               rows, "64 B, polled, untrusted", 1, 0, [&] { return send(polled.a, 64); },
               [&] { return take(polled.b); }) &&
           count_fences(
               rows, "64 B, peer may sleep", 1, 1 + kCredit, [&] { return send(sleepy.a, 64); },
               [&] { return take(sleepy.b); }) &&
           count_fences(
               rows, "4096 B through the slab, peer may sleep", 1, 2, [&] { return send(sleepy.a, 4096); },
               [&] { return take(sleepy.b); }) &&
           count_fences(
               rows, "16 B in batches of 32, peer may sleep", 32, 2.0 / 32, [&] { return send_32(sleepy.a); },
               [&] { return take_32(sleepy.b); });
}

} // namespace

bool count_hot_path(std::vector<Row>& rows) {
    return count_all_fences(rows) && count_apart(rows, "64 B, polled", FIGCOM_FEATURE_POLLED, 64) &&
           count_apart(rows, "64 B, peer may sleep", 0, 64) &&
           count_apart(rows, "4096 B through the slab", FIGCOM_FEATURE_POLLED, 4096);
}

} // namespace zeta::bench
