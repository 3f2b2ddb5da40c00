// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// One thread's loop over descriptors and one-shot timers, for the broker and the agents. Layer 1.

#include "hypervisor/base/result.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>

namespace zeta::figcom {

class EventLoop {
public:
    using Clock = std::chrono::steady_clock;
    using TimerId = std::uint64_t;

    EventLoop();

    /// `ready` is called with the poll(2) events that came for `fd`. One entry per descriptor; a second
    /// call replaces the first. `events` are poll(2)'s.
    /// Thread: the loop's own, as for all functions here. Entries may be added and removed from inside calls.
    void watch(int fd, short events, std::function<void(short)> ready);
    void unwatch(int fd);

    TimerId after(std::chrono::nanoseconds delay, std::function<void()> due);
    void cancel(TimerId timer);

    /// Called before each sleep; returns false to poll without sleeping (there is work already).
    void before_sleep(std::function<bool()> may_sleep) { may_sleep_ = std::move(may_sleep); }

    /// One round: sleeps until something is due, at most `longest`, and calls what is. Its cost depends on what
    /// is ready, not on how many descriptors are watched.
    /// Errors: kResourceExhausted and others of epoll(7), also for a watch() since the last round.
    [[nodiscard]] Result<void> turn(std::chrono::milliseconds longest = std::chrono::hours(1));
    /// Turns until stop().
    [[nodiscard]] Result<void> run();
    void stop() noexcept { stopping_ = true; }

private:
    struct Watched {
        short events{0};
        std::uint64_t serial{0}; // an entry replaced during a round must not get the old one's event
        std::function<void(short)> ready;
    };
    struct Timer {
        Clock::time_point due;
        std::function<void()> call;
    };
    [[nodiscard]] int sleep_ms(std::chrono::milliseconds longest) const;
    void run_timers();
    void renew();
    void add(int fd, short events);

    UniqueFd epoll_;
    int failed_{0}; // errno of a watch() since the last turn
    std::map<int, Watched> watched_;
    std::map<TimerId, Timer> timers_;
    std::function<bool()> may_sleep_;
    std::uint64_t next_serial_{1};
    bool stopping_{false};
};

} // namespace zeta::figcom
