// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the broker tells of the channels, as rows: one for each end. Rates come from two samples. Layer 1.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zeta::figtop {

/// Per second, between two samples of the same end.
struct Rates {
    double sent{0};
    double sent_bytes{0};
    double received{0};
    double received_bytes{0};
    double wake_ups{0};
};

/// What one end has told of itself.
struct Figures {
    std::uint64_t round{0};
    std::uint64_t age_ms{0};
    std::uint64_t at_ns{0}; ///< the end's own boot clock
    std::uint64_t sent{0};
    std::uint64_t sent_bytes{0};
    std::uint64_t received{0};
    std::uint64_t received_bytes{0};
    std::uint64_t in_flight{0};
    std::uint64_t credits{0};
    std::uint64_t queued{0};
    std::uint64_t no_credit{0};
    std::uint64_t dropped{0};
    std::uint64_t lost{0};
    std::uint64_t corrupt{0};
    std::uint64_t wake_ups{0};
};

struct End {
    std::string channel; ///< 16 hexadecimal digits
    std::string guest;
    std::string peer;
    std::string service;
    std::string state;
    std::uint64_t epoch{0};
    bool opened{false};             ///< this end asked for the channel
    std::optional<Figures> figures; ///< nothing where the guest has told none
    std::optional<Rates> rates;     ///< nothing in a first sample
};

struct Ping {
    std::string source;
    std::string target;
    std::string state;
    std::uint64_t delivered{0};
    std::uint64_t p50_ns{0};
    std::uint64_t p99_ns{0};
    std::uint64_t max_ns{0};
};

struct Sample {
    std::uint64_t round{0};
    std::vector<End> ends;
    std::vector<Ping> pings;

    /// Whether each end of each channel that is up has answered the question `round` or a later one.
    [[nodiscard]] bool complete(std::uint64_t wanted) const noexcept;
};

/// The answer to {"op":"counters"}. Nothing where it is not one; `why` then has the broker's own words, or says so.
[[nodiscard]] std::optional<Sample> read_counters(std::string_view line, std::string& why);
/// Adds the answer to {"op":"jobs"}. False where it is not one.
[[nodiscard]] bool read_pings(std::string_view line, Sample& sample);

/// Fills in the rates of the ends that `before` has, too.
void compare(const Sample& before, Sample& now);

/// What the rows are sorted by; the largest first but for kGuest.
enum class Sort : std::uint8_t { kGuest, kMessages, kBytes, kInFlight, kLosses, kWakeUps };
[[nodiscard]] std::optional<Sort> sort_of(std::string_view name) noexcept;
[[nodiscard]] std::string_view name(Sort sort) noexcept;

/// Keeps the ends of `guest` (empty: all) and sorts them.
void arrange(Sample& sample, std::string_view guest, Sort sort);

/// One line; docs/reference/figtop.md has its keys.
[[nodiscard]] std::string to_json(const Sample& sample);
/// A heading and a line for each end, then the pings; each at most `columns` wide.
[[nodiscard]] std::vector<std::string> to_table(const Sample& sample, std::size_t columns);

} // namespace zeta::figtop
