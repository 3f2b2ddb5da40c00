// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/channel.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace zeta::figcom {

using Clock = std::chrono::steady_clock;

template <Trust kTrust>
Result<ChannelHalf> BasicChannel<kTrust>::prepare(Carrier& carrier, PeerId peer, std::unique_ptr<Doorbell> doorbell,
                                                  const RegionSpec& spec, const ChannelRights& rights) {
    ZETA_TRY_ASSIGN(const RegionLayout layout, lay_out(spec));
    ZETA_TRY_ASSIGN(auto memory, carrier.allocate(peer, Bytes{layout.region_bytes}, *doorbell));
    ZETA_TRY(format_region(memory->bytes(), layout));
    carrier.describe(*memory);
    publish(memory->bytes());
    return Half{.doorbell = std::move(doorbell), .memory = std::move(memory), .layout = layout, .rights = rights};
}

template <Trust kTrust>
Result<BasicChannel<kTrust>> BasicChannel<kTrust>::complete(Half half, std::unique_ptr<MappedMemory> peer) {
    ZETA_TRY_ASSIGN(const RegionLayout layout, inspect_region(peer->bytes()));
    if (layout.channel_id != half.layout.channel_id || layout.epoch != half.layout.epoch) {
        return fail(ErrorCode::kConflict, "complete a channel: the peer's region is of another channel or epoch");
    }
    if (load_acquire(header_of(peer->bytes()).life.alive) == 0) {
        return fail(ErrorCode::kClosed, "complete a channel: the peer is dead");
    }
    return BasicChannel{std::move(half), std::move(peer), layout};
}

template <Trust kTrust>
BasicChannel<kTrust>::BasicChannel(Half half, std::unique_ptr<MappedMemory> peer, const RegionLayout& peer_layout)
    : doorbell_(std::move(half.doorbell)), own_(std::move(half.memory)), peer_(std::move(peer)),
      own_header_(&header_of(own_->bytes())), peer_header_(&header_of(peer_->bytes())), own_layout_(half.layout),
      peer_layout_(peer_layout), notifications_(half.rights.notifications_per_s, half.rights.notification_burst) {
    const auto priorities =
        static_cast<std::uint8_t>(std::min(own_layout_.priority_count, peer_layout_.priority_count));
    figcom_region_header& own = *own_header_;
    const figcom_region_header& theirs = *peer_header_;
    peer_sleeps_ = (peer_layout_.features & FIGCOM_FEATURE_POLLED) == 0;
    for (std::uint8_t priority = 0; half.rights.sends && priority < priorities; ++priority) {
        producers_.emplace_back(own_->bytes(), own_layout_, priority, &theirs.progress[priority].consumed);
        if (!peer_sleeps_) {
            producers_.back().peer_is_polled();
        }
        if (peer_layout_.takes_batches()) {
            producers_.back().peer_takes_batches();
        }
    }
    for (std::uint8_t priority = 0; half.rights.receives && priority < priorities; ++priority) {
        consumers_.emplace_back(peer_->bytes(), peer_layout_, priority, &own.progress[priority]);
        if (!peer_sleeps_) {
            consumers_.back().peer_is_polled();
        }
    }
    for (std::uint32_t index = 0; half.rights.writes_states && index < own_layout_.state_count; ++index) {
        written_states_.emplace_back(own_->bytes(), own_layout_, index);
    }
    for (std::uint32_t index = 0; half.rights.reads_states && index < peer_layout_.state_count; ++index) {
        read_states_.emplace_back(peer_->bytes(), peer_layout_, index);
    }
}

template <Trust kTrust>
BasicChannel<kTrust>& BasicChannel<kTrust>::operator=(BasicChannel&& other) noexcept {
    if (this != &other) {
        std::destroy_at(this); // the peer must be told: assigning member by member would not
        std::construct_at(this, std::move(other));
    }
    return *this;
}

template <Trust kTrust>
BasicChannel<kTrust>::~BasicChannel() {
    if (own_ != nullptr) {
        store_release(own_header_->life.closed, 1);
        std::ignore = doorbell_->notify();
    }
}

template <Trust kTrust>
SendStatus BasicChannel<kTrust>::try_send(const MessageHead& head, std::span<const std::byte> payload) noexcept {
    const SendStatus status = producers_[head.priority].try_send(head, payload);
    if (status == SendStatus::kSent) {
        ring_for_data();
    }
    return status;
}

template <Trust kTrust>
SendStatus BasicChannel<kTrust>::try_send_many(const MessageHead& head, std::span<const std::byte> payloads,
                                               std::size_t each, std::size_t& sent) noexcept {
    const SendStatus status = producers_[head.priority].try_send_many(head, payloads, each, sent);
    if (sent != 0) {
        ring_for_data();
    }
    return status;
}

template <Trust kTrust>
SendStatus BasicChannel<kTrust>::try_commit(const MessageHead& head, std::size_t bytes) noexcept {
    const SendStatus status = producers_[head.priority].try_commit(head, bytes);
    if (status == SendStatus::kSent) {
        ring_for_data();
    }
    return status;
}

template <Trust kTrust>
Result<std::span<std::byte>> BasicChannel<kTrust>::loan(std::uint8_t priority, std::size_t bytes,
                                                        Clock::time_point deadline) {
    if (priority >= priority_count()) {
        return fail(ErrorCode::kInvalidArgument, "loan: no such priority");
    }
    if (own_layout_.overwrites(priority)) {
        return fail(ErrorCode::kUnsupported, "loan: the stream may drop messages");
    }
    if (producers_[priority].has_loan()) {
        return fail(ErrorCode::kConflict, "loan: the last one is neither committed nor given back");
    }
    std::span<std::byte> place;
    // One byte more than goes inline at least: a loan needs the slab, whatever its length.
    ZETA_TRY(until_sent(priority, std::max<std::size_t>(bytes, FIGCOM_INLINE_BYTES + 1), policies_[priority], deadline,
                        [&] { return producers_[priority].try_loan(bytes, place); }));
    return place;
}

template <Trust kTrust>
Result<void> BasicChannel<kTrust>::commit(const MessageHead& head, std::size_t bytes, Clock::time_point deadline) {
    if (head.priority >= priority_count()) {
        return fail(ErrorCode::kInvalidArgument, "commit: no such priority");
    }
    if (!producers_[head.priority].has_loan()) {
        return fail(ErrorCode::kInvalidArgument, "commit: nothing is lent");
    }
    // The slab is there: what can be missing is a slot, as for an empty message.
    return until_sent(head.priority, 0, policies_[head.priority], deadline, [&] { return try_commit(head, bytes); });
}

template <Trust kTrust>
Result<void> BasicChannel<kTrust>::set_policy(std::uint8_t priority, BackPressure policy) {
    if (priority >= priority_count()) {
        return fail(ErrorCode::kInvalidArgument, "set a stream's policy: no such priority");
    }
    const bool drops = policy == BackPressure::kDropOldest || policy == BackPressure::kLatestOnly;
    if (drops && (!own_layout_.overwrites(priority) || peer_layout_.abi_minor == 0)) {
        return fail(ErrorCode::kUnsupported, "set a stream's policy: the ring or its reader cannot drop messages");
    }
    policies_[priority] = policy;
    producers_[priority].set_policy(policy);
    return {};
}

template <Trust kTrust>
Result<void> BasicChannel<kTrust>::send(const MessageHead& head, std::span<const std::byte> payload,
                                        Clock::time_point deadline) {
    // A ring that drops never lacks credit, so any policy does for it.
    const BackPressure policy = head.priority < priority_count() ? policies_[head.priority] : BackPressure::kFail;
    return send(head, payload, policy, deadline);
}

template <Trust kTrust>
Result<void> BasicChannel<kTrust>::send(const MessageHead& head, std::span<const std::byte> payload,
                                        BackPressure policy, Clock::time_point deadline) {
    if (head.priority >= priority_count()) {
        return producers_.empty() ? fail(ErrorCode::kPermissionDenied, "send: this side of the channel only receives")
                                  : fail(ErrorCode::kInvalidArgument, "send: no such priority");
    }
    return until_sent(head.priority, payload.size(), policy, deadline, [&] { return try_send(head, payload); });
}

// Attempts until there is room for `bytes`, as long as `policy` and `deadline` allow.
template <Trust kTrust>
template <typename Attempt>
Result<void> BasicChannel<kTrust>::until_sent(std::uint8_t priority, std::size_t bytes, BackPressure policy,
                                              Clock::time_point deadline, Attempt attempt) {
    // The carrier is asked, by a system call, only about a peer that gave no credit.
    for (bool starved = false;; starved = true) {
        if (gone(starved)) {
            return fail(ErrorCode::kClosed, "send: the peer is gone");
        }
        switch (attempt()) {
        case SendStatus::kSent:
            return {};
        case SendStatus::kTooLarge:
            return fail(ErrorCode::kInvalidArgument, "send: the payload exceeds the channel's limit");
        case SendStatus::kPeerCorrupt:
            return fail(ErrorCode::kCorrupt, "send: the peer claims messages that were never sent");
        case SendStatus::kNoCredit:
            break;
        }
        if (policy != BackPressure::kBlock) {
            if (gone(true)) {
                continue;
            }
            producers_[priority].count_given_back();
            return fail(ErrorCode::kResourceExhausted, "send: no credit");
        }
        if (arm_credit(priority, bytes)) {
            const Result<void> slept = sleep_until(deadline);
            awake();
            if (!slept) {
                producers_[priority].count_given_back();
                return slept;
            }
        }
    }
}

// The first priority that has something, by `take`; credit that this told is rung for.
template <Trust kTrust>
template <typename Take>
ReceiveStatus BasicChannel<kTrust>::take_first(Take take) noexcept {
    for (std::size_t priority = 0; priority < consumers_.size(); ++priority) {
        const ReceiveStatus status = take(consumers_[priority]);
        if (consumers_[priority].take_credit_news()) {
            ring_for_credit();
        }
        if (status != ReceiveStatus::kEmpty) {
            peeked_ = priority;
            return status;
        }
    }
    return ReceiveStatus::kEmpty;
}

template <Trust kTrust>
ReceiveStatus BasicChannel<kTrust>::try_receive(Received& received, std::span<std::byte> buffer) noexcept {
    return take_first(
        [&](Consumer<kTrust>& consumer) { return consumer.try_receive(received.head, buffer, received.length); });
}

template <Trust kTrust>
ReceiveStatus BasicChannel<kTrust>::try_receive_many(ReceivedMany& received, std::span<std::byte> buffer) noexcept {
    return take_first([&](Consumer<kTrust>& consumer) {
        return consumer.try_receive_many(received.head, buffer, received.each, received.count);
    });
}

template <Trust kTrust>
ReceiveStatus BasicChannel<kTrust>::try_peek(MessageView& view) noexcept
    requires(kTrust == Trust::kTrusted)
{
    return take_first([&](Consumer<kTrust>& consumer) { return consumer.try_peek(view); });
}

template <Trust kTrust>
ReceiveStatus BasicChannel<kTrust>::try_peek_many(BatchView& view) noexcept
    requires(kTrust == Trust::kTrusted)
{
    return take_first([&](Consumer<kTrust>& consumer) { return consumer.try_peek_many(view); });
}

template <Trust kTrust>
void BasicChannel<kTrust>::release() noexcept
    requires(kTrust == Trust::kTrusted)
{
    consumers_[peeked_].release();
    if (consumers_[peeked_].take_credit_news()) {
        ring_for_credit();
    }
}

template <Trust kTrust>
Result<void> BasicChannel<kTrust>::wait(Clock::time_point deadline) {
    for (std::uint32_t round = spinning_ ? spin_.rounds() : 0; round != 0; --round) {
        if (pending()) {
            spin_.caught();
            return {};
        }
        SpinBudget::pause();
    }
    spin_.missed();
    // A dead peer keeps the doorbell readable, so that it is found by waking without a message: the common
    // wake-up needs no question about the peer's life.
    for (bool woken = false; !pending(); woken = true) {
        if (gone(woken)) {
            return pending() ? Result<void>{} : fail(ErrorCode::kClosed, "wait: the peer is gone");
        }
        if (arm_data()) {
            const Result<void> slept = sleep_until(deadline);
            awake();
            if (!slept && !pending()) {
                return slept;
            }
        }
    }
    return {};
}

template <Trust kTrust>
Result<std::uint64_t> BasicChannel<kTrust>::write_state(std::uint32_t index, std::uint64_t timestamp_ns,
                                                        std::span<const std::byte> payload) {
    if (index >= written_states_.size() || payload.size() > own_layout_.state_bytes) {
        return fail(ErrorCode::kInvalidArgument, "write a state: no such state, or too long for it");
    }
    const std::uint64_t version = written_states_[index].write(timestamp_ns, payload);
    ring_for_data();
    return version;
}

template <Trust kTrust>
Result<StateHead> BasicChannel<kTrust>::read_state(std::uint32_t index, std::span<std::byte> buffer) {
    if (index >= read_states_.size()) {
        return fail(ErrorCode::kInvalidArgument, "read a state: the peer has no such state");
    }
    return read_states_[index].read(buffer);
}

template <Trust kTrust>
Result<void> BasicChannel<kTrust>::wait_state(std::uint32_t index, Clock::time_point deadline) {
    if (index >= read_states_.size()) {
        return fail(ErrorCode::kInvalidArgument, "wait for a state: the peer has no such state");
    }
    const StateReader& state = read_states_[index];
    for (std::uint32_t round = spinning_ ? spin_.rounds() : 0; round != 0; --round) {
        if (state.newer()) {
            spin_.caught();
            return {};
        }
        SpinBudget::pause();
    }
    spin_.missed();
    for (bool woken = false; !state.newer(); woken = true) {
        if (gone(woken)) {
            return state.newer() ? Result<void>{} : fail(ErrorCode::kClosed, "wait for a state: the peer is gone");
        }
        if (arm_state(index)) {
            const Result<void> slept = sleep_until(deadline);
            awake();
            if (!slept && !state.newer()) {
                return slept;
            }
        }
    }
    return {};
}

// The sleep handshake. We store our armed word, then load the ring; the peer stores the ring,
// then loads our armed word. All four are sequentially consistent, so at least one side sees the
// other's store: either we find the message, or the peer finds us armed and notifies.
template <Trust kTrust>
bool BasicChannel<kTrust>::arm_data() noexcept {
    set_armed(own_header_->armed.data, data_armings_, true);
    if (!pending() && !peer_closed()) {
        return true;
    }
    set_armed(own_header_->armed.data, data_armings_, false);
    return false;
}

template <Trust kTrust>
bool BasicChannel<kTrust>::arm_state(std::uint32_t index) noexcept {
    set_armed(own_header_->armed.data, data_armings_, true);
    if (!read_states_[index].newer() && !peer_closed()) {
        return true;
    }
    set_armed(own_header_->armed.data, data_armings_, false);
    return false;
}

template <Trust kTrust>
bool BasicChannel<kTrust>::arm_credit(std::uint8_t priority, std::size_t length) noexcept {
    set_armed(own_header_->armed.credit, credit_armings_, true);
    if (!has_room(priority, length) && !peer_closed()) {
        return true;
    }
    set_armed(own_header_->armed.credit, credit_armings_, false);
    return false;
}

template <Trust kTrust>
void BasicChannel<kTrust>::awake() noexcept {
    doorbell_->drain();
    set_armed(own_header_->armed.data, data_armings_, false);
    set_armed(own_header_->armed.credit, credit_armings_, false);
}

template <Trust kTrust>
std::chrono::nanoseconds BasicChannel<kTrust>::deaf_after_wake_up() noexcept {
    const auto now = Clock::now();
    if (notifications_.take(now)) {
        return {};
    }
    ++notifications_ignored_;
    return notifications_.until_next(now);
}

template <Trust kTrust>
bool BasicChannel<kTrust>::pending() const noexcept {
    return std::ranges::any_of(consumers_, [](const auto& consumer) { return consumer.pending(); });
}

template <Trust kTrust>
bool BasicChannel<kTrust>::has_room(std::uint8_t priority, std::size_t length) noexcept {
    return producers_[priority].has_room(length);
}

template <Trust kTrust>
bool BasicChannel<kTrust>::peer_alive() const noexcept {
    return !peer_closed() && !doorbell_->peer_gone();
}

template <Trust kTrust>
ChannelCounters BasicChannel<kTrust>::counters(std::uint8_t priority) const noexcept {
    ChannelCounters one;
    if (priority < producers_.size()) {
        one.send = producers_[priority].counters();
    }
    if (priority < consumers_.size()) {
        one.receive = consumers_[priority].counters();
    }
    const figcom_region_header& theirs = *peer_header_;
    one.send.peer_lost = load_acquire(theirs.progress[priority].lost);
    one.receive.peer_given_back = load_acquire(theirs.stream[priority].refused);
    return one;
}

template <Trust kTrust>
std::uint64_t BasicChannel<kTrust>::in_flight() const noexcept {
    std::uint64_t sum = 0;
    for (std::uint8_t priority = 0; priority < priority_count(); ++priority) {
        const std::uint64_t sent = producers_[priority].counters().sent;
        const std::uint64_t taken = load_acquire(peer_header_->progress[priority].consumed);
        // A peer that claims to have taken more than was sent is found by the next send.
        sum += std::min<std::uint64_t>(sent - std::min(taken, sent), own_layout_.slot_count);
    }
    return sum;
}

template <Trust kTrust>
ChannelCounters BasicChannel<kTrust>::counters() const noexcept {
    ChannelCounters sum;
    for (std::uint8_t priority = 0; priority < std::max(producers_.size(), consumers_.size()); ++priority) {
        const ChannelCounters one = counters(priority);
        sum.send.sent += one.send.sent;
        sum.send.refused_no_credit += one.send.refused_no_credit;
        sum.send.given_back += one.send.given_back;
        sum.send.given_up += one.send.given_up;
        sum.send.peer_lost += one.send.peer_lost;
        sum.send.refused_too_large += one.send.refused_too_large;
        sum.send.peer_lies += one.send.peer_lies;
        sum.receive.received += one.receive.received;
        sum.receive.corrupt += one.receive.corrupt;
        sum.receive.lost += one.receive.lost;
        sum.receive.peer_given_back += one.receive.peer_given_back;
    }
    sum.notifications_sent = notifications_sent_;
    sum.sleeps = sleeps_;
    sum.notifications_ignored = notifications_ignored_;
    return sum;
}

// The peer's armed word is read once. We cannot clear it, so the arming that was answered is
// remembered: one notification per arming, whatever else we send.
template <Trust kTrust>
void BasicChannel<kTrust>::ring_if_armed(const std::uint64_t& peer_armed, std::uint64_t& last_rung) noexcept {
    const std::uint64_t arming = load_sequential(peer_armed);
    if ((arming & 1) != 0 && arming != last_rung) {
        last_rung = arming;
        ++notifications_sent_;
        std::ignore = doorbell_->notify(); // a dead peer is found by peer_alive()
    }
}

template <Trust kTrust>
void BasicChannel<kTrust>::ring_for_data() noexcept {
    if (peer_sleeps_) {
        ring_if_armed(peer_header_->armed.data, data_rung_);
    }
}

template <Trust kTrust>
void BasicChannel<kTrust>::ring_for_credit() noexcept {
    if (peer_sleeps_) {
        ring_if_armed(peer_header_->armed.credit, credit_rung_);
    }
}

template <Trust kTrust>
void BasicChannel<kTrust>::set_armed(std::uint64_t& word, std::uint64_t& count, bool armed) noexcept {
    if (((count & 1) != 0) != armed) {
        ++count;
        store_sequential(word, count);
    }
}

// A peer that rings more often than it may is not listened to for a while; its messages are found when that is over.
template <Trust kTrust>
Result<void> BasicChannel<kTrust>::sleep_until(Clock::time_point deadline) {
    ++sleeps_;
    const auto now = Clock::now();
    const auto deaf = notifications_.until_next(now);
    notifications_ignored_ += deaf.count() > 0 ? 1 : 0;
    const auto until = deaf.count() > 0 ? std::min(deadline, now + deaf) : deadline;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
    const int timeout_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, std::int64_t{60} * 1000));
    // With nobody else to listen to, the doorbell knows the shorter way to sleep.
    const bool alone = guard_ == nullptr && deaf.count() <= 0;
    ZETA_TRY_ASSIGN(const bool rung,
                    alone ? doorbell_->sleep(timeout_ms) : sleep_guarded(timeout_ms, deaf.count() > 0));
    if (rung) {
        std::ignore = notifications_.take(Clock::now());
    } else if (Clock::now() >= deadline) {
        return fail(ErrorCode::kTimeout, "wait on a channel");
    }
    return {};
}

// Whether the doorbell was rung, which nobody hears who is `deaf`. The guard is heard either way.
template <Trust kTrust>
Result<bool> BasicChannel<kTrust>::sleep_guarded(int timeout_ms, bool deaf) {
    std::array<pollfd, 2> waiting{pollfd{.fd = deaf ? -1 : doorbell_->fd(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = guard_fd(), .events = POLLIN, .revents = 0}};
    if (::poll(waiting.data(), waiting.size(), timeout_ms) < 0 && errno != EINTR) {
        return fail_errno(errno, "sleep on a channel");
    }
    if (waiting[1].revents != 0) {
        hear_guard();
    }
    return waiting[0].revents != 0;
}

template class BasicChannel<Trust::kUntrusted>;
template class BasicChannel<Trust::kTrusted>;

} // namespace zeta::figcom
