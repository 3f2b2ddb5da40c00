// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bytes of a ping's payload: different for each job, sequence number and direction, so that a
// stale, shifted or torn payload cannot pass for the right one. Layer 2.

#include <cstddef>
#include <cstdint>
#include <span>

namespace zeta::guest {

enum class PingDirection : std::uint8_t { kRequest = 1, kReply = 2 };

/// Word `index` of the pattern: the splitmix64 finaliser (Steele, Lea, Flood 2014) over its coordinates.
[[nodiscard]] constexpr std::uint64_t ping_word(std::uint64_t job, std::uint64_t sequence, PingDirection direction,
                                                std::uint64_t index) noexcept {
    std::uint64_t z = job + 0x9e3779b97f4a7c15ULL * (sequence * 2 + static_cast<std::uint64_t>(direction)) + index;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/// Fills `payload` with the pattern.
inline void fill_ping(std::span<std::byte> payload, std::uint64_t job, std::uint64_t sequence,
                      PingDirection direction) noexcept {
    for (std::size_t i = 0; i < payload.size(); ++i) {
        payload[i] = static_cast<std::byte>(ping_word(job, sequence, direction, i / 8) >> (i % 8 * 8));
    }
}

/// Whether `payload` is exactly the pattern.
[[nodiscard]] inline bool is_ping(std::span<const std::byte> payload, std::uint64_t job, std::uint64_t sequence,
                                  PingDirection direction) noexcept {
    for (std::size_t i = 0; i < payload.size(); ++i) {
        if (payload[i] != static_cast<std::byte>(ping_word(job, sequence, direction, i / 8) >> (i % 8 * 8))) {
            return false;
        }
    }
    return true;
}

} // namespace zeta::guest
