// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sending end of one ring: single producer, single consumer. All its state is private;
// of the peer it reads one word, how far the peer has consumed, and believes it only
// within what was sent. Layer 1; Channel owns one per priority.

#include "figcom-vbus/core/message.hpp"
#include "figcom-vbus/core/region.hpp"
#include "figcom-vbus/core/shared_words.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace zeta::figcom {

class Producer {
public:
    /// `own` was laid out as `layout`; `peer_consumed` is the peer's progress word for this priority.
    /// Ownership: borrows both memories.
    Producer(std::span<std::byte> own, const RegionLayout& layout, std::uint8_t priority,
             const std::uint64_t* peer_consumed)
        : slots_(reinterpret_cast<figcom_descriptor*>(own.data() + layout.ring_offset) +
                 std::size_t{priority} * layout.slot_count),
          slab_(own.data() + layout.slab_offset), stream_(&header_of(own).stream[priority]),
          peer_consumed_(peer_consumed), slot_mask_(layout.slot_count - 1),
          slab_share_(layout.slab_bytes / layout.priority_count), slab_base_(slab_share_ * priority),
          sequence_tag_((layout.epoch & 0xffff) << 48), slab_end_of_slot_(layout.slot_count), priority_(priority),
          sleepy_peer_(true), racing_(layout.overwrites(priority)) {}

    /// What a full ring does; kBlock and kFail are one here. kDropOldest and kLatestOnly need a ring that was
    /// laid out with FIGCOM_FEATURE_OVERWRITES and a peer of ABI minor 1 or later (Channel::set_policy checks).
    void set_policy(BackPressure policy) noexcept { policy_ = policy; }
    /// The caller gives a message up for want of credit: counted where the peer can read it.
    void count_given_back() noexcept { store_relaxed(stream_->refused, ++counters_.given_back); }

    /// The peer declared that it never sleeps: publishing needs no full fence.
    void peer_is_polled() noexcept { sleepy_peer_ = false; }
    /// The peer declared FIGCOM_FEATURE_BATCHES.
    void peer_takes_batches() noexcept { batches_ = true; }

    /// Sends or says why not. Never blocks.
    /// Thread: one at a time. Memory order: the slot's payload happens before its sequence word
    /// (release); with a peer that sleeps the sequence word is stored sequentially consistent, so
    /// that the caller's following load of the peer's armed word cannot be ordered before it
    /// (the other half is Channel::arm).
    [[nodiscard]] SendStatus try_send(const MessageHead& head, std::span<const std::byte> payload) noexcept {
        if (next_ - tail_ > slot_mask_) {
            if (const SendStatus status = find_slot(); status != SendStatus::kSent) {
                return status;
            }
        }
        figcom_descriptor& slot = slots_[next_ & slot_mask_];
        std::uint64_t offset = 0;
        std::uint8_t flags = 0;
        if (payload.size() <= FIGCOM_INLINE_BYTES) [[likely]] {
            put(static_cast<std::uint8_t*>(slot.payload), payload);
        } else {
            if (const SendStatus status = place_in_slab(payload, offset); status != SendStatus::kSent) {
                return status;
            }
            flags = FIGCOM_FLAG_SLAB;
        }
        publish(slot, head, flags, payload.size(), offset);
        ++counters_.sent;
        if (policy_ == BackPressure::kLatestOnly && next_ - tail_ > 1) [[unlikely]] {
            keep_latest();
        }
        return SendStatus::kSent;
    }

    /// Sends messages of `each` bytes (at least 1) that lie one after another in `payloads`, all under one head.
    /// As one batch, all or none, to a peer that takes batches; else one by one. `sent` is how many went, from
    /// the first on: all with kSent, fewer otherwise. One publication, so one fence at most, for each batch.
    [[nodiscard]] SendStatus try_send_many(const MessageHead& head, std::span<const std::byte> payloads,
                                           std::size_t each, std::size_t& sent) noexcept;

    /// Lends room for a payload of up to `bytes` in the slab, aligned to 64, to be written where the peer will
    /// read it. What lies there is what an earlier message left. One loan at a time: until it is committed or
    /// given back, payloads that need the slab meet kNoCredit. kTooLarge also on a ring that overwrites, whose
    /// reader would race with plain stores.
    [[nodiscard]] SendStatus try_loan(std::size_t bytes, std::span<std::byte>& place) noexcept;
    /// Sends the first `bytes` of the loan. kTooLarge: more than was lent, or nothing is lent. With any status
    /// but kSent the loan stays.
    [[nodiscard]] SendStatus try_commit(const MessageHead& head, std::size_t bytes) noexcept;
    void give_back_loan() noexcept { loan_bytes_.reset(); }
    [[nodiscard]] bool has_loan() const noexcept { return loan_bytes_.has_value(); }

    /// Whether a payload of `length` would be sent now. Reads the peer's progress.
    [[nodiscard]] bool has_room(std::size_t length) noexcept;

    /// Largest payload that fits an empty ring.
    [[nodiscard]] std::size_t payload_bytes_max() const noexcept {
        // A descriptor's length has 32 bits, and a slab may have 4 GiB.
        return std::clamp<std::uint64_t>(slab_share_, FIGCOM_INLINE_BYTES, UINT32_MAX);
    }

    /// Messages that the peer has not yet taken, as far as it has told.
    [[nodiscard]] std::uint64_t in_flight() const noexcept { return next_ - tail_; }
    [[nodiscard]] const SendCounters& counters() const noexcept { return counters_; }

private:
    // Words 1…4 of the descriptor, as the consumer reads them: whole words, so that a reader of an
    // overwritten slot races with nothing but atomic accesses.
    void put_head(figcom_descriptor& slot, const MessageHead& head, std::uint8_t flags, std::size_t length,
                  std::uint64_t offset) const noexcept {
        auto* words = reinterpret_cast<std::uint64_t*>(&slot);
        store_release(words[1], head.timestamp_ns);
        store_release(words[2], std::uint64_t{head.target} << 32 | head.source);
        store_release(words[3], std::uint64_t{length} << 32 | std::uint64_t{flags} << 24 |
                                    std::uint64_t{priority_} << 16 | head.type);
        store_release(words[4], offset);
    }
    void put(void* place, std::span<const std::byte> payload) const noexcept {
        if (racing_) {
            store_racing(place, payload.data(), payload.size());
        } else if (!payload.empty()) {
            std::memcpy(place, payload.data(), payload.size());
        }
    }
    [[nodiscard]] bool may_drop() const noexcept {
        return policy_ == BackPressure::kDropOldest || policy_ == BackPressure::kLatestOnly;
    }
    // Publishes the slot at next_, whose payload is in its place.
    void publish(figcom_descriptor& slot, const MessageHead& head, std::uint8_t flags, std::size_t length,
                 std::uint64_t offset) noexcept {
        slab_end_of_slot_[next_ & slot_mask_] = slab_head_;
        put_head(slot, head, flags, length, offset);
        const std::uint64_t word = sequence_tag_ | ((next_ + 1) & 0xffffffffffffULL);
        if (sleepy_peer_) {
            store_sequential(slot.sequence, word);
        } else {
            store_release(slot.sequence, word);
        }
        ++next_;
    }
    [[nodiscard]] SendStatus send_batch(const MessageHead& head, std::span<const std::byte> payloads, std::size_t each,
                                        std::size_t count) noexcept;
    [[nodiscard]] SendStatus find_slot() noexcept;
    void give_up(std::uint64_t floor) noexcept;
    void drop_some() noexcept;
    void keep_latest() noexcept;
    void free_upto(std::uint64_t index) noexcept;
    [[nodiscard]] bool refresh() noexcept;
    [[nodiscard]] bool fits_in_slab(std::uint64_t length) noexcept;
    [[nodiscard]] SendStatus find_in_slab(std::size_t bytes, std::uint64_t& at, std::uint64_t& offset) noexcept;
    void take_slab(std::uint64_t at, std::size_t bytes) noexcept;
    [[nodiscard]] SendStatus place_in_slab(std::span<const std::byte> payload, std::uint64_t& offset) noexcept;
    [[nodiscard]] bool slab_room(std::uint64_t length, std::uint64_t& skip) const noexcept;

    figcom_descriptor* slots_;
    std::byte* slab_;
    figcom_stream* stream_;
    const std::uint64_t* peer_consumed_;
    std::uint64_t slot_mask_;
    std::uint64_t slab_share_; // this priority's part of the slab
    std::uint64_t slab_base_;
    std::uint64_t sequence_tag_;
    std::vector<std::uint64_t> slab_end_of_slot_; // slab_head_ after each slot's payload
    std::uint8_t priority_;
    bool sleepy_peer_;
    bool racing_; // a reader may be copying what we overwrite
    bool batches_{false};
    BackPressure policy_{BackPressure::kFail};

    std::uint64_t next_{0};       // index of the next message
    std::uint64_t peer_taken_{0}; // shadow of the peer's progress: checked, never beyond next_
    std::uint64_t tail_{0};       // oldest message that still holds its slot: taken up to here, or given up
    std::uint64_t slab_head_{0};  // bytes ever taken from the slab, in order
    std::uint64_t slab_tail_{0};  // bytes given back
    std::uint64_t slab_turn_{0};  // slab_head_ where its present turn through the slab began
    std::uint64_t loan_at_{0};    // where the loan starts, counted as slab_head_ is
    std::uint64_t loan_offset_{0};
    std::optional<std::size_t> loan_bytes_;
    SendCounters counters_;
};

} // namespace zeta::figcom
