// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Durations counted in buckets whose width is 1/32 of their size or less, from 256 ns to 68 s.
// The array travels in messages (wire/control.h), so that a report survives its reporter. Layer 1.

#include "figcom-vbus/wire/control.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

namespace zeta::figcom {

inline constexpr std::uint32_t kBucketsPerOctave = 32;
inline constexpr std::uint32_t kFirstOctave = 8; // 256 ns; shorter ones count there

/// The bucket of a duration; the last one takes everything longer.
[[nodiscard]] constexpr std::uint32_t latency_bucket(std::uint64_t duration_ns) noexcept {
    const std::uint64_t value = std::max<std::uint64_t>(duration_ns, 1U << kFirstOctave);
    const auto octave = static_cast<std::uint32_t>(std::bit_width(value)) - 1;
    const auto within = static_cast<std::uint32_t>((value >> (octave - 5)) & (kBucketsPerOctave - 1));
    return std::min<std::uint32_t>((octave - kFirstOctave) * kBucketsPerOctave + within, FIGCOM_HISTOGRAM_BUCKETS - 1);
}

/// The largest duration that falls into a bucket (the last one has no such end: its start is given).
[[nodiscard]] constexpr std::uint64_t latency_bucket_end(std::uint32_t bucket) noexcept {
    const std::uint32_t octave = bucket / kBucketsPerOctave + kFirstOctave;
    const std::uint64_t width = std::uint64_t{1} << (octave - 5);
    return (std::uint64_t{1} << octave) + (bucket % kBucketsPerOctave + 1) * width - 1;
}

/// The duration that `per_mille` of the counted ones do not exceed, rounded up to its bucket's end;
/// 0 where nothing was counted.
[[nodiscard]] constexpr std::uint64_t latency_percentile(std::span<const std::uint32_t> buckets,
                                                         std::uint32_t per_mille) noexcept {
    std::uint64_t total = 0;
    for (const std::uint32_t count : buckets) {
        total += count;
    }
    const std::uint64_t rank = (total * per_mille + 999) / 1000;
    std::uint64_t seen = 0;
    for (std::uint32_t bucket = 0; bucket < buckets.size(); ++bucket) {
        seen += buckets[bucket];
        if (seen >= rank && total != 0) {
            return latency_bucket_end(bucket);
        }
    }
    return 0;
}

} // namespace zeta::figcom
