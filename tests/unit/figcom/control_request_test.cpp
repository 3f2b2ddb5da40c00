// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/broker/control_request.hpp"

#include "figcom-vbus/core/latency_histogram.hpp"

#include <catch2/catch_test_macros.hpp>

#include <nlohmann/json.hpp>

using namespace zeta::figcom;
using nlohmann::json;

namespace {
json good() {
    return {{"op", "ping"},      {"job", "00000000000000ff"},
            {"source", "alpha"}, {"target", "beta"},
            {"count", 1000},     {"size", 64},
            {"window", 1},       {"timeout_s", 2.5}};
}
} // namespace

TEST_CASE("a ping request is read") {
    std::string why;
    const auto request = parse_request(good().dump(), why);
    REQUIRE(request);
    const auto& ping = std::get<PingRequest>(*request);
    CHECK(ping.job == 255);
    CHECK(ping.source == "alpha");
    CHECK(ping.target == "beta");
    CHECK(ping.count == 1000);
    CHECK(ping.timeout == std::chrono::milliseconds{2500});
}

TEST_CASE("the simple operations are read") {
    std::string why;
    CHECK(std::holds_alternative<ListEndpoints>(*parse_request(R"({"op":"endpoints"})", why)));
    CHECK(std::holds_alternative<ListChannels>(*parse_request(R"({"op":"channels"})", why)));
    CHECK(std::holds_alternative<ListJobs>(*parse_request(R"({"op":"jobs"})", why)));
    CHECK(std::holds_alternative<ListPolicy>(*parse_request(R"({"op":"policy"})", why)));
    CHECK(std::holds_alternative<ListPeers>(*parse_request(R"({"op":"peers"})", why)));
    CHECK(std::holds_alternative<ReloadPolicy>(*parse_request(R"({"op":"policy-reload"})", why)));
    const auto revoke = parse_request(R"({"op":"revoke","channel":"00000000000000fe"})", why);
    REQUIRE(revoke);
    CHECK(std::get<RevokeChannel>(*revoke).channel == 254);
}

TEST_CASE("counters are told for each end, and absent ones are null") {
    std::string why;
    CHECK(std::holds_alternative<ListCounters>(parse_request(R"({"op":"counters"})", why).value()));
    const auto now = EventLoop::Clock::now();
    ChannelInfo channel;
    channel.id = 0xab;
    channel.from = "alpha";
    channel.ends[1] = ChannelInfo::End{.counters = {}, .heard = now - std::chrono::milliseconds{40}};
    channel.ends[1]->counters.round = 6;
    channel.ends[1]->counters.sent_bytes = 1ULL << 40U;
    const json line = json::parse(counters_line({channel}, 7, now));
    CHECK(line["round"] == 7);
    CHECK(line["counters"][0]["channel"] == "00000000000000ab");
    CHECK(line["counters"][0]["from_end"].is_null());
    CHECK(line["counters"][0]["to_end"]["round"] == 6);
    CHECK(line["counters"][0]["to_end"]["age_ms"] == 40);
    CHECK(line["counters"][0]["to_end"]["sent_bytes"] == 1ULL << 40U);
}

TEST_CASE("what is wrong with a request is said in one line") {
    const auto refused = [](const json& value) {
        std::string why;
        const auto request = parse_request(value.dump(), why);
        return !request && !why.empty() && why.find('\n') == std::string::npos;
    };
    for (const auto& [key, value] :
         std::initializer_list<std::pair<const char*, json>>{{"job", "0"},
                                                             {"job", "0000000000000000"},
                                                             {"job", "000000000000000g"},
                                                             {"job", 5},
                                                             {"source", ""},
                                                             {"source", "a b"},
                                                             {"source", std::string(64, 'a')},
                                                             {"source", "a\n"},
                                                             {"count", 0},
                                                             {"count", -1},
                                                             {"count", 1.5},
                                                             {"count", 1'000'000'001},
                                                             {"count", "5"},
                                                             {"size", 16385},
                                                             {"size", -1},
                                                             {"window", 0},
                                                             {"window", 33},
                                                             {"timeout_s", 0},
                                                             {"timeout_s", -1},
                                                             {"timeout_s", 86401},
                                                             {"timeout_s", "1"},
                                                             {"surprise", 1}}) {
        json bad = good();
        bad[key] = value;
        INFO(bad.dump());
        CHECK(refused(bad));
    }
    CHECK(refused({{"op", "endpoints"}, {"more", 1}}));
    CHECK(refused({{"op", "destroy"}}));
    CHECK(refused({{"op", "revoke"}}));
    CHECK(refused({{"op", "revoke"}, {"channel", "fe"}}));
    CHECK(refused({{"op", "revoke"}, {"channel", "00000000000000fe"}, {"now", 1}}));
    CHECK(refused({{"no", "op"}}));
    CHECK(refused(json::array()));
}

TEST_CASE("lines that are no JSON, too long or too deep are refused") {
    std::string why;
    CHECK(!parse_request("", why));
    CHECK(!parse_request("{", why));
    CHECK(!parse_request(std::string(5000, ' '), why));
    CHECK(!parse_request(std::string(2000, '['), why));
    CHECK(!parse_request("\xff\xfe", why));
}

TEST_CASE("a report's percentiles come from its histogram and never exceed the maximum") {
    figcom_ping ping{};
    ping.job = 1;
    ping.state = FIGCOM_PING_DONE;
    ping.totals.histogram[latency_bucket(1000)] = 98;
    ping.totals.histogram[latency_bucket(50'000)] = 2;
    ping.totals.rtt_max_ns = 50'000;
    const json line = json::parse(ping_line(ping));
    CHECK(line["event"] == "report");
    CHECK(line["rtt_ns"]["p50"].get<std::uint64_t>() >= 1000);
    CHECK(line["rtt_ns"]["p50"].get<std::uint64_t>() <= 1032);
    CHECK(line["rtt_ns"]["p99"] == 50'000);
    CHECK(line["rtt_ns"]["max"] == 50'000);
}

TEST_CASE("every duration lies in its bucket, and buckets are narrow") {
    for (std::uint64_t ns = 256; ns < 68'000'000'000; ns = ns * 21 / 20 + 1) {
        const std::uint32_t bucket = latency_bucket(ns);
        CHECK(ns <= latency_bucket_end(bucket));
        CHECK(latency_bucket_end(bucket) - ns <= ns / 16);
        CHECK((bucket == 0 || ns > latency_bucket_end(bucket - 1)));
    }
    CHECK(latency_bucket(0) == 0);
    CHECK(latency_bucket(~0ULL) == FIGCOM_HISTOGRAM_BUCKETS - 1);
}
