// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// figtop's rows: what the broker tells, rates, order, JSON and table.
#include "figcom-vbus/tools/figtop/sample.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <format>

using namespace zeta::figtop;

namespace {

std::string end_text(unsigned round, unsigned long at_ns, unsigned sent, unsigned bytes) {
    return std::format(
        R"({{"round":{},"age_ms":3,"at_ns":{},"sent":{},"sent_bytes":{},"received":4,"received_bytes":5,)"
        R"("in_flight":6,"credits":64,"queued":8,"no_credit":9,"dropped":1,"lost":2,"corrupt":3,"wake_ups":7}})",
        round, at_ns, sent, bytes);
}

std::string answer(unsigned round, const std::string& from_end, const std::string& to_end) {
    return std::format(
        R"({{"round":{},"counters":[{{"channel":"00000000000000aa","from":"alpha","to":"beta","service":)"
        R"("echo","epoch":11,"state":"up","from_end":{},"to_end":{}}}]}})",
        round, from_end, to_end);
}

Sample sample_of(const std::string& line) {
    std::string why;
    auto sample = read_counters(line, why);
    INFO(why);
    REQUIRE(sample.has_value());
    return *sample;
}

} // namespace

TEST_CASE("each channel has two ends, and is complete when both answered the question") {
    const Sample sample = sample_of(answer(5, end_text(5, 1, 10, 100), "null"));
    REQUIRE(sample.ends.size() == 2);
    CHECK(sample.round == 5);
    CHECK(sample.ends[0].guest == "alpha");
    CHECK(sample.ends[0].peer == "beta");
    CHECK(sample.ends[0].opened);
    CHECK(sample.ends[0].figures.value().sent == 10);
    CHECK(sample.ends[0].figures.value().wake_ups == 7);
    CHECK(sample.ends[1].guest == "beta");
    CHECK(!sample.ends[1].figures);
    CHECK(!sample.complete(5));
    CHECK(sample_of(answer(6, end_text(5, 1, 1, 1), end_text(6, 1, 1, 1))).complete(5));
    CHECK(!sample_of(answer(6, end_text(5, 1, 1, 1), end_text(6, 1, 1, 1))).complete(6));
    CHECK(sample_of(R"({"round":1,"counters":[]})").complete(1));
}

TEST_CASE("rates are by the end's own clock, and only of the same channel") {
    const Sample before = sample_of(answer(1, end_text(1, 1'000'000'000, 10, 100), end_text(1, 5, 0, 0)));
    Sample now = sample_of(answer(2, end_text(2, 3'000'000'000, 30, 500), end_text(2, 5, 9, 0)));
    compare(before, now);
    CHECK(now.ends[0].rates.value().sent == 10);
    CHECK(now.ends[0].rates.value().sent_bytes == 200);
    CHECK(now.ends[0].rates.value().received == 0);
    CHECK(!now.ends[1].rates); // its clock stood still: the same report
    Sample other = now;
    other.ends[0].epoch = 12;
    other.ends[0].rates.reset();
    compare(before, other);
    CHECK(!other.ends[0].rates);
    Sample back = sample_of(answer(3, end_text(3, 4'000'000'000, 0, 0), "null"));
    compare(now, back);
    CHECK(back.ends[0].rates.value().sent == 0); // never below nothing
}

TEST_CASE("what is no answer is told in the broker's words, or in ours") {
    std::string why;
    for (const char* const line : {"", "[]", "{", "7", R"({"counters":5})", R"({"channels":[]})"}) {
        CHECK(!read_counters(line, why));
        CHECK(why == "no answer to a question for counters");
    }
    CHECK(!read_counters(R"({"error":{"code":"invalid-argument","text":"op: …"}})", why));
    CHECK(why == "op: …");
    // Wrong kinds of values are nothing, not an end of the program.
    CHECK(sample_of(R"({"round":-1,"counters":[5,{"channel":7,"from_end":[]},{}]})").ends.size() == 4);
    Sample sample;
    CHECK(!read_pings("{}", sample));
    CHECK(read_pings(R"({"jobs":[5,{"rtt_ns":7},{"source":"a","target":"b","state":"running","delivered":3,)"
                     R"("rtt_ns":{"p50":1000,"p99":2000,"max":3000}}]})",
                     sample));
    REQUIRE(sample.pings.size() == 1);
    CHECK(sample.pings[0].p99_ns == 2000);
}

TEST_CASE("rows are sorted and filtered") {
    Sample sample = sample_of(answer(5, end_text(5, 1, 10, 100), end_text(5, 1, 20, 50)));
    arrange(sample, "", Sort::kMessages);
    CHECK(sample.ends[0].guest == "beta");
    arrange(sample, "", Sort::kBytes);
    CHECK(sample.ends[0].guest == "alpha");
    arrange(sample, "", Sort::kGuest);
    CHECK(sample.ends[0].guest == "alpha");
    arrange(sample, "beta", Sort::kGuest);
    REQUIRE(sample.ends.size() == 1);
    CHECK(sample.ends[0].guest == "beta");
    for (const Sort one :
         {Sort::kGuest, Sort::kMessages, Sort::kBytes, Sort::kInFlight, Sort::kLosses, Sort::kWakeUps}) {
        CHECK(sort_of(name(one)) == one);
    }
    CHECK(!sort_of("size"));
}

TEST_CASE("JSON has every figure, the table fits the terminal") {
    const Sample before = sample_of(answer(1, end_text(1, 1'000'000'000, 10, 100), "null"));
    Sample sample = sample_of(answer(2, end_text(2, 2'000'000'000, 1'234'567, 300), "null"));
    compare(before, sample);
    sample.pings.push_back({.source = "alpha",
                            .target = "beta",
                            .state = "running",
                            .delivered = 3,
                            .p50_ns = 1000,
                            .p99_ns = 2000,
                            .max_ns = 3000});
    const auto json = nlohmann::json::parse(to_json(sample));
    CHECK(json["ends"][0]["figures"]["sent"] == 1'234'567);
    CHECK(json["ends"][0]["per_second"]["sent_bytes"] == 200.0);
    CHECK(json["ends"][1]["figures"].is_null());
    CHECK(json["pings"][0]["rtt_ns"]["max"] == 3000);
    const auto table = to_table(sample, 240);
    REQUIRE(table.size() == 4);
    CHECK(table[0].starts_with("GUEST"));
    CHECK(table[1].contains("1.23M"));
    CHECK(table[1].contains("58/64"));
    CHECK(table[2].contains("has told no figures"));
    CHECK(table[3].contains("p99 2 us"));
    CHECK(std::ranges::all_of(to_table(sample, 30), [](const std::string& line) { return line.size() <= 30; }));
}
