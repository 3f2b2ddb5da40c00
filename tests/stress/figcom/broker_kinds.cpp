// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Every kind of traffic over channels that the real broker set up between real processes.
#include "figcom-vbus/core/redundant.hpp"

#include "tests/support/figcom/broker_process.hpp"

using namespace zeta::figcom;
using namespace zeta::figcom::support;

namespace {

constexpr const char* kPolicy =
    "[[allow]]\nfrom='*'\nto='*'\nservice='*'\nkinds=['stream','state','redundant']\nchannel-bytes='8MiB'\n";
constexpr std::uint64_t kStream = 21;
constexpr std::uint64_t kRecords = 500;
constexpr std::size_t kRecordBytes = 64;

/// What a child has to say: values through a pipe.
struct Pipe {
    Pipe() { REQUIRE(::pipe(ends) == 0); }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    void put(std::uint64_t value) const {
        if (::write(ends[1], &value, sizeof value) != sizeof value) {
            ::_exit(1);
        }
    }
    std::uint64_t take() const {
        std::uint64_t value = ~0ULL;
        pollfd waiting{.fd = ends[0], .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&waiting, 1, 120'000) == 1);
        REQUIRE(::read(ends[0], &value, sizeof value) == sizeof value);
        return value;
    }
    int ends[2];
};

} // namespace

TEST_CASE("one stream with four priorities, each with its policy, and the high ones first") {
    const BrokerProcess broker{kPolicy};
    const Pipe go;
    const Pipe told;
    const Child reader = broker.program("reader", {"tasks"}, [&](BusClient& bus) {
        auto opened = bus.accept(soon()).value();
        std::uint64_t word = 0;
        std::ignore = ::read(go.ends[0], &word, sizeof word); // everything is sent before the first is taken
        std::array<std::byte, 128> buffer{};
        Received received;
        while (opened.channel.try_receive(received, buffer) == ReceiveStatus::kReceived) {
            told.put(received.head.priority * 1000ULL + received.head.timestamp_ns);
        }
        for (std::uint8_t priority = 0; priority < 4; ++priority) {
            told.put(5000 + opened.channel.counters(priority).receive.lost);
        }
        told.put(9999);
        std::ignore = hear(opened.channel);
    });
    const Program writer{broker.directory, "writer"};
    const std::array policies{BackPressure::kBlock, BackPressure::kFail, BackPressure::kDropOldest,
                              BackPressure::kLatestOnly};
    auto opened = writer.bus->open({.guest = "reader",
                                    .service = "tasks",
                                    .shape = stream_shape(FIGCOM_TO_SERVICE, policies, 16, zeta::Bytes{8192})},
                                   soon());
    REQUIRE(opened);
    Channel& channel = opened->channel;
    for (std::uint64_t value = 0; value < 100; ++value) { // the lowest first: they must not be in the way
        REQUIRE(say(channel, value, 3));
        REQUIRE(say(channel, value, 2));
    }
    for (std::uint64_t value = 0; value < 16; ++value) {
        REQUIRE(say(channel, value, 1));
    }
    CHECK(say(channel, 16, 1).error().code == zeta::ErrorCode::kResourceExhausted);
    for (std::uint64_t value = 0; value < 16; ++value) {
        REQUIRE(say(channel, value, 0));
    }
    CHECK(say(channel, 16, 0, std::chrono::steady_clock::now()).error().code == zeta::ErrorCode::kTimeout);
    go.put(1);
    std::vector<std::uint64_t> heard;
    for (std::uint64_t value = told.take(); value != 9999; value = told.take()) {
        heard.push_back(value);
    }
    REQUIRE(heard.size() >= 16 + 16 + 2 + 1 + 4);
    for (std::uint64_t i = 0; i < 16; ++i) {
        CHECK(heard[i] == i);
        CHECK(heard[16 + i] == 1000 + i);
    }
    const std::size_t dropping = heard.size() - 32 - 1 - 4;
    CHECK(dropping <= 16);
    CHECK(heard[32 + dropping - 1] == 2099); // the newest of drop-oldest
    CHECK(heard[32] == 2100 - dropping);     // and what is left before it, without a gap
    CHECK(heard[32 + dropping] == 3099);     // latest-only: one
    const std::size_t lost = heard.size() - 4;
    CHECK(heard[lost] == 5000);
    CHECK(heard[lost + 1] == 5000);
    CHECK(heard[lost + 2] == 5000 + 100 - dropping);
    CHECK(heard[lost + 3] == 5099);
}

TEST_CASE("a one-way channel carries nothing back") {
    const BrokerProcess broker{kPolicy};
    const Pipe told;
    const Child reader = broker.program("reader", {"tasks"}, [&](BusClient& bus) {
        auto opened = bus.accept(soon()).value();
        told.put(hear(opened.channel).value_or(0));
        told.put(say(opened.channel, 1).error().code == zeta::ErrorCode::kPermissionDenied ? 1 : 0);
        told.put(opened.channel.own_layout().slab_bytes + opened.channel.own_layout().slot_count);
        std::ignore = hear(opened.channel);
    });
    const Program writer{broker.directory, "writer"};
    const std::array policies{BackPressure::kBlock};
    auto opened = writer.bus->open(
        {.guest = "reader", .service = "tasks", .shape = stream_shape(FIGCOM_TO_SERVICE, policies)}, soon());
    REQUIRE(opened);
    REQUIRE(say(opened->channel, 42));
    CHECK(told.take() == 42);
    CHECK(told.take() == 1);
    CHECK(told.take() == 2); // two slots that nobody looks at, no slab
    std::array<std::byte, 128> buffer{};
    Received received;
    CHECK(opened->channel.try_receive(received, buffer) == ReceiveStatus::kEmpty);
}

TEST_CASE("meta syncs of both sides") {
    const BrokerProcess broker{kPolicy};
    const Child other = broker.program("other", {"state"}, [&](BusClient& bus) {
        auto opened = bus.accept(soon()).value();
        std::uint64_t value = 0;
        while (opened.channel.wait_state(1, soon())) { // answers with what it saw
            if (opened.channel.read_state(1, std::as_writable_bytes(std::span{&value, 1}))) {
                std::ignore = opened.channel.write_state(0, 0, std::as_bytes(std::span{&value, 1}));
            }
        }
    });
    const Program self{broker.directory, "self"};
    auto opened = self.bus->open(
        {.guest = "other", .service = "state", .shape = state_shape(FIGCOM_BOTH_WAYS, 2, zeta::Bytes{64})}, soon());
    REQUIRE(opened);
    for (std::uint64_t value = 1; value <= 1000; ++value) {
        REQUIRE(opened->channel.write_state(1, 0, std::as_bytes(std::span{&value, 1})));
    }
    std::uint64_t seen = 0;
    while (seen != 1000) {
        REQUIRE(opened->channel.wait_state(0, soon()));
        REQUIRE(opened->channel.read_state(0, std::as_writable_bytes(std::span{&seen, 1})));
    }
    CHECK(opened->channel.priority_count() == 0); // states only
    CHECK(say(opened->channel, 1).error().code == zeta::ErrorCode::kPermissionDenied);
}

TEST_CASE("a redundant sync to three replicas, one of which dies") {
    constexpr std::size_t kReplicas = 3;
    const BrokerProcess broker{kPolicy};
    const Pipe told;
    std::vector<Child> replicas;
    std::vector<BusClient::Wanted> wanted;
    const figcom_shape shape = redundant_shape(FIGCOM_TO_SERVICE, 32, kRecordBytes);
    for (std::size_t i = 0; i < kReplicas; ++i) {
        const std::string name = "replica-" + std::to_string(i);
        wanted.push_back({.guest = name, .service = "journal", .shape = shape});
        replicas.push_back(broker.program(name, {"journal"}, [&](BusClient& bus) {
            auto opened = bus.accept(soon()).value();
            std::uint64_t sum = 0;
            RedundantReader reader{
                {.stream = kStream, .held = 0, .record_bytes_max = kRecordBytes},
                [&](std::uint64_t sequence, std::span<const std::byte> record) { sum += sequence * record.size(); }};
            if (!reader.add_channel(std::move(opened.channel))) {
                ::_exit(1);
            }
            while (reader.wait(soon())) {
                std::ignore = reader.pump();
            }
            told.put(sum);
        }));
    }
    const Program self{broker.directory, "writer"};
    auto opened = self.bus->open_all(wanted, soon());
    auto writer = RedundantWriter::create(
                      {.stream = kStream, .replicas_needed = 2, .log_records = 64, .record_bytes_max = kRecordBytes})
                      .value();
    for (auto& one : opened) {
        REQUIRE(one);
        REQUIRE(writer.add_replica(std::move(one->channel)));
    }
    const std::vector<std::byte> record(kRecordBytes);
    std::uint64_t sum = 0;
    for (std::uint64_t number = 1; number <= kRecords; ++number) {
        auto appended = writer.append(record);
        while (!appended && appended.error().code == zeta::ErrorCode::kResourceExhausted) {
            REQUIRE(writer.wait(writer.acknowledged() + 1, soon()));
            appended = writer.append(record);
        }
        REQUIRE(appended == number);
        sum += number * kRecordBytes;
        if (number == kRecords / 2) {
            replicas[1].kill();
        }
    }
    REQUIRE(writer.wait(kRecords, soon()));
    CHECK(writer.replica_count() == 2);
    CHECK(writer.counters().liars == 0);
    writer = RedundantWriter::create({.stream = 1}).value(); // closes the channels: the replicas end
    CHECK(told.take() == sum);
    CHECK(told.take() == sum);
}
