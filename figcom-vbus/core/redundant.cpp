// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/redundant.hpp"

#include "figcom-vbus/core/control_message.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace zeta::figcom {

using Clock = std::chrono::steady_clock;

namespace {

constexpr int kMessagesPerTurn = 256; // from one replica before the next is looked at
constexpr std::size_t kHeadBytes = sizeof(figcom_sync_record);

MessageHead head_of(figcom_sync_type type) noexcept {
    return {.timestamp_ns = 0, .source = 0, .target = 0, .type = static_cast<std::uint16_t>(type), .priority = 0};
}

// Sleeps until one of the descriptors is readable. Every channel behind them is armed.
Result<void> sleep_on(std::span<pollfd> waiting, Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int ready =
        ::poll(waiting.data(), waiting.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready < 0 && errno != EINTR) {
        return fail_errno(errno, "wait for a redundant sync");
    }
    if (ready == 0 && Clock::now() >= deadline) {
        return fail(ErrorCode::kTimeout, "wait for a redundant sync");
    }
    return {};
}

} // namespace

// ------------------------------------------------------------------ writer --

RedundantWriter::RedundantWriter(const Options& options) : options_(options), log_(options.log_records) {}

Result<RedundantWriter> RedundantWriter::create(const Options& options) {
    if (options.stream == 0 || options.replicas_needed == 0 || options.replicas_needed > kReplicasMax ||
        options.log_records == 0 || options.log_records > kLogRecordsMax) {
        return fail(ErrorCode::kInvalidArgument, "create a redundant writer: an option is out of range");
    }
    return RedundantWriter{options};
}

Result<void> RedundantWriter::add_replica(Channel channel) {
    if (replicas_.size() >= kReplicasMax) {
        return fail(ErrorCode::kResourceExhausted, "add a replica: too many");
    }
    if (channel.payload_bytes_max() < kHeadBytes + options_.record_bytes_max) {
        return fail(ErrorCode::kInvalidArgument, "add a replica: its channel cannot carry the longest record");
    }
    replicas_.push_back(Replica{.channel = std::move(channel)});
    return {};
}

Result<std::uint64_t> RedundantWriter::append(std::span<const std::byte> record) {
    if (record.size() > options_.record_bytes_max) {
        return fail(ErrorCode::kInvalidArgument, "append a record: too long");
    }
    if (replicas_.size() < options_.replicas_needed) {
        return fail(ErrorCode::kUnavailable, "append a record: too few living replicas");
    }
    const auto slowest = std::ranges::min_element(replicas_, {}, &Replica::held)->held;
    if (last_ - std::min(slowest, last_) >= log_.size()) {
        return fail(ErrorCode::kResourceExhausted, "append a record: the log is full of unacknowledged ones");
    }
    ++last_;
    const figcom_sync_record head{.stream = options_.stream, .sequence = last_, .acknowledged = 0, .round = 0};
    std::vector<std::byte>& message = kept(last_);
    message.resize(kHeadBytes + record.size());
    std::memcpy(message.data(), &head, kHeadBytes);
    std::ranges::copy(record, message.begin() + kHeadBytes);
    for (Replica& replica : replicas_) {
        if (replica.next == last_) { // others get it in their turn, behind what they lack
            feed(replica);
        }
    }
    return last_;
}

void RedundantWriter::pump() {
    for (Replica& replica : replicas_) {
        listen(replica);
    }
    settle();
    for (Replica& replica : replicas_) {
        feed(replica);
        tell_commit(replica);
    }
    settle();
}

void RedundantWriter::listen(Replica& replica) {
    std::array<std::byte, sizeof(figcom_sync_ack)> buffer{};
    // Asked first: what a dead replica still said is heard before it is buried.
    const bool alive = replica.channel.peer_alive();
    for (int turn = 0; turn < kMessagesPerTurn && !replica.gone; ++turn) {
        Received received;
        const ReceiveStatus status = replica.channel.try_receive(received, buffer);
        if (status == ReceiveStatus::kEmpty) {
            replica.gone = !alive;
            return;
        }
        if (status == ReceiveStatus::kCorrupt) {
            ++counters_.liars;
            replica.gone = true;
            return;
        }
        hear(replica, received, std::span{buffer}.first(received.length));
    }
}

void RedundantWriter::hear(Replica& replica, const Received& received, std::span<const std::byte> payload) {
    const auto ack = read_payload<figcom_sync_ack>(payload);
    if (received.head.type != FIGCOM_SYNC_ACK || !ack || ack->stream != options_.stream || ack->held > last_ ||
        ack->held < replica.held) {
        ++counters_.liars;
        replica.gone = true;
        return;
    }
    replica.held = ack->held;
    const bool greets = replica.next == 0;
    if (!greets && (ack->repair == 0 || ack->round != replica.round || ack->held + 1 >= replica.next)) {
        return; // plain, or about a gap that was already repaired
    }
    if (last_ - ack->held > log_.size()) {
        ++counters_.too_far_behind;
        replica.gone = true;
        return;
    }
    if (!greets) {
        counters_.resent += replica.next - (ack->held + 1);
        ++replica.round;
        // A channel that drops would drop the same records again if all came at once.
        const std::uint64_t slots = replica.channel.own_layout().slot_count;
        replica.window = std::max<std::uint64_t>(std::min(replica.window, slots) / 2, 1);
    }
    replica.next = ack->held + 1;
}

void RedundantWriter::feed(Replica& replica) {
    for (int turn = 0; turn < kMessagesPerTurn && has_work(replica); ++turn) {
        std::vector<std::byte>& message = kept(replica.next);
        figcom_sync_record head{
            .stream = options_.stream, .sequence = replica.next, .acknowledged = acknowledged_, .round = replica.round};
        std::memcpy(message.data(), &head, kHeadBytes);
        const SendStatus status = replica.channel.try_send(head_of(FIGCOM_SYNC_RECORD), message);
        if (status == SendStatus::kNoCredit) {
            return;
        }
        if (status != SendStatus::kSent) {
            ++counters_.liars;
            replica.gone = true;
            return;
        }
        replica.told = acknowledged_;
        ++replica.next;
    }
}

// Replicas learn of an acknowledgement with the next record, or by this where none follows.
void RedundantWriter::tell_commit(Replica& replica) {
    if (replica.next != last_ + 1 || replica.told == acknowledged_) {
        return;
    }
    const figcom_sync_record head{
        .stream = options_.stream, .sequence = last_, .acknowledged = acknowledged_, .round = replica.round};
    if (replica.channel.try_send(head_of(FIGCOM_SYNC_COMMIT), as_payload(head)) == SendStatus::kSent) {
        replica.told = acknowledged_;
    }
}

// Buries the dead, then acknowledges what every living replica holds. Only the kernel's word makes a
// replica dead, so a slow one holds the acknowledgement back and nothing that counts depends on a timer.
void RedundantWriter::settle() {
    counters_.replicas_lost += std::erase_if(replicas_, [](const Replica& replica) { return replica.gone; });
    if (replicas_.size() >= options_.replicas_needed) {
        acknowledged_ = std::max(acknowledged_, std::ranges::min_element(replicas_, {}, &Replica::held)->held);
    }
}

Result<void> RedundantWriter::wait(std::uint64_t sequence, Clock::time_point deadline) {
    std::vector<pollfd> waiting;
    while (true) {
        pump();
        if (acknowledged_ >= sequence) {
            return {};
        }
        if (replicas_.size() < options_.replicas_needed) {
            return fail(ErrorCode::kUnavailable, "wait for an acknowledgement: too few living replicas");
        }
        waiting.clear();
        bool may_sleep = true;
        for (Replica& replica : replicas_) {
            waiting.push_back({.fd = replica.channel.fd(), .events = POLLIN, .revents = 0});
            waiting.push_back({.fd = replica.channel.guard_fd(), .events = POLLIN, .revents = 0});
            may_sleep &= replica.channel.arm_data() &&
                         (!has_work(replica) || replica.channel.arm_credit(0, kHeadBytes + options_.record_bytes_max));
        }
        const Result<void> slept = may_sleep ? sleep_on(waiting, deadline) : Result<void>{};
        for (std::size_t i = 0; i < replicas_.size(); ++i) {
            replicas_[i].channel.awake();
            if (waiting[2 * i + 1].revents != 0) {
                replicas_[i].channel.hear_guard();
            }
        }
        if (!slept || Clock::now() >= deadline) {
            pump(); // what came with the last moment
            return acknowledged_ >= sequence ? Result<void>{}
                                             : fail(ErrorCode::kTimeout, "wait for an acknowledgement");
        }
    }
}

// ----------------------------------------------------------------- replica --

RedundantReader::RedundantReader(const Options& options, OnRecord on_record)
    : options_(options), on_record_(std::move(on_record)), buffer_(kHeadBytes + options.record_bytes_max),
      held_(options.held) {}

Result<void> RedundantReader::add_channel(Channel channel) {
    if (paths_.size() >= kChannelsMax) {
        return fail(ErrorCode::kResourceExhausted, "add a channel to a replica: too many");
    }
    paths_.push_back(Path{.channel = std::move(channel)});
    answer(paths_.back());
    return {};
}

std::size_t RedundantReader::pump() {
    std::size_t taken = 0;
    for (Path& path : paths_) {
        taken += listen(path);
    }
    for (Path& path : paths_) { // after all of them: one may have filled another's gap
        answer(path);
    }
    std::erase_if(paths_, [](const Path& path) { return path.gone; });
    return taken;
}

std::size_t RedundantReader::listen(Path& path) {
    std::size_t taken = 0;
    const bool alive = path.channel.peer_alive();
    for (int turn = 0; turn < kMessagesPerTurn; ++turn) {
        Received received;
        const ReceiveStatus status = path.channel.try_receive(received, buffer_);
        if (status == ReceiveStatus::kEmpty) {
            path.gone = !alive;
            break;
        }
        if (status == ReceiveStatus::kCorrupt) {
            path.gone = true;
            break;
        }
        taken += hear(path, received.head.type, std::span{buffer_}.first(received.length));
    }
    return taken;
}

// Returns whether a record was taken.
std::size_t RedundantReader::hear(Path& path, std::uint16_t type, std::span<const std::byte> payload) {
    const auto head = read_payload<figcom_sync_record>(payload.first(std::min(payload.size(), kHeadBytes)));
    const bool is_record = type == FIGCOM_SYNC_RECORD;
    if (!head || head->stream != options_.stream || (!is_record && type != FIGCOM_SYNC_COMMIT)) {
        ++counters_.foreign;
        return 0;
    }
    std::size_t taken = 0;
    if (is_record && head->sequence == held_ + 1) {
        on_record_(head->sequence, payload.subspan(kHeadBytes));
        ++held_;
        taken = 1;
    } else if (head->sequence > held_) {
        // Asked once for each round: what was on its way when the writer went back shows the same gap.
        if (!path.asked || path.asked_from != held_ || head->round > path.round) {
            path.asked = path.repair = true;
            path.asked_from = held_;
            path.round = head->round;
            ++counters_.gaps;
        }
    } else if (is_record) {
        ++counters_.duplicates;
    }
    committed_ = std::max(committed_, std::min(head->acknowledged, held_));
    return taken;
}

void RedundantReader::answer(Path& path) {
    if (path.gone || (path.greeted && !path.repair && path.told == held_)) {
        return;
    }
    const figcom_sync_ack ack{
        .stream = options_.stream, .held = held_, .round = path.round, .repair = path.repair ? 1U : 0U, .reserved = 0};
    const SendStatus status = path.channel.try_send(head_of(FIGCOM_SYNC_ACK), as_payload(ack));
    if (status == SendStatus::kSent) {
        path.told = held_;
        path.greeted = true;
        path.repair = false;
    } else if (status != SendStatus::kNoCredit) {
        path.gone = true; // without credit: with the next pump
    }
}

Result<void> RedundantReader::wait(Clock::time_point deadline) {
    std::vector<pollfd> waiting;
    bool may_sleep = true;
    for (Path& path : paths_) {
        waiting.push_back({.fd = path.channel.fd(), .events = POLLIN, .revents = 0});
        waiting.push_back({.fd = path.channel.guard_fd(), .events = POLLIN, .revents = 0});
        const bool unanswered = !path.greeted || path.repair || path.told != held_;
        may_sleep &= path.channel.arm_data() && (!unanswered || path.channel.arm_credit(0, sizeof(figcom_sync_ack)));
    }
    if (waiting.empty()) {
        return fail(ErrorCode::kClosed, "wait for a record: every channel is gone");
    }
    const Result<void> slept = may_sleep ? sleep_on(waiting, deadline) : Result<void>{};
    for (std::size_t i = 0; i < paths_.size(); ++i) {
        paths_[i].channel.awake();
        if (waiting[2 * i + 1].revents != 0) {
            paths_[i].channel.hear_guard();
        }
    }
    return slept;
}

} // namespace zeta::figcom
