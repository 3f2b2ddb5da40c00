// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Meta syncs: one side's newest state, readable by the other at any time. A seqlock over two buffers,
// so that a complete state is there even while, or after, its owner dies writing the next (decision
// 0027). Layer 1; Channel owns the readers and writers of its two regions.

#include "figcom-vbus/core/region.hpp"
#include "figcom-vbus/core/shared_words.hpp"

namespace zeta::figcom {

/// What a state says about itself.
struct StateHead {
    std::uint64_t version{0};      ///< 1, 2, 3 …; never the same twice in one epoch of the channel
    std::uint64_t timestamp_ns{0}; ///< the writer's clock
    std::size_t length{0};
};

struct StateCounters {
    std::uint64_t read{0};
    std::uint64_t overtaken{0}; ///< copies thrown away because the writer came round
    std::uint64_t unseen{0};    ///< versions between those that were read: replaced before we looked
};

class StateWriter {
public:
    /// `own` was laid out as `layout`; `index` is below layout.state_count.
    /// Ownership: borrows `own`.
    StateWriter(std::span<std::byte> own, const RegionLayout& layout, std::uint32_t index) noexcept;

    /// Replaces the state. `payload` is at most layout.state_bytes; what is longer is a bug of the caller's
    /// (Channel::write_state refuses it). Returns the new version.
    /// Thread: one at a time. Never blocks, whatever readers do. Memory order: the version is stored
    /// sequentially consistent, so that the caller's following load of the peer's armed word cannot precede it.
    std::uint64_t write(std::uint64_t timestamp_ns, std::span<const std::byte> payload) noexcept;

    [[nodiscard]] std::uint64_t version() const noexcept { return version_; }

private:
    figcom_state* state_;
    std::byte* buffers_;
    std::uint64_t stride_;
    std::uint64_t version_{0};
};

class StateReader {
public:
    static constexpr int kReadTries = 64; // an honest writer overtakes a reader once or twice

    /// `peer` was inspected as `layout`; `index` is below layout.state_count.
    /// Ownership: borrows `peer`.
    StateReader(std::span<const std::byte> peer, const RegionLayout& layout, std::uint32_t index) noexcept;

    /// Copies the newest state to the start of `buffer`. A late reader gets it at once.
    /// Thread: one at a time. Never blocks; never makes the writer wait.
    /// Errors: kNotFound nothing was written yet; kInvalidArgument `buffer` is too small; kUnavailable the
    /// writer came round kReadTries times; kCorrupt a version went backwards or a length exceeds the buffer's
    /// place: the writer broke the format.
    [[nodiscard]] Result<StateHead> read(std::span<std::byte> buffer) noexcept;

    /// Whether there is a newer state than the last that was read, with the sequentially consistent load
    /// of the sleep handshake.
    [[nodiscard]] bool newer() const noexcept { return load_sequential(state_->newest) > seen_; }
    [[nodiscard]] const StateCounters& counters() const noexcept { return counters_; }

private:
    const figcom_state* state_;
    const std::byte* buffers_;
    std::uint64_t stride_;
    std::uint64_t state_bytes_;
    std::uint64_t seen_{0};
    StateCounters counters_;
};

} // namespace zeta::figcom
