// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Redundant syncs: a stream of records that counts only once every living replica holds it. Each
// replica is reached over a channel of its own; what was acknowledged survives the loss of all
// replicas but one (decision 0028). Layer 1.

#include "figcom-vbus/core/channel.hpp"
#include "figcom-vbus/wire/sync.h"

#include <functional>
#include <memory>
#include <vector>

namespace zeta::figcom {

struct RedundantWriterCounters {
    std::uint64_t resent{0};         ///< records sent again because a replica missed them
    std::uint64_t replicas_lost{0};  ///< dead, closed, or thrown out
    std::uint64_t too_far_behind{0}; ///< of those, thrown out because the log no longer reached back to them
    std::uint64_t liars{0};          ///< of those, thrown out because they broke the protocol
};

class RedundantWriter {
public:
    static constexpr std::size_t kReplicasMax = 16;
    static constexpr std::size_t kLogRecordsMax = 65536;

    struct Options {
        std::uint64_t stream{0};            ///< not 0; replicas of another stream are thrown out
        std::size_t replicas_needed{1};     ///< with fewer living ones nothing is appended or acknowledged
        std::size_t log_records{1024};      ///< kept for repair and for replicas that come late
        std::size_t record_bytes_max{4096}; ///< of one record
    };

    /// Errors: kInvalidArgument an option outside its range.
    [[nodiscard]] static Result<RedundantWriter> create(const Options& options);

    /// Adds a replica, at any time. It counts at once: nothing more is acknowledged until it has caught up
    /// or is gone. It gets what it lacks as far as the log reaches back.
    /// Errors: kResourceExhausted kReplicasMax; kInvalidArgument the channel cannot carry the longest record.
    [[nodiscard]] Result<void> add_replica(Channel channel);

    /// Appends a record and sends it to every replica that has credit. Returns its number, from 1.
    /// Never blocks.
    /// Errors: kInvalidArgument too long; kUnavailable too few living replicas; kResourceExhausted the log is
    /// full of records that some living replica does not hold.
    [[nodiscard]] Result<std::uint64_t> append(std::span<const std::byte> record);

    /// Takes what the replicas say, repairs gaps, drops the dead. Bounded, never blocks.
    void pump();

    /// Until `sequence` is acknowledged: pumps and sleeps.
    /// Errors: kTimeout; kUnavailable too few living replicas.
    [[nodiscard]] Result<void> wait(std::uint64_t sequence, std::chrono::steady_clock::time_point deadline);

    /// Every replica that lives holds the records up to this one.
    [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }
    [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
    [[nodiscard]] std::size_t replica_count() const noexcept { return replicas_.size(); }
    [[nodiscard]] const RedundantWriterCounters& counters() const noexcept { return counters_; }

private:
    struct Replica {
        Channel channel;
        std::uint64_t next{0}; // the record to send next; 0: it has not yet said what it holds
        std::uint64_t held{0};
        std::uint64_t told{0}; // the acknowledgement that it last heard of
        std::uint64_t round{0};
        std::uint64_t window{UINT64_MAX}; // records under way at once; smaller after each gap
        bool gone{false};
    };
    explicit RedundantWriter(const Options& options);
    void listen(Replica& replica);
    void hear(Replica& replica, const Received& received, std::span<const std::byte> payload);
    void feed(Replica& replica);
    void tell_commit(Replica& replica);
    void settle();
    [[nodiscard]] bool has_work(const Replica& replica) const noexcept {
        return replica.next != 0 && replica.next <= last_ && replica.next - replica.held <= replica.window;
    }
    [[nodiscard]] std::vector<std::byte>& kept(std::uint64_t sequence) { return log_[sequence % log_.size()]; }

    Options options_;
    std::vector<Replica> replicas_;
    std::vector<std::vector<std::byte>> log_; // whole messages, by sequence modulo its size
    std::uint64_t last_{0};
    std::uint64_t acknowledged_{0};
    RedundantWriterCounters counters_;
};

struct RedundantReaderCounters {
    std::uint64_t duplicates{0};
    std::uint64_t gaps{0};    ///< repairs that were asked for
    std::uint64_t foreign{0}; ///< messages of another stream, or malformed
};

/// A replica. It may be reached over several channels; each record is taken once, in order.
class RedundantReader {
public:
    static constexpr std::size_t kChannelsMax = 16;
    /// Called once for each record, in order. When it returns, the record counts as held.
    using OnRecord = std::function<void(std::uint64_t sequence, std::span<const std::byte> record)>;

    struct Options {
        std::uint64_t stream{0};
        std::uint64_t held{0}; ///< what this replica has already, from a snapshot or an earlier life
        std::size_t record_bytes_max{4096};
    };

    RedundantReader(const Options& options, OnRecord on_record);

    /// Errors: kResourceExhausted kChannelsMax.
    [[nodiscard]] Result<void> add_channel(Channel channel);

    /// Takes what is there, calls `on_record`, acknowledges. Bounded, never blocks. Returns the records taken.
    std::size_t pump();

    /// Until there is something to pump.
    /// Errors: kTimeout; kClosed every channel is gone.
    [[nodiscard]] Result<void> wait(std::chrono::steady_clock::time_point deadline);

    [[nodiscard]] std::uint64_t held() const noexcept { return held_; }
    /// The writer said that every living replica holds the records up to this one: they count.
    [[nodiscard]] std::uint64_t committed() const noexcept { return committed_; }
    [[nodiscard]] std::size_t channel_count() const noexcept { return paths_.size(); }
    [[nodiscard]] const RedundantReaderCounters& counters() const noexcept { return counters_; }

private:
    struct Path {
        Channel channel;
        std::uint64_t told{0};
        std::uint64_t round{0};      // of the last repair that was asked for
        std::uint64_t asked_from{0}; // what was held then
        bool greeted{false};
        bool asked{false};
        bool repair{false}; // to be asked for
        bool gone{false};
    };
    [[nodiscard]] std::size_t listen(Path& path);
    [[nodiscard]] std::size_t hear(Path& path, std::uint16_t type, std::span<const std::byte> payload);
    void answer(Path& path);

    Options options_;
    OnRecord on_record_;
    std::vector<Path> paths_;
    std::vector<std::byte> buffer_;
    std::uint64_t held_;
    std::uint64_t committed_{0};
    RedundantReaderCounters counters_;
};

} // namespace zeta::figcom
