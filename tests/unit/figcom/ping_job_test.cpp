// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "guest-adapters/common/ping_job.hpp"

#include "guest-adapters/common/echo_service.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstring>

using namespace zeta::guest;
using namespace std::chrono_literals;

namespace {

figcom_ping ping(std::uint64_t count, std::uint32_t window = 1) {
    figcom_ping start{};
    start.job = 42;
    start.count = count;
    start.payload_bytes = 64;
    start.window = window;
    start.timeout_ns = 1'000'000'000;
    return start;
}

struct Setup {
    explicit Setup(const figcom_ping& start) : job(start, now) {}

    std::vector<std::byte> request() {
        if (job.needs_reservation()) {
            job.reserve();
        }
        auto message = job.next_request(now);
        return message ? *message : std::vector<std::byte>{};
    }
    void answer(const std::vector<std::byte>& message) {
        now += 1us;
        job.reply(*echo.answer(message), now);
    }
    figcom_ping_totals totals() { return job.report(now).totals; }

    PingJob::Time now{PingJob::Time{} + 1h};
    PingJob job;
    EchoService echo;
};

} // namespace

TEST_CASE("a ping that nothing disturbs loses nothing") {
    Setup s{ping(500)};
    s.job.connected(s.now);
    while (!s.job.finished()) {
        const auto message = s.request();
        REQUIRE(!message.empty());
        s.answer(message);
    }
    const auto totals = s.totals();
    CHECK(totals.sent == 500);
    CHECK(totals.delivered == 500);
    CHECK(totals.lost == 0);
    CHECK(totals.duplicated == 0);
    CHECK(totals.out_of_order == 0);
    CHECK(totals.corrupt == 0);
    CHECK(totals.bytes_verified == 500 * 64 * 2);
    CHECK(totals.gap_count == 0);
    CHECK(s.job.report(s.now).state == FIGCOM_PING_DONE);
}

TEST_CASE("nothing is sent beyond the window, the count or the reservation") {
    Setup s{ping(200, 4)};
    s.job.connected(s.now);
    CHECK(!s.job.next_request(s.now)); // not reserved
    for (int i = 0; i < 4; ++i) {
        CHECK(!s.request().empty());
    }
    CHECK(s.request().empty());
    CHECK(s.totals().reserved_upto == PingJob::kReserveStep);
}

TEST_CASE("what was in flight when the peer died is lost once, and the gap lasts to the next answer") {
    Setup s{ping(10, 3)};
    s.job.connected(s.now);
    s.answer(s.request());
    const auto late = s.request();
    std::ignore = s.request();
    s.job.disconnected(s.now);
    s.job.disconnected(s.now); // a set-up in between that failed
    CHECK(s.totals().lost == 2);
    CHECK(s.request().empty());
    s.now += 50ms;
    s.job.connected(s.now);
    while (!s.job.finished()) {
        const auto message = s.request();
        REQUIRE(!message.empty());
        s.answer(message);
    }
    s.job.reply(*s.echo.answer(late), s.now); // an answer after all: not counted as delivered
    const auto totals = s.totals();
    CHECK(totals.sent == 10);
    CHECK(totals.delivered == 8);
    CHECK(totals.lost == 2);
    CHECK(totals.unknown == 0);
    CHECK(totals.duplicated == 1);
    CHECK(totals.peer_restarts == 1);
    CHECK(totals.gap_count == 1);
    CHECK(totals.gap_longest_ns >= 50'000'000);
    CHECK(totals.gap_longest_ns < 60'000'000);
}

TEST_CASE("a successor goes on behind what its predecessor had reserved") {
    figcom_ping start = ping(300);
    start.totals.sent = 100;
    start.totals.delivered = 90;
    start.totals.lost = 38;
    start.totals.unknown = 38;
    start.totals.reserved_upto = 128;
    start.totals.source_restarts = 1;
    start.gap_age_ns = 7'000'000;
    Setup s{start};
    s.job.connected(s.now);
    const auto message = s.request();
    figcom_echo echo;
    std::memcpy(&echo, message.data(), sizeof echo);
    CHECK(echo.sequence == 129);
    s.answer(message);
    CHECK(s.totals().sent == 129);
    CHECK(s.totals().delivered == 91);
    CHECK(s.totals().gap_count == 1);
    CHECK(s.totals().gap_longest_ns >= 7'000'000);
}

TEST_CASE("replies are judged") {
    Setup s{ping(100, 8)};
    s.job.connected(s.now);
    const auto first = s.request();
    const auto second = s.request();
    SECTION("answered twice") {
        const auto reply = *s.echo.answer(first);
        s.job.reply(reply, s.now);
        s.job.reply(reply, s.now);
        CHECK(s.totals().delivered == 1);
        CHECK(s.totals().duplicated == 1);
    }
    SECTION("answered in the wrong order") {
        s.answer(second);
        s.answer(first);
        CHECK(s.totals().delivered == 2);
        CHECK(s.totals().out_of_order >= 1);
    }
    SECTION("a bit of the reply flipped") {
        auto reply = *s.echo.answer(first);
        reply.back() ^= std::byte{1};
        s.job.reply(reply, s.now);
        CHECK(s.totals().corrupt == 1);
        CHECK(s.totals().bytes_verified == 0);
    }
    SECTION("a bit of the request flipped on its way") {
        auto request = first;
        request.back() ^= std::byte{1};
        s.job.reply(*s.echo.answer(request), s.now);
        CHECK(s.totals().corrupt == 1);
    }
    SECTION("a number that was never sent") {
        auto reply = *s.echo.answer(first);
        const std::uint64_t sequence = 99;
        std::memcpy(reply.data() + offsetof(figcom_echo, sequence), &sequence, sizeof sequence);
        s.job.reply(reply, s.now);
        CHECK(s.totals().corrupt == 1);
        CHECK(s.totals().delivered == 0);
    }
    SECTION("too short") {
        s.job.reply({}, s.now);
        CHECK(s.totals().corrupt == 1);
    }
}

TEST_CASE("at the deadline what is in flight is lost") {
    Setup s{ping(100, 4)};
    s.job.connected(s.now);
    std::ignore = s.request();
    s.job.time_out(s.now + 2s);
    CHECK(s.totals().lost == 1);
    CHECK(s.totals().sent == 1);
    CHECK(s.job.report(s.now).state == FIGCOM_PING_TIMED_OUT);
    CHECK(s.request().empty());
}

TEST_CASE("an echo request that contradicts itself is refused") {
    EchoService echo;
    CHECK(!echo.answer({}));
    figcom_echo head{.job = 1, .sequence = 1, .payload_bytes = 5, .peer_verdict = 0};
    CHECK(!echo.answer(std::as_bytes(std::span{&head, 1})));
}
