// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long it pays to poll before sleeping, learned from how it went. Layer 1.

#include <algorithm>
#include <cstdint>

namespace zeta::figcom {

/// Rounds of polling. Doubles when polling caught a message, halves when it was in vain, so that
/// an idle channel, or one whose peer needs our processor to answer, soon costs next to nothing.
/// Two sides that both sleep would never find out that polling pays again, because each waits for the
/// other's waking: so every 64th time that it was in vain, the next try is a long one.
class SpinBudget {
public:
    static constexpr std::uint32_t kRoundsMin = 4;
    static constexpr std::uint32_t kRoundsMax = 4096;
    static constexpr std::uint32_t kMissesPerTrial = 64;

    [[nodiscard]] std::uint32_t rounds() const noexcept { return rounds_; }
    void caught() noexcept {
        trial_ = false;
        rounds_ = std::min(kRoundsMax, rounds_ * 2);
    }
    void missed() noexcept {
        rounds_ = trial_ ? kRoundsMin : std::max(kRoundsMin, rounds_ / 2);
        trial_ = ++misses_ % kMissesPerTrial == 0;
        if (trial_) {
            rounds_ = kRoundsMax;
        }
    }

    static void pause() noexcept {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }

private:
    std::uint32_t rounds_{256};
    std::uint32_t misses_{0};
    bool trial_{false};
};

} // namespace zeta::figcom
