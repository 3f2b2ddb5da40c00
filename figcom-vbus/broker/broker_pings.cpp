// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Broker: pings. The source's agent keeps the totals and reports them before it uses more sequence
// numbers; should it die, its successor goes on from the last report, and every number that was
// reserved but not accounted for counts as lost.
#include "figcom-vbus/broker/broker.hpp"
#include "hypervisor/base/log.hpp"

#include <algorithm>
#include <format>

namespace zeta::figcom {

namespace {

using Clock = EventLoop::Clock;
constexpr auto kDeadlineCheck = std::chrono::seconds{1};
constexpr auto kDeadlineGrace = std::chrono::seconds{2}; // the agent's own time-out comes first

bool is_final(const figcom_ping& ping) noexcept {
    return ping.state == FIGCOM_PING_DONE || ping.state == FIGCOM_PING_TIMED_OUT || ping.state == FIGCOM_PING_REFUSED;
}

// What an agent that vanished had reserved and not accounted for.
void count_unknown(figcom_ping_totals& totals, std::uint64_t count) noexcept {
    const std::uint64_t used = std::min(count, std::max(totals.sent, totals.reserved_upto));
    const std::uint64_t accounted = totals.delivered + totals.lost;
    const std::uint64_t unknown = used > accounted ? used - accounted : 0;
    totals.sent = totals.reserved_upto = used;
    totals.lost += unknown;
    totals.unknown += unknown;
}

std::uint64_t to_ns(Clock::duration duration) noexcept {
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count()));
}

// An agent is a guest's: its totals must at least add up.
bool holds_together(const figcom_ping& ping) noexcept {
    const figcom_ping_totals& totals = ping.totals;
    return totals.sent <= ping.count && totals.delivered <= totals.sent &&
           totals.lost <= totals.sent - totals.delivered && totals.unknown <= totals.lost &&
           totals.reserved_upto <= ping.count && ping.state >= FIGCOM_PING_RUNNING && ping.state <= FIGCOM_PING_REFUSED;
}

} // namespace

// Whether a new ping may run at all.
Result<void> Broker::admit(const PingRequest& request, std::string& why) const {
    const auto known = [&](const std::string& guest) {
        return std::ranges::any_of(sessions_, [&](const auto& entry) { return entry.second.name == guest; });
    };
    const auto unknown = [&](const std::string& guest) {
        why = std::format("guest {}: no agent of it is on the bus; does it run, and zeta-agent in it?", guest);
        return fail(ErrorCode::kNotFound, "start a ping: no such agent");
    };
    if (!known(request.source)) {
        return unknown(request.source);
    }
    if (!policy_.allows(request.source, request.target, "echo")) {
        log(LogLevel::kWarning, "zeta-broker", "denied: ping from guest {} to guest {}; no policy rule allows it",
            request.source, request.target);
        why = std::format("guest {} may not reach echo of guest {}: no rule of the FIGCOM policy allows it",
                          request.source, request.target);
        return fail(ErrorCode::kPermissionDenied, "start a ping: the policy denies it");
    }
    return known(request.target) ? Result<void>{} : unknown(request.target);
}

Result<void> Broker::ping(const PingRequest& request, std::uint64_t watcher, PingWatcher told, std::string& why) {
    if (const auto known = jobs_.find(request.job); known != jobs_.end()) {
        Job& job = known->second;
        if (job.request.source != request.source || job.request.target != request.target ||
            job.request.count != request.count) {
            why = "this job number belongs to another ping";
            return fail(ErrorCode::kConflict, "start a ping: its number belongs to another one");
        }
        job.watchers[watcher] = std::move(told);
        tell_watchers(job);
        return {};
    }
    ZETA_TRY(admit(request, why));
    if (jobs_.size() >= kJobsMax) {
        std::erase_if(jobs_,
                      [](const auto& entry) { return is_final(entry.second.last) && entry.second.watchers.empty(); });
    }
    if (jobs_.size() >= kJobsMax) {
        why = std::format("{} pings run already; wait for one to end", kJobsMax);
        return fail(ErrorCode::kResourceExhausted, "start a ping: too many run");
    }
    Job& job = jobs_[request.job];
    job.request = request;
    job.last.job = request.job;
    job.last.count = request.count;
    job.last.payload_bytes = request.payload_bytes;
    job.last.window = request.window;
    job.last.state = FIGCOM_PING_WAITING;
    ZETA_TRY(write_name(job.last.target, request.target));
    job.last_report = Clock::now();
    job.deadline = Clock::now() + request.timeout;
    job.watchers[watcher] = std::move(told);
    if (const auto source = find_ready(request.source)) {
        run_jobs_on(*source, sessions_.at(*source));
    }
    return {};
}

std::vector<JobInfo> Broker::jobs() const {
    std::vector<JobInfo> list;
    for (const auto& [id, job] : jobs_) {
        if (!is_final(job.last) || !job.delivered_final) {
            list.push_back({.source = job.request.source, .target = job.request.target, .ping = job.last});
        }
    }
    return list;
}

void Broker::unwatch_ping(std::uint64_t watcher) {
    for (auto& [id, job] : jobs_) {
        job.watchers.erase(watcher);
    }
}

// Also right after a re-attach of an agent that still has the job: it then keeps its own totals.
void Broker::run_jobs_on(PeerId peer, const Session& session) {
    for (auto& [id, job] : jobs_) {
        if (job.request.source != session.name || is_final(job.last) ||
            (job.runs_on == peer && !job.interrupted && job.last.totals.reserved_upto != 0)) {
            continue;
        }
        figcom_ping start = job.last;
        const auto now = Clock::now();
        if (job.interrupted) {
            count_unknown(start.totals, start.count);
            ++start.totals.source_restarts;
            start.gap_age_ns = to_ns(now - job.last_report);
        }
        start.timeout_ns = to_ns(job.deadline - now);
        job.runs_on = peer;
        tell(peer, FIGCOM_PING_START, start);
    }
}

void Broker::interrupt_jobs(PeerId peer) {
    for (auto& [id, job] : jobs_) {
        if (job.runs_on == peer && !is_final(job.last)) {
            job.interrupted = true;
            job.last.state = FIGCOM_PING_WAITING;
            tell_watchers(job);
        }
    }
}

Result<void> Broker::ping_report(PeerId from, const Session& session, const figcom_ping& report) {
    ZETA_TRY_ASSIGN(const std::string target, read_name(report.target));
    if (!holds_together(report)) {
        return fail(ErrorCode::kCorrupt, "read a ping report: its totals contradict themselves");
    }
    auto found = jobs_.find(report.job);
    if (found == jobs_.end()) { // of before our restart
        if (jobs_.size() >= kJobsMax) {
            return fail(ErrorCode::kResourceExhausted, "read a ping report: too many pings");
        }
        found = jobs_.emplace(report.job, Job{}).first;
        found->second.request = {.job = report.job,
                                 .source = session.name,
                                 .target = target,
                                 .count = report.count,
                                 .payload_bytes = report.payload_bytes,
                                 .window = report.window,
                                 .timeout = {}};
        found->second.deadline =
            Clock::now() + std::chrono::nanoseconds{static_cast<std::int64_t>(
                               std::min<std::uint64_t>(report.timeout_ns, 24ULL * 3600 * 1'000'000'000))};
    }
    Job& job = found->second;
    if (job.request.source != session.name || job.request.target != target || job.request.count != report.count) {
        return fail(ErrorCode::kPermissionDenied, "read a ping report: the ping is not this guest's");
    }
    job.last = report;
    job.last_report = Clock::now();
    job.runs_on = from;
    job.interrupted = false;
    tell_watchers(job);
    return {};
}

void Broker::tell_watchers(Job& job) {
    const auto watchers = job.watchers; // a copy: a watcher may leave
    for (const auto& [id, told] : watchers) {
        told(job.last);
    }
    if (is_final(job.last) && !watchers.empty()) {
        job.delivered_final = true;
        tell(job.runs_on, FIGCOM_PING_FORGET, figcom_ping_forget{.job = job.last.job});
    }
}

void Broker::check_deadlines() {
    const auto now = Clock::now();
    for (auto& [id, job] : jobs_) {
        if (!is_final(job.last) && now > job.deadline + kDeadlineGrace) {
            count_unknown(job.last.totals, job.last.count);
            job.last.state = FIGCOM_PING_TIMED_OUT;
            tell_watchers(job);
        }
    }
    std::erase_if(jobs_, [&](const auto& entry) {
        return is_final(entry.second.last) && entry.second.watchers.empty() &&
               now > entry.second.last_report + std::chrono::minutes{10};
    });
    loop_.after(kDeadlineCheck, [this] { check_deadlines(); });
}

} // namespace zeta::figcom
