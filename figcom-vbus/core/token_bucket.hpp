// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// How often something may happen: a steady rate, and a burst on top of a pause. No clock of its own and no
// timer. Layer 1; Channel holds back a peer that rings too often, decision 0052.

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace zeta::figcom {

class TokenBucket {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// No limit.
    TokenBucket() = default;
    /// `per_s` tokens a second, at most `burst` of them saved up (0 counts as 1). 0 per second: no limit.
    TokenBucket(std::uint32_t per_s, std::uint32_t burst) noexcept
        : interval_{per_s == 0 ? 0 : std::max<std::int64_t>(1'000'000'000 / per_s, 1)},
          slack_{interval_ * std::max<std::int64_t>(std::int64_t{burst} - 1, 0)} {}

    /// Takes a token. False: there is none, and nothing changed.
    [[nodiscard]] bool take(Time now) noexcept {
        if (until_next(now).count() > 0) {
            return false;
        }
        full_ = std::max(full_, now) + interval_;
        return true;
    }
    /// 0 or less: there is a token now.
    [[nodiscard]] std::chrono::nanoseconds until_next(Time now) const noexcept {
        return interval_.count() == 0 ? std::chrono::nanoseconds{0} : full_ - now - slack_;
    }

private:
    std::chrono::nanoseconds interval_{0}; // between two tokens
    std::chrono::nanoseconds slack_{0};    // what the burst may run ahead
    Time full_{};                          // when the bucket will be full again
};

} // namespace zeta::figcom
