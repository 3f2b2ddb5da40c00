// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "guest-adapters/common/ping_job.hpp"

#include "figcom-vbus/core/latency_histogram.hpp"
#include "guest-adapters/common/ping_pattern.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace zeta::guest {

namespace {

std::uint64_t nanoseconds(std::chrono::steady_clock::duration duration) noexcept {
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
    return count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

constexpr std::uint64_t kTimeoutMaxNs = 24ULL * 3600 * 1'000'000'000;

} // namespace

PingJob::PingJob(const figcom_ping& start, Time now)
    : ping_(start), started_(now), deadline_(now + std::chrono::nanoseconds{std::min(start.timeout_ns, kTimeoutMaxNs)}),
      highest_answered_(start.totals.sent), elapsed_before_ns_(start.totals.elapsed_ns) {
    ping_.window = std::clamp<std::uint32_t>(ping_.window, 1, kWindowMax);
    ping_.payload_bytes = std::min(ping_.payload_bytes, kPayloadBytesMax);
    ping_.state = FIGCOM_PING_WAITING;
    ping_.refusal = 0;
    // What an earlier agent reserved is used: its numbers are never sent again.
    ping_.totals.sent = std::min(std::max(ping_.totals.sent, ping_.totals.reserved_upto), ping_.count);
    ping_.totals.reserved_upto = ping_.totals.sent;
    if (ping_.totals.source_restarts != 0) {
        gap_since_ = now - std::chrono::nanoseconds{std::min(start.gap_age_ns, kTimeoutMaxNs)};
    }
    finish_if_answered();
}

void PingJob::connected(Time /*now*/) {
    if (finished()) {
        return;
    }
    connected_ = true;
    ping_.state = FIGCOM_PING_RUNNING;
}

void PingJob::disconnected(Time now) {
    const bool was_connected = std::exchange(connected_, false);
    if (finished() || !was_connected) {
        return; // a set-up that failed is no loss of anything
    }
    ping_.state = FIGCOM_PING_WAITING;
    ++ping_.totals.peer_restarts;
    lose_in_flight();
    if (!gap_since_) {
        gap_since_ = now;
    }
    finish_if_answered();
    if (finished()) {
        close_gap(now);
    }
}

void PingJob::time_out(Time now) {
    if (!finished()) {
        lose_in_flight();
        close_gap(now);
        ping_.state = FIGCOM_PING_TIMED_OUT;
    }
}

void PingJob::refuse(std::uint32_t reason) {
    if (!finished()) {
        lose_in_flight();
        ping_.state = FIGCOM_PING_REFUSED;
        ping_.refusal = reason;
    }
}

bool PingJob::needs_reservation() const noexcept {
    return connected_ && !finished() && ping_.totals.sent == ping_.totals.reserved_upto &&
           ping_.totals.sent < ping_.count;
}

void PingJob::reserve() noexcept {
    ping_.totals.reserved_upto = std::min(ping_.count, ping_.totals.reserved_upto + kReserveStep);
}

std::optional<std::vector<std::byte>> PingJob::next_request(Time now) {
    if (!connected_ || finished() || in_flight_.size() >= ping_.window ||
        ping_.totals.sent >= ping_.totals.reserved_upto) {
        return std::nullopt;
    }
    const std::uint64_t sequence = ++ping_.totals.sent;
    const figcom_echo echo{
        .job = ping_.job, .sequence = sequence, .payload_bytes = ping_.payload_bytes, .peer_verdict = 0};
    std::vector<std::byte> message(sizeof echo + ping_.payload_bytes);
    std::memcpy(message.data(), &echo, sizeof echo);
    fill_ping(std::span{message}.subspan(sizeof echo), ping_.job, sequence, PingDirection::kRequest);
    in_flight_.emplace(sequence, now);
    return message;
}

void PingJob::reply(std::span<const std::byte> message, Time now) {
    figcom_echo echo;
    if (message.size() < sizeof echo) {
        ++ping_.totals.corrupt;
        return;
    }
    std::memcpy(&echo, message.data(), sizeof echo);
    const auto payload = message.subspan(sizeof echo);
    if (echo.job != ping_.job || echo.sequence == 0 || echo.sequence > ping_.totals.sent) {
        ++ping_.totals.corrupt;
        return;
    }
    const auto sent = in_flight_.find(echo.sequence);
    if (sent == in_flight_.end()) {
        ++ping_.totals.duplicated;
        return;
    }
    figcom_ping_totals& totals = ping_.totals;
    const bool sound = payload.size() == ping_.payload_bytes && (echo.peer_verdict & FIGCOM_ECHO_CORRUPT) == 0 &&
                       is_ping(payload, ping_.job, echo.sequence, PingDirection::kReply);
    totals.corrupt += sound ? 0 : 1;
    totals.bytes_verified += sound ? 2 * std::uint64_t{ping_.payload_bytes} : 0;
    totals.duplicated += (echo.peer_verdict & FIGCOM_ECHO_DUPLICATED) != 0 ? 1 : 0;
    totals.out_of_order +=
        (echo.peer_verdict & FIGCOM_ECHO_OUT_OF_ORDER) != 0 || echo.sequence < highest_answered_ ? 1 : 0;
    highest_answered_ = std::max(highest_answered_, echo.sequence);
    const std::uint64_t rtt_ns = nanoseconds(now - sent->second);
    totals.rtt_max_ns = std::max(totals.rtt_max_ns, rtt_ns);
    ++totals.histogram[figcom::latency_bucket(rtt_ns)];
    ++totals.delivered;
    in_flight_.erase(sent);
    close_gap(now);
    finish_if_answered();
}

bool PingJob::finished() const noexcept {
    return ping_.state == FIGCOM_PING_DONE || ping_.state == FIGCOM_PING_TIMED_OUT ||
           ping_.state == FIGCOM_PING_REFUSED;
}

figcom_ping PingJob::report(Time now) const {
    figcom_ping report = ping_;
    report.totals.elapsed_ns = elapsed_before_ns_ + nanoseconds(now - started_);
    return report;
}

void PingJob::lose_in_flight() noexcept {
    ping_.totals.lost += in_flight_.size();
    in_flight_.clear();
}

void PingJob::close_gap(Time now) noexcept {
    if (gap_since_) {
        const std::uint64_t length_ns = nanoseconds(now - *gap_since_);
        ++ping_.totals.gap_count;
        ping_.totals.gap_total_ns += length_ns;
        ping_.totals.gap_longest_ns = std::max(ping_.totals.gap_longest_ns, length_ns);
        gap_since_.reset();
    }
}

void PingJob::finish_if_answered() noexcept {
    if (ping_.totals.sent == ping_.count && in_flight_.empty()) {
        ping_.state = FIGCOM_PING_DONE;
    }
}

} // namespace zeta::guest
