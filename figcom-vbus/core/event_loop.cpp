// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/event_loop.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace zeta::figcom {

void EventLoop::watch(int fd, short events, std::function<void(short)> ready) {
    watched_[fd] = {.events = events, .serial = next_serial_++, .ready = std::move(ready)};
}

void EventLoop::unwatch(int fd) { watched_.erase(fd); }

EventLoop::TimerId EventLoop::after(std::chrono::nanoseconds delay, std::function<void()> due) {
    const TimerId id = next_serial_++;
    timers_[id] = {.due = Clock::now() + delay, .call = std::move(due)};
    return id;
}

void EventLoop::cancel(TimerId timer) { timers_.erase(timer); }

Result<void> EventLoop::turn(std::chrono::milliseconds longest) {
    std::vector<pollfd> polled;
    std::vector<std::uint64_t> serials;
    const bool may_sleep = !may_sleep_ || may_sleep_();
    for (const auto& [fd, entry] : watched_) {
        polled.push_back({.fd = fd, .events = entry.events, .revents = 0});
        serials.push_back(entry.serial);
    }
    const int ready = ::poll(polled.data(), polled.size(), may_sleep ? sleep_ms(longest) : 0);
    if (ready < 0 && errno != EINTR) {
        return fail_errno(errno, "wait for events");
    }
    for (std::size_t i = 0; ready > 0 && i < polled.size(); ++i) {
        const auto entry = watched_.find(polled[i].fd);
        if (polled[i].revents != 0 && entry != watched_.end() && entry->second.serial == serials[i]) {
            const auto call = entry->second.ready; // a copy: the call may remove its own entry
            call(polled[i].revents);
        }
    }
    run_timers();
    return {};
}

Result<void> EventLoop::run() {
    while (!stopping_) {
        ZETA_TRY(turn());
    }
    return {};
}

int EventLoop::sleep_ms(std::chrono::milliseconds longest) const {
    auto sleep = longest;
    const auto now = Clock::now();
    for (const auto& [id, timer] : timers_) {
        sleep = std::min(sleep, std::chrono::ceil<std::chrono::milliseconds>(timer.due - now));
    }
    return static_cast<int>(std::max<std::int64_t>(sleep.count(), 0));
}

void EventLoop::run_timers() {
    const auto now = Clock::now();
    std::vector<TimerId> due;
    for (const auto& [id, timer] : timers_) {
        if (timer.due <= now) {
            due.push_back(id);
        }
    }
    for (const TimerId id : due) {
        if (const auto found = timers_.find(id); found != timers_.end()) { // an earlier call may have cancelled it
            const auto call = std::move(found->second.call);
            timers_.erase(found);
            call();
        }
    }
}

} // namespace zeta::figcom
