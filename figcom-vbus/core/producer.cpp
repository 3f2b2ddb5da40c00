// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/producer.hpp"

#include <algorithm>

namespace zeta::figcom {

namespace {
constexpr std::uint64_t kSlabStep = 64; // payloads start on a cache line

constexpr std::uint64_t stepped(std::uint64_t length) noexcept {
    return (length + kSlabStep - 1) / kSlabStep * kSlabStep;
}
} // namespace

bool Producer::refresh() noexcept {
    // Acquire: what the peer read of a slot happens before we write that slot again.
    const std::uint64_t claimed = load_acquire(*peer_consumed_);
    if (claimed - peer_taken_ > next_ - peer_taken_) {
        ++counters_.peer_lies;
        return false;
    }
    peer_taken_ = claimed;
    if (claimed > tail_) { // else no news: the slot before it may be in use again, its note no longer says what it did
        free_upto(claimed);
    }
    return true;
}

void Producer::free_upto(std::uint64_t index) noexcept {
    tail_ = index;
    const std::uint64_t end = next_ == index ? slab_head_ : slab_end_of_slot_[(index - 1) & slot_mask_];
    slab_tail_ = std::max(slab_tail_, end); // never behind a fresh start that place_in_slab made
}

// Called with a ring that seems full.
SendStatus Producer::find_slot() noexcept {
    if (!refresh()) {
        return SendStatus::kPeerCorrupt;
    }
    if (next_ - tail_ > slot_mask_) {
        if (!may_drop()) {
            ++counters_.refused_no_credit;
            return SendStatus::kNoCredit;
        }
        drop_some();
    }
    return SendStatus::kSent;
}

// The floor is stored before anything of the given-up messages is overwritten. Those are release
// stores, so a reader that copied one new word sees the new floor afterwards and discards its copy.
void Producer::give_up(std::uint64_t floor) noexcept {
    counters_.given_up += floor - tail_;
    store_release(stream_->floor, floor);
    free_upto(floor);
}

// An eighth of the ring at a time: the line that holds the floor moves seldom, and a slow reader that
// jumps to the floor has time to take what it finds there.
void Producer::drop_some() noexcept {
    const std::uint64_t batch = policy_ == BackPressure::kLatestOnly ? next_ - tail_ : (slot_mask_ + 1) / 8;
    give_up(tail_ + std::clamp<std::uint64_t>(batch, 1, next_ - tail_));
}

// After the newest was published, so that there is always one to take.
void Producer::keep_latest() noexcept {
    if (refresh() && next_ - tail_ > 1) {
        give_up(next_ - 1);
    }
}

// The slab is used in order, as a ring; a payload never wraps. `skip` is what must be left
// unused at the end for that.
bool Producer::slab_room(std::uint64_t length, std::uint64_t& skip) const noexcept {
    const std::uint64_t at = slab_head_ - slab_turn_;
    skip = at + length > slab_share_ ? slab_share_ - at : 0;
    return slab_head_ - slab_tail_ + skip + length <= slab_share_;
}

// Where `bytes` fit in one piece. Nothing is taken yet.
SendStatus Producer::find_in_slab(std::size_t bytes, std::uint64_t& at, std::uint64_t& offset) noexcept {
    const std::uint64_t length = stepped(bytes);
    if (length > slab_share_ || bytes > payload_bytes_max()) {
        ++counters_.refused_too_large;
        return SendStatus::kTooLarge;
    }
    while (may_drop() && !fits_in_slab(length) && next_ != tail_) {
        drop_some();
    }
    if (!fits_in_slab(length)) {
        ++counters_.refused_no_credit;
        return SendStatus::kNoCredit;
    }
    if (slab_tail_ == slab_head_) { // empty: start over, so that the largest payload always fits in the end
        slab_turn_ += slab_share_;
        slab_head_ = slab_tail_ = slab_turn_;
    }
    std::uint64_t skip = 0;
    if (!slab_room(length, skip)) {
        ++counters_.refused_no_credit;
        return SendStatus::kNoCredit;
    }
    at = slab_head_ + skip;
    // A place at the very end is the start of the next turn.
    offset = slab_base_ + (at - slab_turn_ < slab_share_ ? at - slab_turn_ : 0);
    return SendStatus::kSent;
}

SendStatus Producer::place_in_slab(std::span<const std::byte> payload, std::uint64_t& offset) noexcept {
    std::uint64_t at = 0;
    if (const SendStatus status = find_in_slab(payload.size(), at, offset); status != SendStatus::kSent) {
        return status;
    }
    put(slab_ + offset, payload);
    take_slab(at, payload.size());
    return SendStatus::kSent;
}

// The `bytes` that find_in_slab found at `at`.
void Producer::take_slab(std::uint64_t at, std::size_t bytes) noexcept {
    slab_turn_ += at - slab_turn_ >= slab_share_ ? slab_share_ : 0;
    slab_head_ = at + stepped(bytes);
}

SendStatus Producer::try_send_many(const MessageHead& head, std::span<const std::byte> payloads, std::size_t each,
                                   std::size_t& sent) noexcept {
    sent = 0;
    const std::size_t count = each == 0 ? 0 : payloads.size() / each;
    if (each == 0 || count * each != payloads.size()) {
        return SendStatus::kTooLarge;
    }
    const bool fits = payloads.size() <= FIGCOM_BATCH_INLINE_BYTES ||
                      (stepped(payloads.size()) <= slab_share_ && payloads.size() <= payload_bytes_max());
    if (batches_ && !racing_ && count > 1 && count <= FIGCOM_BATCH_MAX && fits) {
        const SendStatus status = send_batch(head, payloads, each, count);
        sent = status == SendStatus::kSent ? count : 0;
        return status;
    }
    for (; sent < count; ++sent) {
        if (const SendStatus status = try_send(head, payloads.subspan(sent * each, each));
            status != SendStatus::kSent) {
            return status;
        }
    }
    return SendStatus::kSent;
}

SendStatus Producer::send_batch(const MessageHead& head, std::span<const std::byte> payloads, std::size_t each,
                                std::size_t count) noexcept {
    if (next_ - tail_ > slot_mask_) {
        if (const SendStatus status = find_slot(); status != SendStatus::kSent) {
            return status;
        }
    }
    figcom_descriptor& slot = slots_[next_ & slot_mask_];
    std::uint64_t offset = 0;
    std::uint8_t flags = FIGCOM_FLAG_BATCH;
    if (payloads.size() <= FIGCOM_BATCH_INLINE_BYTES) {
        std::memcpy(static_cast<std::uint8_t*>(slot.payload) + sizeof(figcom_batch), payloads.data(), payloads.size());
    } else {
        if (const SendStatus status = place_in_slab(payloads, offset); status != SendStatus::kSent) {
            return status;
        }
        flags |= FIGCOM_FLAG_SLAB;
    }
    const figcom_batch batch{.count = static_cast<std::uint32_t>(count), .each = static_cast<std::uint32_t>(each)};
    std::memcpy(static_cast<std::uint8_t*>(slot.payload), &batch, sizeof batch);
    publish(slot, head, flags, payloads.size(), offset);
    counters_.sent += batch.count;
    return SendStatus::kSent;
}

SendStatus Producer::try_loan(std::size_t bytes, std::span<std::byte>& place) noexcept {
    if (racing_) {
        return SendStatus::kTooLarge;
    }
    if (next_ - tail_ > slot_mask_) {
        if (const SendStatus status = find_slot(); status != SendStatus::kSent) {
            return status;
        }
    }
    // Its own line even when empty, so that the place lies inside the slab.
    if (const SendStatus status = find_in_slab(std::max<std::size_t>(bytes, 1), loan_at_, loan_offset_);
        status != SendStatus::kSent) {
        return status;
    }
    loan_bytes_ = bytes;
    place = {slab_ + loan_offset_, bytes};
    return SendStatus::kSent;
}

// Inline messages may have been sent since the loan; none of them moved the slab's head.
SendStatus Producer::try_commit(const MessageHead& head, std::size_t bytes) noexcept {
    if (!loan_bytes_ || bytes > *loan_bytes_) {
        return SendStatus::kTooLarge;
    }
    if (next_ - tail_ > slot_mask_) {
        if (const SendStatus status = find_slot(); status != SendStatus::kSent) {
            return status;
        }
    }
    loan_bytes_.reset();
    take_slab(loan_at_, bytes);
    publish(slots_[next_ & slot_mask_], head, FIGCOM_FLAG_SLAB, bytes, loan_offset_);
    ++counters_.sent;
    return SendStatus::kSent;
}

bool Producer::fits_in_slab(std::uint64_t length) noexcept {
    const auto fits = [&] {
        std::uint64_t skip = 0;
        return slab_tail_ == slab_head_ || slab_room(length, skip);
    };
    return !loan_bytes_ && (fits() || (refresh() && fits()));
}

bool Producer::has_room(std::size_t length) noexcept {
    const std::uint64_t needed = length > FIGCOM_INLINE_BYTES ? stepped(length) : 0;
    if (needed > slab_share_ || length > payload_bytes_max()) {
        return false;
    }
    if (next_ - tail_ > slot_mask_ && (!refresh() || next_ - tail_ > slot_mask_)) {
        return false;
    }
    return needed == 0 || fits_in_slab(needed);
}

} // namespace zeta::figcom
