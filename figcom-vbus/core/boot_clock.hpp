// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The clock that epochs are made of. Layer 1.

#include <cstdint>
#include <ctime>

namespace zeta::figcom {

/// Nanoseconds since this kernel's start, sleep included: goes on over restarts of ours.
[[nodiscard]] inline std::uint64_t boot_time_ns() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(now.tv_nsec);
}

/// The epoch of a new control channel: never the same twice in the life of a kernel, never 0.
[[nodiscard]] inline std::uint64_t fresh_epoch() noexcept { return boot_time_ns() + 1; }

} // namespace zeta::figcom
