// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/broker/control_request.hpp"

#include "figcom-vbus/core/latency_histogram.hpp"

#include <charconv>
#include <format>
#include <initializer_list>
#include <nlohmann/json.hpp>

namespace zeta::figcom {

namespace {

using Json = nlohmann::ordered_json;

std::unexpected<Error> bad(std::string& why, std::string reason) {
    why = std::move(reason);
    return fail(ErrorCode::kInvalidArgument, "read a request");
}

// Lines go to programs: what is not UTF-8 is replaced, never thrown over.
std::string to_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

bool only_keys(const Json& json, std::initializer_list<std::string_view> known, std::string& unknown) {
    for (const auto& [key, value] : json.items()) {
        if (std::ranges::find(known, key) == known.end()) {
            unknown = key.substr(0, 40);
            return false;
        }
    }
    return true;
}

bool read_number(const Json& json, const char* key, std::uint64_t min, std::uint64_t max, std::uint64_t& number) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_number_unsigned()) {
        return false;
    }
    number = found->get<std::uint64_t>();
    return number >= min && number <= max;
}

bool read_text_name(const Json& json, const char* key, std::string& text) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) {
        return false;
    }
    text = found->get<std::string>();
    return is_name(text);
}

// 16 hexadecimal digits, not all zero.
bool read_hex(const Json& json, const char* key, std::uint64_t& job) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) {
        return false;
    }
    const auto& text = found->get_ref<const std::string&>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), job, 16);
    return text.size() == 16 && error == std::errc{} && end == text.data() + text.size() && job != 0;
}

Result<ControlRequest> parse_ping(const Json& json, std::string& why) {
    PingRequest ping;
    std::string unknown;
    if (!only_keys(json, {"op", "job", "source", "target", "count", "size", "window", "timeout_s"}, unknown)) {
        return bad(why, std::format("unknown key \"{}\"", unknown));
    }
    if (!read_hex(json, "job", ping.job)) {
        return bad(why, "job: 16 hexadecimal digits, not all zero, are needed");
    }
    if (!read_text_name(json, "source", ping.source) || !read_text_name(json, "target", ping.target)) {
        return bad(why, "source and target: guest names are needed");
    }
    std::uint64_t bytes = 64;
    std::uint64_t window = 1;
    if (!read_number(json, "count", 1, kPingCountMax, ping.count)) {
        return bad(why, std::format("count: 1 to {} is possible", kPingCountMax));
    }
    if (json.contains("size") && !read_number(json, "size", 0, kPingPayloadBytesMax, bytes)) {
        return bad(why, std::format("size: 0 to {} bytes are possible", kPingPayloadBytesMax));
    }
    if (json.contains("window") && !read_number(json, "window", 1, kPingWindowMax, window)) {
        return bad(why, std::format("window: 1 to {} is possible", kPingWindowMax));
    }
    const auto timeout = json.find("timeout_s");
    if (timeout == json.end() || !timeout->is_number() || !(timeout->get<double>() > 0) ||
        timeout->get<double>() > kPingTimeoutSecondsMax) {
        return bad(why, std::format("timeout_s: more than 0, at most {}", kPingTimeoutSecondsMax));
    }
    ping.payload_bytes = static_cast<std::uint32_t>(bytes);
    ping.window = static_cast<std::uint32_t>(window);
    ping.timeout = std::chrono::nanoseconds{static_cast<std::int64_t>(timeout->get<double>() * 1e9)};
    return ping;
}

const char* state_name(std::uint32_t state) noexcept {
    switch (state) {
    case FIGCOM_PING_RUNNING:
        return "running";
    case FIGCOM_PING_WAITING:
        return "waiting";
    case FIGCOM_PING_DONE:
        return "done";
    case FIGCOM_PING_TIMED_OUT:
        return "timed-out";
    case FIGCOM_PING_REFUSED:
        return "refused";
    default:
        return "unknown";
    }
}

const char* kind_name(std::uint8_t kind) noexcept {
    return kind == FIGCOM_KIND_STATE ? "state" : kind == FIGCOM_KIND_REDUNDANT ? "redundant" : "stream";
}

const char* direction_name(std::uint8_t direction) noexcept {
    return direction == FIGCOM_TO_SERVICE ? "to-service" : direction == FIGCOM_FROM_SERVICE ? "from-service" : "both";
}

Json ping_object(const figcom_ping& ping) {
    const figcom_ping_totals& totals = ping.totals;
    const std::span<const std::uint32_t> histogram{static_cast<const std::uint32_t*>(totals.histogram),
                                                   FIGCOM_HISTOGRAM_BUCKETS};
    // A bucket's end can lie beyond the largest duration in it.
    const auto percentile = [&](std::uint32_t per_mille) {
        return std::min(latency_percentile(histogram, per_mille), totals.rtt_max_ns);
    };
    Json line = {
        {"job", std::format("{:016x}", ping.job)},
        {"state", state_name(ping.state)},
        {"count", ping.count},
        {"sent", totals.sent},
        {"delivered", totals.delivered},
        {"lost", totals.lost},
        {"unknown", totals.unknown},
        {"duplicated", totals.duplicated},
        {"out_of_order", totals.out_of_order},
        {"corrupt", totals.corrupt},
        {"bytes_verified", totals.bytes_verified},
        {"payload_bytes", ping.payload_bytes},
        {"window", ping.window},
        {"elapsed_ns", totals.elapsed_ns},
        {"rtt_ns",
         {{"p50", percentile(500)}, {"p99", percentile(990)}, {"p999", percentile(999)}, {"max", totals.rtt_max_ns}}},
        {"gaps",
         {{"count", totals.gap_count}, {"total_ns", totals.gap_total_ns}, {"longest_ns", totals.gap_longest_ns}}},
        {"peer_restarts", totals.peer_restarts},
        {"source_restarts", totals.source_restarts}};
    if (ping.state == FIGCOM_PING_REFUSED) {
        line["refused"] = name(static_cast<figcom_refusal>(ping.refusal));
    }
    return line;
}

Json end_object(const ChannelInfo::End& end, EventLoop::Clock::time_point now) {
    const figcom_counters& counters = end.counters;
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - end.heard);
    return {{"round", counters.round},
            {"age_ms", age.count()},
            {"at_ns", counters.at_ns},
            {"sent", counters.sent},
            {"sent_bytes", counters.sent_bytes},
            {"received", counters.received},
            {"received_bytes", counters.received_bytes},
            {"in_flight", counters.in_flight},
            {"credits", counters.credits},
            {"queued", counters.queued},
            {"no_credit", counters.no_credit},
            {"dropped", counters.dropped},
            {"lost", counters.lost},
            {"corrupt", counters.corrupt},
            {"wake_ups", counters.notifications}};
}

} // namespace

Result<ControlRequest> parse_request(std::string_view line, std::string& why) {
    if (line.size() > kRequestBytesMax) {
        return bad(why, std::format("longer than {} bytes", kRequestBytesMax));
    }
    // Deep nesting is refused before the parser recurses into it.
    const Json json =
        Json::parse(line, [](int depth, Json::parse_event_t /*event*/, Json& /*value*/) { return depth < 4; }, false);
    if (!json.is_object()) {
        return bad(why, "not a JSON object");
    }
    const auto op = json.find("op");
    if (op == json.end() || !op->is_string()) {
        return bad(why, "op: a string is needed");
    }
    const auto& verb = op->get_ref<const std::string&>();
    if (verb == "ping") {
        return parse_ping(json, why);
    }
    std::string unknown;
    if (verb == "revoke") {
        RevokeChannel revoke;
        if (!only_keys(json, {"op", "channel"}, unknown)) {
            return bad(why, std::format("unknown key \"{}\"", unknown));
        }
        if (!read_hex(json, "channel", revoke.channel)) {
            return bad(why, "channel: 16 hexadecimal digits, not all zero, are needed");
        }
        return revoke;
    }
    if (!only_keys(json, {"op"}, unknown)) {
        return bad(why, std::format("unknown key \"{}\"", unknown));
    }
    if (verb == "endpoints") {
        return ListEndpoints{};
    }
    if (verb == "channels") {
        return ListChannels{};
    }
    if (verb == "counters") {
        return ListCounters{};
    }
    if (verb == "jobs") {
        return ListJobs{};
    }
    if (verb == "policy") {
        return ListPolicy{};
    }
    if (verb == "peers") {
        return ListPeers{};
    }
    if (verb == "policy-reload") {
        return ReloadPolicy{};
    }
    return bad(why, "op: endpoints, channels, counters, jobs, peers, policy, policy-reload, revoke or ping");
}

std::string endpoints_line(const std::vector<EndpointInfo>& endpoints) {
    Json list = Json::array();
    for (const EndpointInfo& one : endpoints) {
        list.push_back({{"guest", one.guest},
                        {"service", one.service},
                        {"endpoint", one.number},
                        {"domain", one.peer.value},
                        {"epoch", one.epoch},
                        {"attached", one.attached}});
    }
    return to_line({{"endpoints", list}});
}

std::string channels_line(const std::vector<ChannelInfo>& channels) {
    Json list = Json::array();
    for (const ChannelInfo& one : channels) {
        list.push_back({{"channel", std::format("{:016x}", one.id)},
                        {"from", one.from},
                        {"to", one.to},
                        {"service", one.service},
                        {"epoch", one.epoch},
                        {"state", name(one.state)},
                        {"kind", kind_name(one.shape.kind)},
                        {"direction", direction_name(one.shape.direction)},
                        {"priorities", one.shape.priority_count},
                        {"bytes", region_bytes_of(one.shape, Side::kAsker).value +
                                      region_bytes_of(one.shape, Side::kServer).value}});
    }
    return to_line({{"channels", list}});
}

std::string counters_line(const std::vector<ChannelInfo>& channels, std::uint64_t round,
                          EventLoop::Clock::time_point now) {
    Json list = Json::array();
    for (const ChannelInfo& one : channels) {
        Json ends = Json::array();
        for (const std::optional<ChannelInfo::End>& end : one.ends) {
            ends.push_back(end ? end_object(*end, now) : Json(nullptr));
        }
        list.push_back({{"channel", std::format("{:016x}", one.id)},
                        {"from", one.from},
                        {"to", one.to},
                        {"service", one.service},
                        {"epoch", one.epoch},
                        {"state", name(one.state)},
                        {"from_end", ends[0]},
                        {"to_end", ends[1]}});
    }
    return to_line({{"round", round}, {"counters", list}});
}

std::string policy_line(const Policy& policy) {
    Json list = Json::array();
    for (const PolicyRule& rule : policy.rules()) {
        Json kinds = Json::array();
        for (const std::uint8_t kind : {FIGCOM_KIND_STREAM, FIGCOM_KIND_STATE, FIGCOM_KIND_REDUNDANT}) {
            if ((1U << kind & rule.kinds) != 0) {
                kinds.push_back(kind_name(kind));
            }
        }
        list.push_back({{"from", rule.from},
                        {"to", rule.to},
                        {"service", rule.service},
                        {"direction", direction_name(rule.directions)},
                        {"kinds", kinds},
                        {"priorities", rule.priorities},
                        {"channel-bytes", rule.channel_bytes},
                        {"message-bytes", rule.message_bytes},
                        {"notifications-per-s", rule.notifications_per_s},
                        {"notification-burst", rule.notification_burst}});
    }
    return to_line({{"default", "deny"}, {"allow", list}});
}

std::string peers_line(const std::vector<PeerInfo>& peers) {
    Json list = Json::array();
    for (const PeerInfo& one : peers) {
        list.push_back({{"guest", one.guest},
                        {"domain", one.peer.value},
                        {"channels", one.used.channels},
                        {"channels_max", one.quota.channels},
                        {"setups", one.used.setups},
                        {"setups_max", one.quota.setups},
                        {"memory_bytes", one.used.memory_bytes},
                        {"memory_bytes_max", one.quota.memory_bytes}});
    }
    return to_line({{"peers", list}});
}

std::string reload_line(const PolicyReload& reload) {
    return to_line({{"reloaded", true}, {"rules", reload.rules}, {"revoked", reload.revoked}});
}

std::string revoke_line(std::size_t revoked) { return to_line({{"revoked", revoked}}); }

std::string jobs_line(const std::vector<JobInfo>& jobs) {
    Json list = Json::array();
    for (const JobInfo& one : jobs) {
        Json job = {{"source", one.source}, {"target", one.target}};
        job.update(ping_object(one.ping));
        list.push_back(std::move(job));
    }
    return to_line({{"jobs", list}});
}

std::string ping_line(const figcom_ping& ping) {
    Json line = {{"event", ping.state >= FIGCOM_PING_DONE ? "report" : "progress"}};
    line.update(ping_object(ping));
    return to_line(line);
}

std::string error_line(std::string_view code, std::string_view text) {
    return to_line({{"error", {{"code", code}, {"text", text}}}});
}

} // namespace zeta::figcom
