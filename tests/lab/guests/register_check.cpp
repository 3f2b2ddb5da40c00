// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a program keeps its vector registers while other domains use theirs:
// the hypervisor switches them, and an emulated processor may lose them.
//
// usage: zeta-register-check SECONDS
// Prints "rounds N, lost M"; ends with 1 where M is not 0.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kRegisters = 16;
constexpr std::uint32_t kTurns = 200'000; // long enough for the hypervisor to switch domains within a round

using Vector = std::array<std::uint64_t, 2>;
using Registers = std::array<Vector, kRegisters>;

/// Loads all 16 vector registers, turns in place without touching them, and stores them again.
void hold(const Registers& before, Registers& after) {
    std::uint32_t turns = kTurns;
    asm volatile("movdqu 0(%[in]), %%xmm0\n\tmovdqu 16(%[in]), %%xmm1\n\tmovdqu 32(%[in]), %%xmm2\n\t"
                 "movdqu 48(%[in]), %%xmm3\n\tmovdqu 64(%[in]), %%xmm4\n\tmovdqu 80(%[in]), %%xmm5\n\t"
                 "movdqu 96(%[in]), %%xmm6\n\tmovdqu 112(%[in]), %%xmm7\n\tmovdqu 128(%[in]), %%xmm8\n\t"
                 "movdqu 144(%[in]), %%xmm9\n\tmovdqu 160(%[in]), %%xmm10\n\tmovdqu 176(%[in]), %%xmm11\n\t"
                 "movdqu 192(%[in]), %%xmm12\n\tmovdqu 208(%[in]), %%xmm13\n\tmovdqu 224(%[in]), %%xmm14\n\t"
                 "movdqu 240(%[in]), %%xmm15\n"
                 "1:\tdec %[turns]\n\tjnz 1b\n\t"
                 "movdqu %%xmm0, 0(%[out])\n\tmovdqu %%xmm1, 16(%[out])\n\tmovdqu %%xmm2, 32(%[out])\n\t"
                 "movdqu %%xmm3, 48(%[out])\n\tmovdqu %%xmm4, 64(%[out])\n\tmovdqu %%xmm5, 80(%[out])\n\t"
                 "movdqu %%xmm6, 96(%[out])\n\tmovdqu %%xmm7, 112(%[out])\n\tmovdqu %%xmm8, 128(%[out])\n\t"
                 "movdqu %%xmm9, 144(%[out])\n\tmovdqu %%xmm10, 160(%[out])\n\tmovdqu %%xmm11, 176(%[out])\n\t"
                 "movdqu %%xmm12, 192(%[out])\n\tmovdqu %%xmm13, 208(%[out])\n\tmovdqu %%xmm14, 224(%[out])\n\t"
                 "movdqu %%xmm15, 240(%[out])"
                 : [turns] "+r"(turns)
                 : [in] "r"(before.data()), [out] "r"(after.data())
                 : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                   "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

std::atomic<std::uint64_t> rounds;
std::atomic<std::uint64_t> lost;

void check_until(std::chrono::steady_clock::time_point end, std::uint64_t seed) {
    Registers before{};
    for (Vector& vector : before) {
        for (std::uint64_t& word : vector) {
            word = seed = seed * 6364136223846793005U + 1442695040888963407U; // Knuth's MMIX generator
        }
    }
    while (std::chrono::steady_clock::now() < end) {
        Registers after{};
        hold(before, after);
        ++rounds;
        lost += after == before ? 0U : 1U;
    }
}

} // namespace

int main(int argc, char** argv) {
    const int seconds = argc == 2 ? std::atoi(argv[1]) : 0;
    if (seconds <= 0) {
        std::fputs("usage: zeta-register-check SECONDS\n", stderr);
        return 2;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
            threads.emplace_back(check_until, end, i + 1);
        }
    }
    std::printf("rounds %llu, lost %llu\n", static_cast<unsigned long long>(rounds.load()),
                static_cast<unsigned long long>(lost.load()));
    return lost == 0 ? 0 : 1;
}
