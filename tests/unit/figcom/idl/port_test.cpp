// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Generated ports over a real channel: streams, requests, states, records, and peers of another version.
#include <everything.hpp>
#include <everything_2_0.hpp>

#include "figcom-vbus/core/bus_client.hpp"
#include "figcom-vbus/core/channel_shapes.hpp"
#include "figcom-vbus/idl/model.hpp"

#include "tests/support/figcom/channel_pair.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace zeta;
using namespace zeta::figcom;
namespace newer = interfaces::zoo_everything;

// The language knows the bus's limits by heart.
static_assert(zeta::idlgen::kStreamsMax == FIGCOM_PRIORITIES_MAX && zeta::idlgen::kStatesMax <= FIGCOM_STATES_MAX);
static_assert(zeta::idlgen::kCopiesMax == RedundantWriter::kReplicasMax);
static_assert(zeta::idlgen::kServicesMax == BusClient::kServicesMax);
static_assert(zeta::idlgen::kHeadBytes == idl::kHeadBytes && zeta::idlgen::kHeadBytes == sizeof(idl::Head));
static_assert(zeta::idlgen::kHeadBytes + zeta::idlgen::kBodyBytesMax == idl::kMessageBytesMax);
static_assert(zeta::idlgen::kHeadBytes + zeta::idlgen::kRecordBytesMax == idl::kRecordBytesMax);
static_assert(idl::kMessageBytesMax <= kDataMessageMax && idl::kMessageBytesMax <= FIGCOM_STATE_BYTES_MAX);

namespace {

const idl::Deadline kSoon = std::chrono::steady_clock::now() + std::chrono::minutes{5};

RegionSpec roomy() {
    const RegionSpec plain{.slot_count = 16, .epoch = 5, .channel_id = 9, .owner_endpoint = 1, .peer_endpoint = 2};
    return newer::ZooClient::region(newer::ZooServer::region(plain));
}

/// Counts what comes, and keeps the newest of each.
struct ServerLog : newer::ZooServer::Visitor {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> asked; // request, value
    std::vector<newer::All> notes;
    std::vector<std::uint32_t> lines;
    std::vector<idl::Fault> faults;
    std::vector<std::uint16_t> strangers;

    void on_ask(const newer::Small& body, const idl::Info& info) { asked.emplace_back(info.request, body.value_of); }
    void on_note(const newer::All& body, const idl::Info& /*info*/) { notes.push_back(body); }
    void on_line(const newer::Small& body, const idl::Info& /*info*/) { lines.push_back(body.value_of); }
    void on_invalid(const idl::Fault& fault, const idl::Info& /*info*/) { faults.push_back(fault); }
    void on_unknown(std::uint16_t type, const idl::Info& /*info*/) { strangers.push_back(type); }
};

struct ClientLog : newer::ZooClient::Visitor {
    std::vector<std::uint32_t> replies;
    std::vector<std::uint32_t> ticks;
    void on_ask_reply(const newer::All& /*body*/, const idl::Info& info) { replies.push_back(info.request); }
    void on_tick(const newer::Small& body, const idl::Info& /*info*/) { ticks.push_back(body.value_of); }
};

template <typename Port, typename Visitor>
void drain(Port& port, Visitor& visitor) {
    while (port.receive(visitor)) {
    }
}

} // namespace

TEST_CASE("messages arrive typed, requests are answered by their number") {
    support::ChannelPair pair{roomy()};
    auto client = newer::ZooClient::create(pair.a).value();
    auto server = newer::ZooServer::create(pair.b).value();
    newer::All note;
    note.a = 42;
    REQUIRE(client.send_note(note, kSoon));
    const auto first = client.request_ask({.value_of = 10}, kSoon);
    const auto second = client.request_ask({.value_of = 20}, kSoon);
    REQUIRE(first.value() != second.value());
    ServerLog log;
    drain(server, log);
    REQUIRE(log.notes == std::vector{note});
    REQUIRE(log.asked.size() == 2);
    CHECK(log.asked[0] == std::pair<std::uint32_t, std::uint32_t>{*first, 10});
    CHECK(server.counters().received == 3);

    // The answers in the other order; call_ask() finds its own and hands the rest on.
    REQUIRE(server.reply_ask(*second, {}, kSoon));
    REQUIRE(server.reply_ask(*first, {}, kSoon));
    ClientLog seen;
    drain(client, seen);
    CHECK(seen.replies == std::vector{*second, *first});
}

TEST_CASE("a call waits for its own answer") {
    support::ChannelPair pair{roomy()};
    auto client = newer::ZooClient::create(pair.a).value();
    auto server = newer::ZooServer::create(pair.b).value();
    newer::All answer;
    answer.a = 99;
    // The answer to the first request of this port is there before it is asked.
    REQUIRE(server.reply_ask(77, {}, kSoon));
    REQUIRE(server.reply_ask(1, answer, kSoon));
    ClientLog seen;
    const auto got = client.call_ask({.value_of = 1}, kSoon, seen);
    REQUIRE(got.has_value());
    CHECK(got->a == 99);
    CHECK(seen.replies == std::vector<std::uint32_t>{77});
    const auto none = client.call_ask({.value_of = 1}, std::chrono::steady_clock::now(), seen);
    CHECK(none.error().code == ErrorCode::kTimeout);
}

TEST_CASE("streams have the policy of the file") {
    support::ChannelPair pair{roomy()};
    auto client = newer::ZooClient::create(pair.a).value();
    auto server = newer::ZooServer::create(pair.b).value();
    for (std::uint32_t i = 0; i < 100; ++i) {
        REQUIRE(server.send_tick({.value_of = i}, kSoon));
        REQUIRE(client.send_line({.value_of = i}, kSoon));
    }
    ClientLog seen;
    drain(client, seen);
    CHECK(seen.ticks == std::vector<std::uint32_t>{99});
    ServerLog log;
    drain(server, log);
    REQUIRE(!log.lines.empty());
    CHECK(log.lines.size() <= 16);
    CHECK(log.lines.back() == 99);
}

TEST_CASE("a value outside of its range is not sent") {
    support::ChannelPair pair{roomy()};
    auto client = newer::ZooClient::create(pair.a).value();
    newer::All note;
    note.c = 21;
    const auto sent = client.send_note(note, kSoon);
    CHECK(sent.error().code == ErrorCode::kInvalidArgument);
    CHECK(std::string_view{sent.error().operation} == "All.c");
    CHECK(pair.a.counters().send.sent == 0);
}

TEST_CASE("the newest state is read, and what is wrong with it is told") {
    support::ChannelPair pair{roomy()};
    auto client = newer::ZooClient::create(pair.a).value();
    auto server = newer::ZooServer::create(pair.b).value();
    newer::All seen;
    CHECK(client.read_weather(seen).error().error.code == ErrorCode::kNotFound);
    newer::All weather;
    for (std::uint8_t i = 1; i <= 3; ++i) {
        weather.a = i;
        REQUIRE(server.write_weather(weather).value() == i);
    }
    CHECK(client.read_weather(seen).value().version == 3);
    CHECK(seen == weather);
    REQUIRE(client.write_wish({.value_of = 4}).has_value());
    newer::Small wish;
    REQUIRE(server.read_wish(wish).has_value());
    CHECK(wish.value_of == 4);
    const std::array hostile{std::byte{3}, std::byte{0}, std::byte{0}, std::byte{0},
                             std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}};
    REQUIRE(pair.b.write_state(0, 1, hostile).has_value());
    CHECK(client.read_weather(seen).error().code == idl::FaultCode::kMajor);
}

TEST_CASE("what a peer may not send is reported and counted, and the stream goes on") {
    support::ChannelPair pair{roomy()};
    auto server = newer::ZooServer::create(pair.b).value();
    auto client = newer::ZooClient::create(pair.a).value();
    const auto raw = [&](std::uint16_t type, std::uint8_t priority, std::initializer_list<unsigned> bytes) {
        std::vector<std::byte> payload;
        for (const unsigned byte : bytes) {
            payload.push_back(std::byte{static_cast<std::uint8_t>(byte)});
        }
        REQUIRE(pair.a.send({.type = type, .priority = priority}, payload, kSoon));
    };
    raw(256, 0, {2, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0});    // cut
    raw(256, 0, {});                                   // without a head
    raw(256, 0, {9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}); // major 9
    raw(777, 0, {2, 0, 7, 0, 0, 0, 0, 0, 1});          // a type to come
    raw(777, 0, {1, 0, 7, 0, 0, 0, 0, 0, 1});          // the same of another major
    raw(259, 0, {2, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0}); // an answer: good
    raw(261, 0, {2, 0, 2, 0, 0, 0, 0, 0});             // the server's own
    raw(310, 0, {2, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0}); // on the wrong stream
    raw(256, 0, {2, 0, 2, 0, 5, 0, 0, 0, 9, 0, 0, 0}); // good
    ServerLog log;
    drain(server, log);
    std::vector<idl::FaultCode> codes;
    for (const idl::Fault& fault : log.faults) {
        codes.push_back(fault.code);
    }
    using enum idl::FaultCode;
    CHECK(codes == std::vector{kLength, kLength, kMajor, kMajor, kSide, kSide});
    CHECK(log.faults.at(2).theirs == 9);
    CHECK(log.faults.at(2).ours == 2);
    CHECK(log.strangers == std::vector<std::uint16_t>{777});
    CHECK(log.asked == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{5, 9}});
    CHECK(server.counters().invalid == 6);
    CHECK(server.counters().unknown == 1);
}

TEST_CASE("peers of an older and of a newer minor version talk") {
    support::ChannelPair pair{roomy()};
    auto client = older::ZooClient::create(pair.a).value();
    auto server = newer::ZooServer::create(pair.b).value();
    older::All note;
    note.a = 3;
    REQUIRE(client.send_note(note, kSoon));
    ServerLog log;
    drain(server, log);
    REQUIRE(log.notes.size() == 1);
    CHECK(log.notes[0].a == 3);
    CHECK(log.notes[0].tag == "new");

    newer::All echo;
    echo.a = 4;
    echo.last = newer::Mood::kHigh;
    REQUIRE(server.send_echo(echo, kSoon));
    REQUIRE(server.request_poke({.value_of = 8}, kSoon).has_value()); // unknown to the older one
    REQUIRE(server.write_weather(echo).has_value());
    struct OldLog : older::ZooClient::Visitor {
        std::vector<unsigned> echoes;
        std::vector<std::uint16_t> strangers;
        void on_echo(const older::All& body, const idl::Info& info) {
            echoes.push_back(body.a);
            CHECK(info.minor == 2);
        }
        void on_unknown(std::uint16_t type, const idl::Info& /*info*/) { strangers.push_back(type); }
    } seen;
    drain(client, seen);
    CHECK(seen.echoes == std::vector<unsigned>{4});
    CHECK(seen.strangers == std::vector<std::uint16_t>{258});
    older::All weather;
    REQUIRE(client.read_weather(weather).has_value());
    CHECK(weather.a == 4);
    newer::Small wish;
    CHECK(server.read_wish(wish).error().error.code == ErrorCode::kNotFound); // the older client has none
}

TEST_CASE("a channel that lacks something is refused") {
    const RegionSpec plain{.slot_count = 8, .epoch = 5, .channel_id = 9};
    const auto refuses = [](RegionSpec spec) {
        support::ChannelPair pair{spec};
        const auto client = newer::ZooClient::create(pair.a);
        return !client && client.error().code == ErrorCode::kUnsupported;
    };
    CHECK(refuses(plain)); // one priority
    RegionSpec spec = roomy();
    spec.features = 0;
    CHECK(refuses(spec)); // cannot drop
    spec = roomy();
    spec.state_count = 0;
    CHECK(refuses(spec));
    spec = roomy();
    spec.slab_bytes = {0};
    CHECK(refuses(spec)); // too short messages
    CHECK(!refuses(roomy()));
}

TEST_CASE("records are kept by replicas, and a hostile one is told") {
    support::ChannelPair first{{.slot_count = 16, .slab_bytes = {65536}, .epoch = 5, .channel_id = 9}};
    support::ChannelPair second{{.slot_count = 16, .slab_bytes = {65536}, .epoch = 5, .channel_id = 10}};
    auto writer = newer::ZooLedgerWriter::create(16).value();
    REQUIRE(writer.stream().add_replica(std::move(first.a)).has_value());
    REQUIRE(writer.stream().add_replica(std::move(second.a)).has_value());
    std::vector<unsigned> kept;
    std::vector<unsigned> kept_by_older;
    newer::ZooLedgerReader reader{[&](std::uint64_t, const newer::All* record, const idl::Fault&) {
        kept.push_back(record != nullptr ? record->a : 1000U);
    }};
    older::ZooLedgerReader old_reader{[&](std::uint64_t, const older::All* record, const idl::Fault&) {
        kept_by_older.push_back(record != nullptr ? record->a : 1000U);
    }};
    REQUIRE(reader.stream().add_channel(std::move(first.b)).has_value());
    REQUIRE(old_reader.stream().add_channel(std::move(second.b)).has_value());
    const auto turn = [&] {
        reader.stream().pump();
        old_reader.stream().pump();
        writer.stream().pump();
    };
    turn();
    newer::All record;
    for (std::uint8_t i = 1; i <= 3; ++i) {
        record.a = i;
        REQUIRE(writer.append(record).value() == i);
    }
    record.c = 0;
    CHECK(writer.append(record).error().code == ErrorCode::kInvalidArgument);
    const std::array<std::byte, 3> hostile{};
    REQUIRE(writer.stream().append(hostile).value() == 4);
    for (int i = 0; i < 10 && writer.stream().acknowledged() < 4; ++i) {
        turn();
    }
    CHECK(writer.stream().acknowledged() == 4);
    CHECK(kept == std::vector<unsigned>{1, 2, 3, 1000});
    CHECK(kept_by_older == kept);
}
