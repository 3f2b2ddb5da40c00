// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the parts of the FIGCOM benchmark share: timing, rows, and a pair of channels in one process.

#include "figcom-vbus/core/channel.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace zeta::bench {

using Row = nlohmann::ordered_json;

/// Nanoseconds per message, one value for each run. A run that went wrong is negative.
using Runs = std::vector<double>;

struct Bounds {
    Row must = nullptr; ///< ratio; with braces it would be an array
    Row aim = nullptr;
};

void pin(int cpu);

/// Both ends of a channel over the local carrier. b trusts a, or not; a does not trust b.
template <figcom::Trust kTrust>
struct EndsOf {
    figcom::Channel a;
    figcom::BasicChannel<kTrust> b;
};
using Ends = EndsOf<figcom::Trust::kUntrusted>;
template <figcom::Trust kTrust = figcom::Trust::kUntrusted>
EndsOf<kTrust> connect(const figcom::RegionSpec& spec);

/// Runs `first` on a thread of its own on processor 0 and `second` here on processor 1; nanoseconds per message.
double time_threads(std::uint64_t messages, const std::function<void()>& first, const std::function<void()>& second);

/// Medians of both sides, and the spread, minimum, 10th and 90th percentile of ours.
Row row(const std::string& metric, const std::string& unit, const Runs& ours, const std::string& peer,
        const Runs& theirs, const Bounds& bounds = {});
/// A figure without a peer: median, minimum, spread.
Row alone(const std::string& metric, const std::string& unit, const Runs& ours);
/// A figure with an absolute bound.
Row absolute(const std::string& metric, const std::string& unit, double value, double limit);
/// `absent`: for want of the peer's library alone, which does not fail the run.
Row not_measured(const std::string& metric, const std::string& peer, const std::string& why, bool absent = false);

/// Each part runs its sides in turn and appends its rows. False: messages were lost or changed.
[[nodiscard]] bool measure_one_way(std::vector<Row>& rows);
[[nodiscard]] bool measure_round_trips(std::vector<Row>& rows);
[[nodiscard]] bool measure_large_payloads(std::vector<Row>& rows);
[[nodiscard]] bool measure_many_channels(std::vector<Row>& rows);
[[nodiscard]] bool count_hot_path(std::vector<Row>& rows);

} // namespace zeta::bench
