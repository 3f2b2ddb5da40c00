// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/event_loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace zeta::figcom {

namespace {
constexpr int kEventsPerTurn = 64; // what is ready beyond them comes first in the next turn
} // namespace

EventLoop::EventLoop() { renew(); }

// The kernel's list anew from ours.
void EventLoop::renew() {
    epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_) {
        failed_ = errno;
    }
    for (const auto& [fd, entry] : watched_) {
        add(fd, entry.events);
    }
}

void EventLoop::add(int fd, short events) {
    epoll_event event{.events = static_cast<std::uint32_t>(events), .data = {.fd = fd}};
    // The number may be that of an earlier descriptor, known to the kernel or already closed.
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0 &&
        (errno != EEXIST || ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0)) {
        failed_ = errno;
    }
}

void EventLoop::watch(int fd, short events, std::function<void(short)> ready) {
    watched_[fd] = {.events = events, .serial = next_serial_++, .ready = std::move(ready)};
    add(fd, events);
}

void EventLoop::unwatch(int fd) {
    if (watched_.erase(fd) != 0) {
        std::ignore = ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    }
}

EventLoop::TimerId EventLoop::after(std::chrono::nanoseconds delay, std::function<void()> due) {
    const TimerId id = next_serial_++;
    timers_[id] = {.due = Clock::now() + delay, .call = std::move(due)};
    return id;
}

void EventLoop::cancel(TimerId timer) { timers_.erase(timer); }

Result<void> EventLoop::turn(std::chrono::milliseconds longest) {
    if (failed_ != 0) {
        return fail_errno(std::exchange(failed_, 0), "watch a descriptor");
    }
    const bool may_sleep = !may_sleep_ || may_sleep_();
    std::array<epoll_event, kEventsPerTurn> events{};
    const int ready = ::epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, may_sleep ? sleep_ms(longest) : 0);
    if (ready < 0 && errno != EINTR) {
        return fail_errno(errno, "wait for events");
    }
    std::array<std::uint64_t, kEventsPerTurn> serials{};
    bool stale = false;
    for (std::size_t i = 0; std::cmp_less(i, ready); ++i) {
        const auto entry = watched_.find(events[i].data.fd);
        stale = stale || entry == watched_.end();
        serials[i] = entry == watched_.end() ? 0 : entry->second.serial;
    }
    for (std::size_t i = 0; std::cmp_less(i, ready); ++i) {
        const auto entry = watched_.find(events[i].data.fd);
        if (entry != watched_.end() && entry->second.serial == serials[i]) {
            const auto call = entry->second.ready; // a copy: the call may remove its own entry
            call(static_cast<short>(events[i].events));
        }
    }
    if (stale) { // closed before unwatch(), and still open elsewhere: nothing else makes the kernel forget it
        renew();
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
