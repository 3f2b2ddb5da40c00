// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A channel: our region, the peer's region and the doorbell between them, with one ring in
// each direction per priority. Whether the peer is trusted is part of the type: only a
// TrustedChannel hands out the peer's memory. Layer 1; the broker, the agents and later the
// block SDK call it.

#include "figcom-vbus/core/carrier.hpp"
#include "figcom-vbus/core/consumer.hpp"
#include "figcom-vbus/core/producer.hpp"
#include "figcom-vbus/core/spin_budget.hpp"
#include "figcom-vbus/core/state.hpp"
#include "figcom-vbus/core/token_bucket.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <vector>

namespace zeta::figcom {

struct ChannelCounters {
    SendCounters send;
    ReceiveCounters receive;
    std::uint64_t notifications_sent{0};
    std::uint64_t sleeps{0};
    std::uint64_t notifications_ignored{0}; ///< times that we did not listen, because the peer rang too often
};

/// A message copied out of an untrusted peer's memory.
struct Received {
    MessageHead head;
    std::size_t length{0};
};

/// Messages of one length under one head, copied out one after another.
struct ReceivedMany {
    MessageHead head;
    std::size_t each{0};
    std::size_t count{0};
};

/// What one side of a channel may do; the honest side holds itself to it, and so does not look at what a
/// peer writes beyond it.
struct ChannelRights {
    bool sends{true};                     ///< messages
    bool receives{true};                  ///< messages
    bool writes_states{true};             ///< its own
    bool reads_states{true};              ///< the peer's
    std::uint32_t notifications_per_s{0}; ///< it lets itself be woken this often; 0: no limit
    std::uint32_t notification_burst{0};  ///< and this often at once
};

/// Somebody who must be heard while a channel sleeps: the broker, who may have revoked it.
class ChannelGuard {
public:
    ChannelGuard() = default;
    ChannelGuard(const ChannelGuard&) = delete;
    ChannelGuard& operator=(const ChannelGuard&) = delete;
    virtual ~ChannelGuard() = default;

    /// Readable when attend() has something to do; -1: never.
    [[nodiscard]] virtual int fd() const noexcept = 0;
    /// Hears them. Never blocks. Called from inside the channel's waiting functions.
    virtual void attend() = 0;
};

/// One side's half of a channel before the peer's is known.
struct ChannelHalf {
    std::unique_ptr<Doorbell> doorbell;
    std::unique_ptr<OwnedMemory> memory;
    RegionLayout layout;
    ChannelRights rights{};
};

/// A channel's memory, for whoever may take it away: OwnedMemory::revoke(), MappedMemory::revoke().
struct ChannelGrip {
    std::weak_ptr<OwnedMemory> own;
    std::weak_ptr<MappedMemory> peer;
};

template <Trust kTrust>
class BasicChannel {
public:
    using Half = ChannelHalf;
    using Grip = ChannelGrip;

    /// Allocates, formats and publishes our region for `peer`.
    /// Ownership: takes `doorbell`. Errors: as Carrier::allocate and lay_out.
    [[nodiscard]] static Result<Half> prepare(Carrier& carrier, PeerId peer, std::unique_ptr<Doorbell> doorbell,
                                              const RegionSpec& spec, const ChannelRights& rights = {});

    /// Completes a half with the peer's region. Each side's number of priorities may differ: the
    /// smaller one counts.
    /// Errors: kCorrupt, kUnsupported as inspect_region; kConflict the peer's region belongs to another
    /// channel; kClosed its owner is dead.
    [[nodiscard]] static Result<BasicChannel> complete(Half half, std::unique_ptr<MappedMemory> peer);

    BasicChannel(BasicChannel&&) noexcept = default;
    /// Ends the channel that was here, as the destructor does.
    BasicChannel& operator=(BasicChannel&& other) noexcept;
    /// Tells the peer that the channel is closed and wakes it.
    ~BasicChannel();

    /// What this stream of ours does when its credit runs out; kBlock at first. May change at any time.
    /// Errors: kInvalidArgument no such priority; kUnsupported kDropOldest or kLatestOnly, and our region was
    /// laid out without FIGCOM_FEATURE_OVERWRITES for it, or the peer's ABI minor is 0.
    [[nodiscard]] Result<void> set_policy(std::uint8_t priority, BackPressure policy);
    [[nodiscard]] BackPressure policy(std::uint8_t priority) const noexcept { return policies_[priority]; }

    /// Sends or says why not, and wakes a sleeping peer. Never blocks.
    /// `head.priority` is below priority_count().
    [[nodiscard]] SendStatus try_send(const MessageHead& head, std::span<const std::byte> payload) noexcept;

    /// Sends by the stream's policy. A message that comes back for want of credit is counted on both sides.
    /// Errors: kResourceExhausted no credit (kFail); kTimeout (kBlock); kInvalidArgument too large or no
    /// such priority; kPermissionDenied we only receive here; kClosed the peer is gone; kCorrupt the peer broke
    /// the protocol.
    [[nodiscard]] Result<void> send(const MessageHead& head, std::span<const std::byte> payload,
                                    std::chrono::steady_clock::time_point deadline = {});
    /// The same for one message, waiting or not. `policy` is kBlock or kFail.
    [[nodiscard]] Result<void> send(const MessageHead& head, std::span<const std::byte> payload, BackPressure policy,
                                    std::chrono::steady_clock::time_point deadline = {});

    /// Sends messages of `each` bytes that lie one after another in `payloads`, all under one head, and wakes a
    /// sleeping peer once. Never blocks. `sent`: how many went, from the first on; see Producer::try_send_many.
    [[nodiscard]] SendStatus try_send_many(const MessageHead& head, std::span<const std::byte> payloads,
                                           std::size_t each, std::size_t& sent) noexcept;

    /// Lends room for a message of up to `bytes` bytes where the peer will read it, by the stream's policy. One
    /// loan for each priority at a time; while it lasts, send() of more than FIGCOM_INLINE_BYTES finds no credit.
    /// What lies there is what an earlier message left.
    /// Errors: as send; kUnsupported a stream that may drop messages; kConflict a loan of this priority is out.
    [[nodiscard]] Result<std::span<std::byte>> loan(std::uint8_t priority, std::size_t bytes,
                                                    std::chrono::steady_clock::time_point deadline = {});
    /// Sends the first `bytes` of the loan of `head.priority`, without a copy. The loan is over with success only.
    /// Errors: as send; kInvalidArgument no loan, or `bytes` more than was lent.
    [[nodiscard]] Result<void> commit(const MessageHead& head, std::size_t bytes,
                                      std::chrono::steady_clock::time_point deadline = {});
    /// The same without waiting and without a question about the peer's life; see Producer::try_loan and
    /// try_commit. `priority` and `head.priority` are below priority_count().
    [[nodiscard]] SendStatus try_loan(std::uint8_t priority, std::size_t bytes, std::span<std::byte>& place) noexcept {
        return producers_[priority].try_loan(bytes, place);
    }
    [[nodiscard]] SendStatus try_commit(const MessageHead& head, std::size_t bytes) noexcept;
    /// Ends a loan without sending. `priority` is below priority_count(); without a loan nothing happens.
    void give_back_loan(std::uint8_t priority) noexcept { producers_[priority].give_back_loan(); }

    /// The next message, lowest priority number first, copied to the start of `buffer`.
    [[nodiscard]] ReceiveStatus try_receive(Received& received, std::span<std::byte> buffer) noexcept;

    /// The next messages of one head, copied out one after another, as many as fit `buffer`.
    [[nodiscard]] ReceiveStatus try_receive_many(ReceivedMany& received, std::span<std::byte> buffer) noexcept;
    /// The next message where it lies, lowest priority number first. It stays until release(). A ring whose
    /// owner may overwrite messages is not read in place: kCorrupt, until try_receive took what is there.
    [[nodiscard]] ReceiveStatus try_peek(MessageView& view) noexcept
        requires(kTrust == Trust::kTrusted);
    /// The next messages of one head, where they lie.
    [[nodiscard]] ReceiveStatus try_peek_many(BatchView& view) noexcept
        requires(kTrust == Trust::kTrusted);
    /// Gives back what the last peek showed, and its credit. Call it once for each peek that received.
    void release() noexcept
        requires(kTrust == Trust::kTrusted);

    /// Waits for a message: spins a learned while, then sleeps.
    /// Errors: kTimeout; kClosed the peer is gone and its ring is empty.
    [[nodiscard]] Result<void> wait(std::chrono::steady_clock::time_point deadline);

    /// Replaces our state `index` and wakes a peer that waits. Never blocks. Returns the new version.
    /// Errors: kInvalidArgument no such state, or longer than own_layout().state_bytes.
    [[nodiscard]] Result<std::uint64_t> write_state(std::uint32_t index, std::uint64_t timestamp_ns,
                                                    std::span<const std::byte> payload);
    /// The peer's newest state `index`, copied to the start of `buffer`; also after the peer is gone.
    /// Errors: as StateReader::read; kInvalidArgument no such state.
    [[nodiscard]] Result<StateHead> read_state(std::uint32_t index, std::span<std::byte> buffer);
    /// Waits for a newer state than the last that was read: spins a learned while, then sleeps.
    /// Errors: kTimeout; kClosed the peer is gone; kInvalidArgument no such state.
    [[nodiscard]] Result<void> wait_state(std::uint32_t index, std::chrono::steady_clock::time_point deadline);
    /// What reading the peer's state `index` (below peer_layout().state_count) has met with so far.
    [[nodiscard]] const StateCounters& state_counters(std::uint32_t index) const {
        return read_states_[index].counters();
    }

    /// Whether wait() and wait_state() poll a learned while before they sleep; they do at first. Without it they
    /// cost no processor time and a wake-up each time.
    void set_spinning(bool spinning) noexcept { spinning_ = spinning; }

    // The pieces of wait(), for callers that sleep in an event loop of their own:
    /// Says that we are about to sleep. False: there is a message (or credit) already, do not sleep.
    [[nodiscard]] bool arm_data() noexcept;
    /// The same for a newer state `index` of the peer, whatever messages are there.
    [[nodiscard]] bool arm_state(std::uint32_t index) noexcept;
    /// For a sender that ran out of credit for `length` bytes at `priority`.
    [[nodiscard]] bool arm_credit(std::uint8_t priority, std::size_t length) noexcept;
    /// After waking: takes the wake-up and withdraws both armings.
    void awake() noexcept;
    /// Whether a message is there now.
    [[nodiscard]] bool pending() const noexcept;
    [[nodiscard]] bool has_room(std::uint8_t priority, std::size_t length) noexcept;

    /// Whether the peer closed in order, or its kernel cleared `alive`: two loads, no system call. The local
    /// carrier's kernel does not; there a sudden death is told by peer_alive() only.
    [[nodiscard]] bool peer_closed() const noexcept {
        return load_acquire(peer_header_->life.alive) == 0 || load_acquire(peer_header_->life.closed) != 0;
    }
    /// Whether the peer still lives and has not closed. Messages that it sent before may remain.
    [[nodiscard]] bool peer_alive() const noexcept;
    /// Readable when the peer notified us.
    [[nodiscard]] int fd() const noexcept { return doorbell_->fd(); }
    /// Of our rings; 0 where we only receive, or where there are states only.
    [[nodiscard]] std::uint8_t priority_count() const noexcept { return static_cast<std::uint8_t>(producers_.size()); }
    [[nodiscard]] std::size_t payload_bytes_max() const noexcept {
        return producers_.empty() ? 0 : producers_.front().payload_bytes_max();
    }
    [[nodiscard]] const RegionLayout& own_layout() const noexcept { return own_layout_; }
    [[nodiscard]] const RegionLayout& peer_layout() const noexcept { return peer_layout_; }
    /// Hears `guard` whenever we sleep. Those who sleep on fd() themselves sleep on guard_fd() too, and call
    /// hear_guard() when it is readable.
    void set_guard(std::shared_ptr<ChannelGuard> guard) noexcept { guard_ = std::move(guard); }
    [[nodiscard]] int guard_fd() const noexcept { return guard_ != nullptr ? guard_->fd() : -1; }
    void hear_guard() {
        if (guard_ != nullptr) {
            guard_->attend();
        }
    }
    [[nodiscard]] Grip grip() const noexcept { return {.own = own_, .peer = peer_}; }
    /// For those who sleep on fd() themselves: called once for each wake-up, it says how long not to look at
    /// fd() again, because the peer rings more often than it may. Then look at the ring.
    [[nodiscard]] std::chrono::nanoseconds deaf_after_wake_up() noexcept;
    [[nodiscard]] ChannelCounters counters() const noexcept;
    /// The same of one priority; without notifications and sleeps, which belong to the whole channel.
    [[nodiscard]] ChannelCounters counters(std::uint8_t priority) const noexcept;
    /// Messages of ours that the peer has not taken, as far as it has told; at most what our rings hold.
    [[nodiscard]] std::uint64_t in_flight() const noexcept;

private:
    BasicChannel(Half half, std::unique_ptr<MappedMemory> peer, const RegionLayout& peer_layout);
    template <typename Attempt>
    [[nodiscard]] Result<void> until_sent(std::uint8_t priority, std::size_t bytes, BackPressure policy,
                                          std::chrono::steady_clock::time_point deadline, Attempt attempt);
    template <typename Take>
    [[nodiscard]] ReceiveStatus take_first(Take take) noexcept;
    void ring_for_data() noexcept;
    void ring_if_armed(const std::uint64_t& peer_armed, std::uint64_t& last_rung) noexcept;
    void ring_for_credit() noexcept;
    void set_armed(std::uint64_t& word, std::uint64_t& count, bool armed) noexcept;
    [[nodiscard]] bool gone(bool woken) const noexcept { return peer_closed() || (woken && doorbell_->peer_gone()); }
    [[nodiscard]] Result<void> sleep_until(std::chrono::steady_clock::time_point deadline);
    [[nodiscard]] Result<bool> sleep_guarded(int timeout_ms, bool deaf);

    std::unique_ptr<Doorbell> doorbell_;
    std::shared_ptr<OwnedMemory> own_;
    std::shared_ptr<MappedMemory> peer_;
    figcom_region_header* own_header_; // of own_ and peer_, which stay where they are
    const figcom_region_header* peer_header_;
    RegionLayout own_layout_;
    RegionLayout peer_layout_;
    std::array<BackPressure, FIGCOM_PRIORITIES_MAX> policies_{};
    std::vector<Producer> producers_;
    std::vector<Consumer<kTrust>> consumers_;
    std::vector<StateWriter> written_states_;
    std::vector<StateReader> read_states_;
    SpinBudget spin_;
    std::uint64_t data_armings_{0}; // odd: armed
    std::uint64_t credit_armings_{0};
    std::uint64_t data_rung_{0}; // the peer's arming that we last answered
    std::uint64_t credit_rung_{0};
    std::uint64_t notifications_sent_{0};
    std::uint64_t sleeps_{0};
    std::uint64_t notifications_ignored_{0};
    TokenBucket notifications_;
    std::shared_ptr<ChannelGuard> guard_;
    std::size_t peeked_{0}; // the priority of the last peek
    bool peer_sleeps_{true};
    bool spinning_{true};
};

/// The peer may change what it sent while it is being read: everything is copied out once.
using Channel = BasicChannel<Trust::kUntrusted>;
/// The peer leaves alone what it sent (the same control domain): messages can be read where they lie.
using TrustedChannel = BasicChannel<Trust::kTrusted>;

extern template class BasicChannel<Trust::kUntrusted>;
extern template class BasicChannel<Trust::kTrusted>;

} // namespace zeta::figcom
