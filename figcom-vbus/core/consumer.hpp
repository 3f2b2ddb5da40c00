// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The receiving end of one ring. Its index is private and published to the peer as credit,
// in batches. Trust is in the type: an untrusted consumer has no way to hand out memory
// that the peer can still change. Layer 1; Channel owns one per priority.

#include "figcom-vbus/core/message.hpp"
#include "figcom-vbus/core/region.hpp"
#include "figcom-vbus/core/shared_words.hpp"

#include <utility>

namespace zeta::figcom {

template <Trust kTrust>
class Consumer {
public:
    /// `peer` was inspected as `layout`; `own_consumed` is our progress word for this priority.
    /// Ownership: borrows both memories.
    Consumer(std::span<const std::byte> peer, const RegionLayout& layout, std::uint8_t priority,
             figcom_progress* own_progress)
        : slots_(reinterpret_cast<const figcom_descriptor*>(peer.data() + layout.ring_offset) +
                 std::size_t{priority} * layout.slot_count),
          slab_(peer.data() + layout.slab_offset), stream_(&header_of(peer).stream[priority]),
          own_progress_(own_progress), slot_mask_(layout.slot_count - 1), slab_bytes_(layout.slab_bytes),
          sequence_tag_((layout.epoch & 0xffff) << 48),
          credit_batch_(layout.slot_count >= 8 ? layout.slot_count / 4 : 1), overwrites_(layout.overwrites(priority)) {}

    /// Copies the next message out: its head to `head`, its payload to the start of `buffer`.
    /// A payload that does not fit `buffer` is kCorrupt: a channel's limit is agreed beforehand.
    /// Thread: one at a time. Never blocks. Memory order: the acquire of the sequence word makes the
    /// slot's other words visible; each of them is then read exactly once. What a peer overwrites
    /// meanwhile is discarded, never handed out.
    [[nodiscard]] ReceiveStatus try_receive(MessageHead& head, std::span<std::byte> buffer,
                                            std::size_t& length) noexcept {
        if (overwrites_) [[unlikely]] {
            return receive_racing(head, buffer, length);
        }
        const figcom_descriptor& slot = slots_[next_ & slot_mask_];
        if (load_acquire(slot.sequence) != expected()) {
            publish_credit();
            return ReceiveStatus::kEmpty;
        }
        std::uint64_t words[4];
        load_head(slot, words);
        const Fields fields = unpack(words);
        if (fields.length > buffer.size() || !payload_lies_inside(fields)) {
            return skip_corrupt();
        }
        if (fields.length != 0) {
            copy_once(buffer.data(), payload_at(slot, fields), fields.length);
        }
        length = fields.length;
        head = fields.head;
        advance(fields.flags);
        return ReceiveStatus::kReceived;
    }

    /// The next message where it lies. It stays until release(). A ring whose owner may overwrite messages
    /// cannot be read in place: kCorrupt, and nothing is skipped.
    [[nodiscard]] ReceiveStatus try_peek(MessageView& view) noexcept
        requires(kTrust == Trust::kTrusted)
    {
        if (overwrites_) [[unlikely]] {
            return ReceiveStatus::kCorrupt;
        }
        const figcom_descriptor& slot = slots_[next_ & slot_mask_];
        if (load_acquire(slot.sequence) != expected()) {
            publish_credit();
            return ReceiveStatus::kEmpty;
        }
        std::uint64_t words[4];
        load_head(slot, words);
        const Fields fields = unpack(words);
        if (!payload_lies_inside(fields)) {
            return skip_corrupt();
        }
        view.head = fields.head;
        peeked_flags_ = fields.flags;
        view.payload = {payload_at(slot, fields), fields.length};
        return ReceiveStatus::kReceived;
    }
    void release() noexcept
        requires(kTrust == Trust::kTrusted)
    {
        advance(peeked_flags_);
    }

    /// Whether a message is there, with the sequentially consistent load of the sleep handshake.
    [[nodiscard]] bool pending() const noexcept {
        if (load_sequential(slots_[next_ & slot_mask_].sequence) == expected()) {
            return true;
        }
        if (!overwrites_) {
            return false;
        }
        // After the sequence word: whoever sees that slot overwritten sees the floor that preceded it.
        const std::uint64_t floor = load_acquire(stream_->floor);
        return floor > next_ && load_sequential(slots_[floor & slot_mask_].sequence) == word_of(floor);
    }

    /// Tells the peer of every slot taken so far. Returns whether there was news.
    /// Sequentially consistent, so that the caller's following load of the peer's armed word sees
    /// a peer that went to sleep for credit before this store.
    bool publish_credit() noexcept {
        if (published_ == next_) {
            return false;
        }
        published_ = next_;
        if (overwrites_) {
            store_release(own_progress_->lost, counters_.lost);
        }
        store_sequential(own_progress_->consumed, next_);
        return credit_news_ = true;
    }
    /// Whether credit was published since the last call: the peer may sleep for it.
    [[nodiscard]] bool take_credit_news() noexcept { return std::exchange(credit_news_, false); }

    [[nodiscard]] const ReceiveCounters& counters() const noexcept { return counters_; }

private:
    struct Fields {
        MessageHead head;
        std::uint8_t flags;
        std::uint32_t length;
        std::uint64_t offset;
    };

    static constexpr int kOvertakenTries = 4; // then the caller gets kEmpty and may try again

    [[nodiscard]] std::uint64_t word_of(std::uint64_t index) const noexcept {
        return sequence_tag_ | ((index + 1) & 0xffffffffffffULL);
    }
    [[nodiscard]] std::uint64_t expected() const noexcept { return word_of(next_); }

    // A seqlock over the ring, whose guard is the peer's floor: what was copied counts only if the floor
    // still lies at or below it afterwards. Bounded, whatever the peer does with its words.
    [[nodiscard]] ReceiveStatus receive_racing(MessageHead& head, std::span<std::byte> buffer,
                                               std::size_t& length) noexcept {
        for (int attempt = 0; attempt < kOvertakenTries; ++attempt) {
            skip_given_up();
            const figcom_descriptor& slot = slots_[next_ & slot_mask_];
            if (load_acquire(slot.sequence) != expected()) {
                if (given_up()) {
                    continue;
                }
                break;
            }
            std::uint64_t words[4];
            load_head(slot, words);
            const Fields fields = unpack(words);
            const bool sound = fields.length <= buffer.size() && payload_lies_inside(fields) && fields.offset % 8 == 0;
            if (sound) {
                load_racing(buffer.data(), payload_at(slot, fields), fields.length);
            }
            if (given_up()) {
                continue;
            }
            if (!sound) {
                return skip_corrupt();
            }
            length = fields.length;
            head = fields.head;
            advance(fields.flags);
            return ReceiveStatus::kReceived;
        }
        publish_credit();
        return ReceiveStatus::kEmpty;
    }
    [[nodiscard]] bool given_up() const noexcept { return load_acquire(stream_->floor) > next_; }
    void skip_given_up() noexcept {
        const std::uint64_t floor = load_acquire(stream_->floor);
        if (floor > next_) {
            counters_.lost += floor - next_;
            next_ = floor;
        }
    }

    // Words 1…4 of the descriptor (everything but sequence and payload), each read once.
    static void load_head(const figcom_descriptor& slot, std::uint64_t (&words)[4]) noexcept {
        const auto* raw = reinterpret_cast<const std::uint64_t*>(&slot);
        for (std::size_t i = 0; i < 4; ++i) {
            words[i] = load_acquire(raw[i + 1]);
        }
    }
    static Fields unpack(const std::uint64_t (&words)[4]) noexcept {
        return {.head = {.timestamp_ns = words[0],
                         .source = static_cast<std::uint32_t>(words[1]),
                         .target = static_cast<std::uint32_t>(words[1] >> 32),
                         .type = static_cast<std::uint16_t>(words[2]),
                         .priority = static_cast<std::uint8_t>(words[2] >> 16)},
                .flags = static_cast<std::uint8_t>(words[2] >> 24),
                .length = static_cast<std::uint32_t>(words[2] >> 32),
                .offset = words[3]};
    }
    [[nodiscard]] bool payload_lies_inside(const Fields& fields) const noexcept {
        if ((fields.flags & FIGCOM_FLAG_SLAB) == 0) {
            return fields.length <= FIGCOM_INLINE_BYTES;
        }
        return fields.offset <= slab_bytes_ && fields.length <= slab_bytes_ - fields.offset;
    }
    [[nodiscard]] const std::byte* payload_at(const figcom_descriptor& slot, const Fields& fields) const noexcept {
        return (fields.flags & FIGCOM_FLAG_SLAB) != 0
                   ? slab_ + fields.offset
                   : reinterpret_cast<const std::byte*>(static_cast<const std::uint8_t*>(slot.payload));
    }
    ReceiveStatus skip_corrupt() noexcept {
        ++counters_.corrupt;
        --counters_.received; // advance() counts it
        advance(0);
        return ReceiveStatus::kCorrupt;
    }
    // Credit is told in batches. A large payload's at once: the sender may need just that part of the slab,
    // and we may be busy with the message for long.
    void advance(std::uint8_t flags) noexcept {
        ++next_;
        ++counters_.received;
        if (next_ - published_ >= credit_batch_ || (flags & FIGCOM_FLAG_SLAB) != 0) {
            publish_credit();
        }
    }

    const figcom_descriptor* slots_;
    const std::byte* slab_;
    const figcom_stream* stream_;
    figcom_progress* own_progress_;
    std::uint64_t slot_mask_;
    std::uint64_t slab_bytes_;
    std::uint64_t sequence_tag_;
    std::uint64_t credit_batch_;
    bool overwrites_;
    std::uint64_t next_{0};
    std::uint64_t published_{0};
    bool credit_news_{false};
    std::uint8_t peeked_flags_{0};
    ReceiveCounters counters_;
};

} // namespace zeta::figcom
