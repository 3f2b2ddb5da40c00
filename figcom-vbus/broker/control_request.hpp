// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A line of the broker's control socket as a checked request, and answers as lines. Layer 1.

#include "figcom-vbus/broker/broker.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace zeta::figcom {

inline constexpr std::size_t kRequestBytesMax = 4096;
inline constexpr std::uint64_t kPingCountMax = 1'000'000'000;
inline constexpr std::uint32_t kPingPayloadBytesMax = 16384;
inline constexpr std::uint32_t kPingWindowMax = 32;
inline constexpr double kPingTimeoutSecondsMax = 86400;

struct ListEndpoints {};
struct ListChannels {};
struct ListCounters {};
struct ListJobs {};
struct ListPolicy {};
struct ListPeers {};
struct ReloadPolicy {};
struct RevokeChannel {
    std::uint64_t channel{0};
};
using ControlRequest = std::variant<ListEndpoints, ListChannels, ListCounters, ListJobs, ListPolicy, ListPeers,
                                    ReloadPolicy, RevokeChannel, PingRequest>;

/// Reads one line: a JSON object with `op` and that operation's keys, no others.
/// Errors: kInvalidArgument; `why` then says what is wrong in one line.
[[nodiscard]] Result<ControlRequest> parse_request(std::string_view line, std::string& why);

[[nodiscard]] std::string endpoints_line(const std::vector<EndpointInfo>& endpoints);
[[nodiscard]] std::string channels_line(const std::vector<ChannelInfo>& channels);
/// `round`: of the question that was asked last; `now`: for the age of each end's figures.
[[nodiscard]] std::string counters_line(const std::vector<ChannelInfo>& channels, std::uint64_t round,
                                        EventLoop::Clock::time_point now);
[[nodiscard]] std::string jobs_line(const std::vector<JobInfo>& jobs);
[[nodiscard]] std::string policy_line(const Policy& policy);
[[nodiscard]] std::string peers_line(const std::vector<PeerInfo>& peers);
[[nodiscard]] std::string reload_line(const PolicyReload& reload);
[[nodiscard]] std::string revoke_line(std::size_t revoked);
/// {"event":"progress"|"report",…}: docs/reference/figcom-broker.md.
[[nodiscard]] std::string ping_line(const figcom_ping& ping);
[[nodiscard]] std::string error_line(std::string_view code, std::string_view text);

} // namespace zeta::figcom
