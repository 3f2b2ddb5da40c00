// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long it pays to poll before sleeping, learned from how it went. Layer 1.

#include <algorithm>
#include <cstdint>

namespace zeta::figcom {

/// Rounds of polling. Doubles when polling caught a message, halves when it was in vain, so that
/// an idle channel, or one whose peer needs our processor to answer, soon costs next to nothing.
class SpinBudget {
public:
    static constexpr std::uint32_t kRoundsMin = 4;
    static constexpr std::uint32_t kRoundsMax = 4096;

    [[nodiscard]] std::uint32_t rounds() const noexcept { return rounds_; }
    void caught() noexcept { rounds_ = std::min(kRoundsMax, rounds_ * 2); }
    void missed() noexcept { rounds_ = std::max(kRoundsMin, rounds_ / 2); }

    static void pause() noexcept {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }

private:
    std::uint32_t rounds_{256};
};

} // namespace zeta::figcom
