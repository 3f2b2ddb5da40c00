// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The receiving end of one ring. Its index is private and published to the peer as credit,
// in batches. Trust is in the type: an untrusted consumer has no way to hand out memory
// that the peer can still change. A batch is taken message by message or as a whole, from one
// checked copy of its head. Layer 1; Channel owns one per priority.

#include "figcom-vbus/core/message.hpp"
#include "figcom-vbus/core/region.hpp"
#include "figcom-vbus/core/shared_words.hpp"

#include <algorithm>
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

    /// The peer declared that it never sleeps: telling it of credit needs no full fence.
    void peer_is_polled() noexcept { sleepy_peer_ = false; }

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
        Fields fields;
        if (batch_.count == 0) {
            if (const ReceiveStatus status = look(fields); status != ReceiveStatus::kReceived) {
                return status;
            }
            if (batch_.count == 0) [[likely]] {
                return receive_single(fields, head, buffer, length);
            }
        }
        length = batch_.each;
        return receive_of_batch(head, buffer, 1);
    }

    /// Copies as many messages out as lie under the next head and fit `buffer`: `count` of them, `each` bytes
    /// long, one after another. A peer that sends no batches gives one at a time. A `buffer` smaller than one
    /// message is kCorrupt, as above.
    [[nodiscard]] ReceiveStatus try_receive_many(MessageHead& head, std::span<std::byte> buffer, std::size_t& each,
                                                 std::size_t& count) noexcept {
        count = 1;
        if (overwrites_) [[unlikely]] {
            return receive_racing(head, buffer, each);
        }
        Fields fields;
        if (batch_.count == 0) {
            if (const ReceiveStatus status = look(fields); status != ReceiveStatus::kReceived) {
                return status;
            }
            if (batch_.count == 0) {
                return receive_single(fields, head, buffer, each);
            }
        }
        each = batch_.each;
        count = batch_.count;
        if (count * each > buffer.size()) {
            count = buffer.size() / each;
        }
        return receive_of_batch(head, buffer, static_cast<std::uint32_t>(count));
    }

    /// The next message where it lies. It stays until release(). A ring whose owner may overwrite messages
    /// cannot be read in place: kCorrupt, and nothing is skipped.
    [[nodiscard]] ReceiveStatus try_peek(MessageView& view) noexcept
        requires(kTrust == Trust::kTrusted)
    {
        if (overwrites_) [[unlikely]] {
            return ReceiveStatus::kCorrupt;
        }
        Fields fields;
        if (batch_.count == 0) {
            if (const ReceiveStatus status = look(fields); status != ReceiveStatus::kReceived) {
                return status;
            }
            if (batch_.count == 0) [[likely]] {
                if (!payload_lies_inside(fields)) {
                    return skip_corrupt();
                }
                view.head = fields.head;
                peeked_flags_ = fields.flags;
                view.payload = {payload_at(fields), fields.length};
                return ReceiveStatus::kReceived;
            }
        }
        peeked_count_ = 1;
        view.head = batch_.head;
        view.payload = {batch_.place, batch_.each};
        return ReceiveStatus::kReceived;
    }
    /// All messages that lie under the next head, where they lie; one, if it is no batch. They stay until release().
    [[nodiscard]] ReceiveStatus try_peek_many(BatchView& view) noexcept
        requires(kTrust == Trust::kTrusted)
    {
        MessageView first;
        if (const ReceiveStatus status = try_peek(first); status != ReceiveStatus::kReceived) {
            return status;
        }
        view = {.head = first.head, .payloads = first.payload, .each = first.payload.size(), .count = 1};
        if (batch_.count != 0) {
            peeked_count_ = batch_.count;
            view.count = batch_.count;
            view.payloads = {batch_.place, view.count * batch_.each};
        }
        return ReceiveStatus::kReceived;
    }
    /// Gives back what the last peek showed.
    void release() noexcept
        requires(kTrust == Trust::kTrusted)
    {
        if (batch_.count != 0) {
            take_of_batch(peeked_count_);
        } else {
            ++counters_.received;
            advance(peeked_flags_);
        }
    }

    /// Whether a message is there, with the sequentially consistent load of the sleep handshake.
    [[nodiscard]] bool pending() const noexcept {
        if (load_sequential(slots_[next_ & slot_mask_].sequence) == expected()) {
            return true; // also while a batch is being taken: it keeps its slot
        }
        if (!overwrites_) {
            return false;
        }
        // After the sequence word: whoever sees that slot overwritten sees the floor that preceded it.
        const std::uint64_t floor = load_acquire(stream_->floor);
        return floor > next_ && load_sequential(slots_[floor & slot_mask_].sequence) == word_of(floor);
    }

    /// Tells the peer of every slot taken so far. Returns whether there was news.
    /// Sequentially consistent for a peer that sleeps, so that the caller's following load of the peer's armed word
    /// sees a peer that went to sleep for credit before this store.
    bool publish_credit() noexcept {
        if (published_ == next_) {
            return false;
        }
        published_ = next_;
        if (overwrites_) {
            store_release(own_progress_->lost, counters_.lost);
        }
        if (sleepy_peer_) {
            store_sequential(own_progress_->consumed, next_);
        } else {
            store_release(own_progress_->consumed, next_);
        }
        return credit_news_ = true;
    }
    /// Whether credit was published since the last call: the peer may sleep for it.
    [[nodiscard]] bool take_credit_news() noexcept { return std::exchange(credit_news_, false); }

    /// Slots taken so far; a batch is one.
    [[nodiscard]] std::uint64_t slots_taken() const noexcept { return next_; }
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
            const bool sound = (fields.flags & FIGCOM_FLAG_BATCH) == 0 && fields.length <= buffer.size() &&
                               payload_lies_inside(fields) && fields.offset % 8 == 0;
            if (sound) {
                load_racing(buffer.data(), payload_at(fields), fields.length);
            }
            if (given_up()) {
                continue;
            }
            if (!sound) {
                return skip_corrupt();
            }
            length = fields.length;
            head = fields.head;
            ++counters_.received;
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

    // What is left of the batch at next_: checked when it was opened, and not looked at in the peer's memory again.
    struct Batch {
        MessageHead head;
        const std::byte* place{nullptr};
        std::uint32_t count{0};
        std::uint32_t each{0};
        std::uint8_t flags{0};
    };

    // The head at next_: a single message's fields, or batch_ filled.
    [[nodiscard]] ReceiveStatus look(Fields& fields) noexcept {
        const figcom_descriptor& slot = slots_[next_ & slot_mask_];
        if (load_acquire(slot.sequence) != expected()) {
            publish_credit();
            return ReceiveStatus::kEmpty;
        }
        std::uint64_t words[4];
        load_head(slot, words);
        fields = unpack(words);
        return (fields.flags & FIGCOM_FLAG_BATCH) != 0 ? open_batch(fields) : ReceiveStatus::kReceived;
    }
    [[nodiscard]] ReceiveStatus receive_single(const Fields& fields, MessageHead& head, std::span<std::byte> buffer,
                                               std::size_t& length) noexcept {
        if (fields.length > buffer.size() || !payload_lies_inside(fields)) {
            return skip_corrupt();
        }
        if (fields.length != 0) {
            copy_once(buffer.data(), payload_at(fields), fields.length);
        }
        length = fields.length;
        head = fields.head;
        ++counters_.received;
        advance(fields.flags);
        return ReceiveStatus::kReceived;
    }
    [[nodiscard]] ReceiveStatus open_batch(const Fields& fields) noexcept {
        const auto* raw = reinterpret_cast<const std::uint64_t*>(&slots_[next_ & slot_mask_]);
        const std::uint64_t word = load_acquire(raw[5]); // figcom_batch
        const auto count = static_cast<std::uint32_t>(word);
        const auto each = static_cast<std::uint32_t>(word >> 32);
        const bool in_slab = (fields.flags & FIGCOM_FLAG_SLAB) != 0;
        const bool inside = in_slab ? payload_lies_inside(fields) : fields.length <= FIGCOM_BATCH_INLINE_BYTES;
        if (count == 0 || count > FIGCOM_BATCH_MAX || std::uint64_t{count} * each != fields.length || !inside) {
            return skip_corrupt();
        }
        batch_ = {.head = fields.head,
                  .place = payload_at(fields) + (in_slab ? 0 : sizeof(figcom_batch)),
                  .count = count,
                  .each = each,
                  .flags = fields.flags};
        return ReceiveStatus::kReceived;
    }
    // `count` messages of the open batch; 0: not even one fits the caller's buffer.
    [[nodiscard]] ReceiveStatus receive_of_batch(MessageHead& head, std::span<std::byte> buffer,
                                                 std::uint32_t count) noexcept {
        const std::size_t bytes = std::size_t{count} * batch_.each;
        if (count == 0 || bytes > buffer.size()) {
            batch_.count = 0;
            return skip_corrupt();
        }
        if (bytes != 0) {
            copy_once(buffer.data(), batch_.place, bytes);
        }
        head = batch_.head;
        take_of_batch(count);
        return ReceiveStatus::kReceived;
    }
    void take_of_batch(std::uint32_t count) noexcept {
        counters_.received += count;
        batch_.place += std::size_t{count} * batch_.each;
        batch_.count -= count;
        if (batch_.count == 0) {
            advance(batch_.flags);
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
    // Of the message at next_.
    [[nodiscard]] const std::byte* payload_at(const Fields& fields) const noexcept {
        const figcom_descriptor& slot = slots_[next_ & slot_mask_];
        return (fields.flags & FIGCOM_FLAG_SLAB) != 0
                   ? slab_ + fields.offset
                   : reinterpret_cast<const std::byte*>(static_cast<const std::uint8_t*>(slot.payload));
    }
    ReceiveStatus skip_corrupt() noexcept {
        ++counters_.corrupt;
        advance(0);
        return ReceiveStatus::kCorrupt;
    }
    // Credit is told in batches. A large payload's at once: the sender may need just that part of the slab,
    // and we may be busy with the message for long.
    void advance(std::uint8_t flags) noexcept {
        ++next_;
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
    bool sleepy_peer_{true};
    std::uint8_t peeked_flags_{0};
    std::uint32_t peeked_count_{0};
    Batch batch_;
    ReceiveCounters counters_;
};

} // namespace zeta::figcom
