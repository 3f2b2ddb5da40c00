// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/redundant.hpp"

#include "figcom-vbus/core/control_message.hpp"

#include "tests/support/figcom/channel_pair.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>

using namespace zeta;
using namespace zeta::figcom;
using support::ChannelPair;

namespace {

constexpr std::uint64_t kStream = 77;
constexpr std::size_t kRecordBytes = 64;

RegionSpec spec(std::uint32_t slots = 64) {
    return {.slot_count = slots,
            .slab_bytes = {8192},
            .features = FIGCOM_FEATURE_OVERWRITES(0),
            .epoch = 5,
            .channel_id = 1};
}
std::vector<std::byte> record_of(std::uint64_t number) {
    return {number % kRecordBytes + 1, static_cast<std::byte>(number)};
}

/// A replica and what it took.
struct Replica {
    explicit Replica(std::uint64_t held = 0)
        : reader({.stream = kStream, .held = held, .record_bytes_max = kRecordBytes},
                 [this](std::uint64_t sequence, std::span<const std::byte> record) {
                     good &= sequence == reader.held() + 1 && std::ranges::equal(record, record_of(sequence));
                     ++taken;
                 }) {}
    Replica(const Replica&) = delete;
    Replica& operator=(const Replica&) = delete;
    ~Replica() = default;
    RedundantReader reader;
    std::uint64_t taken{0};
    bool good{true};
};

struct Group {
    explicit Group(std::size_t count, std::size_t needed = 1, std::size_t log_records = 32)
        : writer(RedundantWriter::create({.stream = kStream,
                                          .replicas_needed = needed,
                                          .log_records = log_records,
                                          .record_bytes_max = kRecordBytes})
                     .value()) {
        for (std::size_t i = 0; i < count; ++i) {
            join(replicas.emplace_back(std::make_unique<Replica>())->reader);
        }
        turn();
    }
    void join(RedundantReader& reader, std::uint32_t slots = 64, BackPressure policy = BackPressure::kBlock) {
        ChannelPair pair{spec(slots)};
        REQUIRE(pair.a.set_policy(0, policy));
        REQUIRE(writer.add_replica(std::move(pair.a)));
        REQUIRE(reader.add_channel(std::move(pair.b)));
    }
    void turn() {
        for (int i = 0; i < 6; ++i) { // a repair takes a few
            writer.pump();
            for (const auto& replica : replicas) {
                replica->reader.pump();
            }
        }
    }
    Result<std::uint64_t> append() { return writer.append(record_of(writer.last() + 1)); }

    RedundantWriter writer;
    std::vector<std::unique_ptr<Replica>> replicas;
};

} // namespace

TEST_CASE("a record counts once every replica holds it, and the replicas learn of it") {
    Group group{3};
    for (std::uint64_t i = 1; i <= 20; ++i) {
        REQUIRE(group.append().value() == i);
    }
    CHECK(group.writer.acknowledged() == 0);
    group.replicas[0]->reader.pump();
    group.replicas[1]->reader.pump();
    group.writer.pump();
    CHECK(group.writer.acknowledged() == 0); // two of three hold it
    CHECK(group.replicas[0]->reader.committed() == 0);
    group.turn();
    CHECK(group.writer.acknowledged() == 20);
    for (const auto& replica : group.replicas) {
        CHECK(replica->taken == 20);
        CHECK(replica->good);
        CHECK(replica->reader.committed() == 20); // by a message of its own: no record followed
    }
}

TEST_CASE("the loss of all replicas but one loses nothing and stops nothing") {
    Group group{3};
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 7; ++i) {
            REQUIRE(group.append());
        }
        if (round < 2) {
            group.replicas.erase(group.replicas.begin()); // in the middle of the stream
        }
        group.turn();
        CHECK(group.writer.acknowledged() == group.writer.last());
    }
    CHECK(group.writer.replica_count() == 1);
    CHECK(group.writer.counters().replicas_lost == 2);
    CHECK(group.replicas[0]->taken == 21);
    CHECK(group.replicas[0]->good);
}

TEST_CASE("with fewer replicas than needed nothing counts") {
    Group group{2, 2};
    REQUIRE(group.append());
    group.turn();
    CHECK(group.writer.acknowledged() == 1);
    REQUIRE(group.append());
    group.replicas.pop_back();
    group.turn();
    CHECK(group.writer.acknowledged() == 1);
    CHECK(group.append().error().code == ErrorCode::kUnavailable);
    CHECK(group.writer.wait(2, {}).error().code == ErrorCode::kUnavailable);
    group.join(group.replicas.emplace_back(std::make_unique<Replica>())->reader);
    group.turn();
    CHECK(group.writer.acknowledged() == 2);
    CHECK(group.replicas[1]->taken == 2);
}

TEST_CASE("a channel that drops leaves gaps, and they are repaired") {
    Group group{0};
    Replica& replica = *group.replicas.emplace_back(std::make_unique<Replica>());
    group.join(replica.reader, 4, BackPressure::kDropOldest);
    group.turn();
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < 15; ++i) {
            REQUIRE(group.append());
        }
        for (int i = 0; i < 10; ++i) {
            group.turn();
        }
        CHECK(group.writer.acknowledged() == group.writer.last());
    }
    CHECK(replica.good);
    CHECK(replica.taken == 150);
    CHECK(replica.reader.counters().gaps > 0);
    CHECK(group.writer.counters().resent > 0);
}

TEST_CASE("a late replica gets what the log still has, and is refused behind it") {
    Group group{1};
    for (int i = 0; i < 30; ++i) {
        REQUIRE(group.append());
        group.turn();
    }
    group.join(group.replicas.emplace_back(std::make_unique<Replica>())->reader);
    group.turn();
    CHECK(group.replicas[1]->taken == 30);
    for (int i = 0; i < 10; ++i) {
        REQUIRE(group.append());
        group.turn();
    }
    group.join(group.replicas.emplace_back(std::make_unique<Replica>())->reader);   // 40 records, a log of 32
    group.join(group.replicas.emplace_back(std::make_unique<Replica>(20))->reader); // as if from a snapshot
    group.turn();
    CHECK(group.replicas[2]->taken == 0);
    CHECK(group.replicas[2]->reader.channel_count() == 0);
    CHECK(group.replicas[3]->taken == 20);
    CHECK(group.replicas[3]->good);
    CHECK(group.writer.counters().too_far_behind == 1);
    CHECK(group.writer.replica_count() == 3);
}

TEST_CASE("a slow replica stops the stream when the log is full, and a dead one does not") {
    Group group{2};
    for (int i = 0; i < 32; ++i) {
        REQUIRE(group.append());
        group.writer.pump();
        group.replicas[0]->reader.pump();
    }
    CHECK(group.append().error().code == ErrorCode::kResourceExhausted);
    CHECK(group.writer.acknowledged() == 0);
    group.replicas.pop_back();
    group.turn();
    CHECK(group.writer.acknowledged() == 32);
    CHECK(group.append());
}

TEST_CASE("one replica over two channels takes each record once, and outlives one of them") {
    Group group{1};
    group.join(group.replicas[0]->reader);
    group.turn();
    for (int i = 0; i < 10; ++i) {
        REQUIRE(group.append());
    }
    group.turn();
    CHECK(group.replicas[0]->taken == 10);
    CHECK(group.replicas[0]->reader.counters().duplicates == 10);
    CHECK(group.writer.acknowledged() == 10);
}

TEST_CASE("a replica that breaks the protocol is thrown out") {
    for (const figcom_sync_ack& lie :
         {figcom_sync_ack{kStream, 1000, 0, 0, 0}, figcom_sync_ack{kStream + 1, 0, 0, 0, 0},
          figcom_sync_ack{kStream, ~0ULL, 0, 1, 0}}) {
        Group group{1};
        ChannelPair pair{spec()};
        REQUIRE(group.writer.add_replica(std::move(pair.a)));
        REQUIRE(group.append());
        REQUIRE(pair.b.try_send({.type = FIGCOM_SYNC_ACK}, as_payload(lie)) == SendStatus::kSent);
        group.turn();
        CHECK(group.writer.replica_count() == 1);
        CHECK(group.writer.counters().liars == 1);
        CHECK(group.writer.acknowledged() == 1); // by the honest one
    }
    Group group{1};
    ChannelPair pair{spec()};
    REQUIRE(group.writer.add_replica(std::move(pair.a)));
    const std::array<std::byte, 31> torn{};
    REQUIRE(pair.b.try_send({.type = FIGCOM_SYNC_ACK}, torn) == SendStatus::kSent);
    group.turn();
    CHECK(group.writer.counters().liars == 1);
}

TEST_CASE("a replica ignores what is not of its stream") {
    ChannelPair pair{spec()};
    Replica replica;
    REQUIRE(replica.reader.add_channel(std::move(pair.b)));
    const auto send = [&](std::uint16_t type, const figcom_sync_record& record) {
        REQUIRE(pair.a.try_send({.type = type}, as_payload(record)) == SendStatus::kSent);
    };
    send(FIGCOM_SYNC_RECORD, {.stream = kStream + 1, .sequence = 1, .acknowledged = 0, .round = 0});
    send(99, {.stream = kStream, .sequence = 1, .acknowledged = 0, .round = 0});
    REQUIRE(pair.a.try_send({.type = FIGCOM_SYNC_RECORD}, {}) == SendStatus::kSent);
    send(FIGCOM_SYNC_COMMIT, {.stream = kStream, .sequence = 0, .acknowledged = ~0ULL, .round = 0});
    CHECK(replica.reader.pump() == 0);
    CHECK(replica.reader.counters().foreign == 3);
    CHECK(replica.reader.committed() == 0); // never beyond what it holds
}

TEST_CASE("options outside their ranges, too many replicas and long records are refused") {
    for (const RedundantWriter::Options& bad :
         {RedundantWriter::Options{}, RedundantWriter::Options{.stream = 1, .replicas_needed = 0},
          RedundantWriter::Options{.stream = 1, .replicas_needed = RedundantWriter::kReplicasMax + 1},
          RedundantWriter::Options{.stream = 1, .log_records = 0},
          RedundantWriter::Options{.stream = 1, .log_records = RedundantWriter::kLogRecordsMax + 1}}) {
        CHECK(RedundantWriter::create(bad).error().code == ErrorCode::kInvalidArgument);
    }
    Group group{RedundantWriter::kReplicasMax};
    ChannelPair pair{spec()};
    CHECK(group.writer.add_replica(std::move(pair.a)).error().code == ErrorCode::kResourceExhausted);
    CHECK(group.writer.append(std::vector<std::byte>(kRecordBytes + 1)).error().code == ErrorCode::kInvalidArgument);
    RedundantWriter large = RedundantWriter::create({.stream = 1, .record_bytes_max = 100'000}).value();
    ChannelPair small{spec()};
    CHECK(large.add_replica(std::move(small.a)).error().code == ErrorCode::kInvalidArgument);
}
