// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/figcom/stepper.hpp"

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace zeta::bench {

namespace {

bool is_prefix(std::uint8_t byte) noexcept {
    switch (byte) {
    case 0x66: // operand and address size, segments, repeats
    case 0x67:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x26:
    case 0x64:
    case 0x65:
    case 0xf2:
    case 0xf3:
        return true;
    default:
        return byte >= 0x40 && byte <= 0x4f; // REX
    }
}

// The child is a fork of this process and maps the same code at the same addresses.
std::optional<Executed> follow(pid_t child, const volatile bool& counting) {
    Executed executed;
    for (;;) {
        int status = 0;
        if (::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0 || ::waitpid(child, &status, 0) != child) {
            return std::nullopt;
        }
        if (WIFEXITED(status)) {
            return WEXITSTATUS(status) == 0 ? std::optional{executed} : std::nullopt;
        }
        if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
            return std::nullopt;
        }
        if (counting) {
            user_regs_struct registers{};
            if (::ptrace(PTRACE_GETREGS, child, nullptr, &registers) != 0) {
                return std::nullopt;
            }
            ++executed.instructions;
            executed.fences += is_fence(reinterpret_cast<const std::uint8_t*>(registers.rip)) ? 1 : 0;
        }
    }
}

} // namespace

bool is_fence(const std::uint8_t* code) noexcept {
    bool locked = false;
    while (*code == 0xf0 || is_prefix(*code)) {
        locked = locked || *code == 0xf0;
        ++code;
    }
    const bool exchange = (code[0] == 0x86 || code[0] == 0x87) && (code[1] >> 6) != 3; // with memory
    const bool mfence = code[0] == 0x0f && code[1] == 0xae && code[2] >= 0xf0 && code[2] <= 0xf7;
    return locked || exchange || mfence;
}

std::optional<Executed> step_through(const std::function<bool()>& work) {
    void* const shared = ::mmap(nullptr, sizeof(bool), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return std::nullopt;
    }
    auto& counting = *static_cast<volatile bool*>(shared);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0 || ::kill(::getpid(), SIGSTOP) != 0) {
            ::_exit(1);
        }
        counting = true;
        const bool good = work();
        counting = false;
        ::_exit(good ? 0 : 1);
    }
    int status = 0;
    std::optional<Executed> executed;
    if (child > 0 && ::waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        executed = follow(child, counting);
        if (!executed && ::kill(child, SIGKILL) == 0) {
            ::waitpid(child, &status, 0);
        }
    }
    ::munmap(shared, sizeof(bool));
    return executed;
}

} // namespace zeta::bench
