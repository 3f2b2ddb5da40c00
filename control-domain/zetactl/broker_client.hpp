// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The broker's control socket: one question and one answer, or a ping followed to its end over
// the broker's own restarts. Layer 3; the noun figcom calls it.

#include "hypervisor/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace zeta::ctl {

/// What a ping asks for, checked by the broker.
struct PingOptions {
    std::string source;
    std::string target;
    std::uint64_t count{1000};
    std::uint32_t payload_bytes{64};
    std::uint32_t window{1};
    std::chrono::duration<double> timeout{};
};

/// How following a ping ended.
struct PingOutcome {
    nlohmann::ordered_json report;    ///< the final report; null where there is none
    std::string error;                ///< then: one line
    std::uint64_t broker_restarts{0}; ///< how often the broker went away in between
    bool unreachable{false};          ///< no broker answered at all
};

/// Runs a ping and follows it. `progress` sees each intermediate report.
/// Blocks: until the report, or a little longer than the timeout.
[[nodiscard]] PingOutcome follow_ping(const std::string& socket_path, const PingOptions& options,
                                      const std::function<void(const nlohmann::ordered_json&)>& progress);

} // namespace zeta::ctl
