// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A channel: our region, the peer's region and the doorbell between them, with one ring in
// each direction per priority. Layer 1; the broker, the agents and later the block SDK call it.

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

class Channel {
public:
    /// One side's half before the peer's is known.
    struct Half {
        std::unique_ptr<Doorbell> doorbell;
        std::unique_ptr<OwnedMemory> memory;
        RegionLayout layout;
        ChannelRights rights{};
    };
    /// Its memory, for whoever may take it away: OwnedMemory::revoke(), MappedMemory::revoke().
    struct Grip {
        std::weak_ptr<OwnedMemory> own;
        std::weak_ptr<MappedMemory> peer;
    };

    /// Allocates, formats and publishes our region for `peer`.
    /// Ownership: takes `doorbell`. Errors: as Carrier::allocate and lay_out.
    [[nodiscard]] static Result<Half> prepare(Carrier& carrier, PeerId peer, std::unique_ptr<Doorbell> doorbell,
                                              const RegionSpec& spec, const ChannelRights& rights = {});

    /// Completes a half with the peer's region. Each side's number of priorities may differ: the
    /// smaller one counts.
    /// Errors: kCorrupt, kUnsupported as inspect_region; kConflict the peer's region belongs to another
    /// channel; kClosed its owner is dead.
    [[nodiscard]] static Result<Channel> complete(Half half, std::unique_ptr<MappedMemory> peer);

    Channel(Channel&&) noexcept = default;
    /// Ends the channel that was here, as the destructor does.
    Channel& operator=(Channel&& other) noexcept;
    /// Tells the peer that the channel is closed and wakes it.
    ~Channel();

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

    /// The next message, lowest priority number first, copied to the start of `buffer`.
    [[nodiscard]] ReceiveStatus try_receive(Received& received, std::span<std::byte> buffer) noexcept;

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
        const figcom_region_header& theirs = header_of(peer_->bytes());
        return load_acquire(theirs.life.alive) == 0 || load_acquire(theirs.life.closed) != 0;
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
    Channel(Half half, std::unique_ptr<MappedMemory> peer, const RegionLayout& peer_layout);
    void ring_if_armed(const std::uint64_t& peer_armed, std::uint64_t& last_rung) noexcept;
    void ring_for_credit() noexcept;
    void set_armed(std::uint64_t& word, std::uint64_t& count, bool armed) noexcept;
    [[nodiscard]] bool gone(bool woken) const noexcept { return peer_closed() || (woken && doorbell_->peer_gone()); }
    [[nodiscard]] Result<void> sleep_until(std::chrono::steady_clock::time_point deadline);

    std::unique_ptr<Doorbell> doorbell_;
    std::shared_ptr<OwnedMemory> own_;
    std::shared_ptr<MappedMemory> peer_;
    RegionLayout own_layout_;
    RegionLayout peer_layout_;
    std::array<BackPressure, FIGCOM_PRIORITIES_MAX> policies_{};
    std::vector<Producer> producers_;
    std::vector<Consumer<Trust::kUntrusted>> consumers_;
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
    bool peer_sleeps_{true};
    bool spinning_{true};
};

} // namespace zeta::figcom
