// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/figcom/stepper.hpp"

#include <ucontext.h>

#include <csignal>
#include <tuple>

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

// Shared with the handler, which runs in the same thread between two instructions.
volatile bool wanted = false;   // the trap flag is to be set
volatile bool counting = false; // the work itself runs
volatile std::uint64_t instructions = 0;
volatile std::uint64_t fences = 0;

// Each return to code with the trap flag set executes one instruction and comes back here (Intel SDM volume 3,
// chapter on debugging). The registers show the instruction that comes next.
void step(int /*signal*/, siginfo_t* /*about*/, void* context) {
    constexpr greg_t kTrapFlag = 0x100;
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    if (wanted) {
        registers[REG_EFL] |= kTrapFlag;
    } else {
        registers[REG_EFL] &= ~kTrapFlag;
    }
    if (counting) {
        instructions = instructions + 1;
        fences = fences + (is_fence(reinterpret_cast<const std::uint8_t*>(registers[REG_RIP])) ? 1 : 0);
    }
}

std::optional<Executed> run(const std::function<bool()>& work) {
    instructions = 0;
    fences = 0;
    wanted = true;
    std::ignore = ::raise(SIGTRAP); // its handler sets the flag
    counting = true;
    const bool good = work();
    counting = false;
    wanted = false;
    return good ? std::optional{Executed{.instructions = instructions, .fences = fences}} : std::nullopt;
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
    struct sigaction action{};
    struct sigaction before{};
    action.sa_sigaction = &step;
    action.sa_flags = SA_SIGINFO;
    if (::sigaction(SIGTRAP, &action, &before) != 0) {
        return std::nullopt;
    }
    int word = 0;
    const auto one = run([&] {
        std::ignore = __atomic_exchange_n(&word, 1, __ATOMIC_SEQ_CST);
        return true;
    });
    auto executed = one && one->fences == 1 ? run(work) : std::nullopt;
    ::sigaction(SIGTRAP, &before, nullptr);
    return executed;
}

} // namespace zeta::bench
