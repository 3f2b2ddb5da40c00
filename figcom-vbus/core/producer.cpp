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
    const std::uint64_t at = slab_head_ % slab_share_;
    skip = at + length > slab_share_ ? slab_share_ - at : 0;
    return slab_head_ - slab_tail_ + skip + length <= slab_share_;
}

SendStatus Producer::place_in_slab(std::span<const std::byte> payload, std::uint64_t& offset) noexcept {
    const std::uint64_t length = stepped(payload.size());
    if (length > slab_share_) {
        ++counters_.refused_too_large;
        return SendStatus::kTooLarge;
    }
    while (may_drop() && !has_room(payload.size()) && next_ != tail_) {
        drop_some();
    }
    if (!has_room(payload.size())) {
        ++counters_.refused_no_credit;
        return SendStatus::kNoCredit;
    }
    if (slab_tail_ == slab_head_) { // empty: start over, so that the largest payload always fits in the end
        slab_head_ = slab_tail_ = (slab_head_ / slab_share_ + 1) * slab_share_;
    }
    std::uint64_t skip = 0;
    if (!slab_room(length, skip)) {
        ++counters_.refused_no_credit;
        return SendStatus::kNoCredit;
    }
    slab_head_ += skip;
    offset = slab_base_ + slab_head_ % slab_share_;
    put(slab_ + offset, payload);
    slab_head_ += length;
    return SendStatus::kSent;
}

bool Producer::has_room(std::size_t length) noexcept {
    const std::uint64_t needed = length > FIGCOM_INLINE_BYTES ? stepped(length) : 0;
    if (needed > slab_share_) {
        return false;
    }
    const auto fits = [&] {
        std::uint64_t skip = 0;
        return next_ - tail_ <= slot_mask_ && (needed == 0 || slab_tail_ == slab_head_ || slab_room(needed, skip));
    };
    return fits() || (refresh() && fits());
}

} // namespace zeta::figcom
