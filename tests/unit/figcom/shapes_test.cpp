// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/channel_shapes.hpp"

#include "figcom-vbus/core/token_bucket.hpp"

#include "tests/support/figcom/channel_pair.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace zeta::figcom;
using namespace std::chrono_literals;

TEST_CASE("the default shape lays out what channels were before there were shapes") {
    const RegionSpec spec = spec_of(default_shape(), Side::kServer, {.channel_id = 3, .epoch = 4});
    CHECK(spec.priority_count == 1);
    CHECK(spec.slot_count == 64);
    CHECK(spec.slab_bytes.value == 64 * 1024);
    CHECK(spec.features == 0);
    CHECK(spec.state_count == 0);
    CHECK(spec.channel_id == 3);
    CHECK(spec.epoch == 4);
    CHECK(is_default(default_shape()));
    CHECK(map_limit_of(default_shape(), Side::kAsker).value == kDataRegionMax.value);
    const figcom_channel_open open{};
    CHECK(shaped_payload(open, default_shape()).size() == sizeof open);
    CHECK(read_shaped<figcom_channel_open>(as_payload(open)));
}

TEST_CASE("a shape survives its message, and nothing else of that length does") {
    const std::array policies{BackPressure::kLatestOnly, BackPressure::kFail};
    const figcom_shape shape = stream_shape(FIGCOM_FROM_SERVICE, policies, 128, zeta::Bytes{4096});
    const figcom_channel_up up{};
    auto payload = shaped_payload(up, shape);
    const auto read = read_shaped<figcom_channel_up>(payload);
    REQUIRE(read);
    CHECK(std::memcmp(&read->shape, &shape, sizeof shape) == 0);
    payload.pop_back();
    CHECK(!read_shaped<figcom_channel_up>(payload));
    CHECK(!read_shaped<figcom_channel_up>({}));
}

TEST_CASE("rights follow the direction, the kind and the side") {
    const std::array one{BackPressure::kBlock};
    const auto stream = stream_shape(FIGCOM_TO_SERVICE, one);
    CHECK(rights_of(stream, Side::kAsker).sends);
    CHECK(!rights_of(stream, Side::kAsker).receives);
    CHECK(!rights_of(stream, Side::kServer).sends);
    CHECK(rights_of(stream, Side::kServer).receives);
    CHECK(region_bytes_of(stream, Side::kServer).value == 2 * FIGCOM_HEADER_BYTES);
    const auto state = state_shape(FIGCOM_FROM_SERVICE, 4, zeta::Bytes{100});
    CHECK(!rights_of(state, Side::kAsker).sends);
    CHECK(!rights_of(state, Side::kAsker).writes_states);
    CHECK(rights_of(state, Side::kAsker).reads_states);
    CHECK(rights_of(state, Side::kServer).writes_states);
    CHECK(spec_of(state, Side::kAsker, {}).state_count == 0);
    CHECK(spec_of(state, Side::kServer, {}).state_count == 4);
    const auto redundant = redundant_shape(FIGCOM_TO_SERVICE, 256, 1000);
    CHECK(rights_of(redundant, Side::kServer).sends); // acknowledgements
    CHECK(spec_of(redundant, Side::kServer, {}).slot_count == 64);
    CHECK(payload_bytes_of(redundant) >= 1000 + 32);
    for (const figcom_shape& shape : {stream, state, redundant}) {
        CHECK(check_shape(shape));
    }
}

TEST_CASE("a side without a right does not look at what its peer writes") {
    const RegionSpec spec{.slot_count = 8, .epoch = 9};
    support::ChannelPair pair{spec};
    const auto narrowed = [&](bool sends, bool receives) {
        return Channel::complete({.doorbell = std::make_unique<support::SocketDoorbell>(::dup(pair.ends[1])),
                                  .memory = std::make_unique<support::SharedMemory>(pair.memory_b),
                                  .layout = pair.layout,
                                  .rights = {.sends = sends, .receives = receives}},
                                 std::make_unique<support::SeenMemory>(pair.memory_a))
            .value();
    };
    REQUIRE(pair.a.try_send({}, {}) == SendStatus::kSent);
    std::array<std::byte, 128> buffer{};
    Received received;
    Channel deaf = narrowed(true, false);
    CHECK(!deaf.pending());
    CHECK(deaf.try_receive(received, buffer) == ReceiveStatus::kEmpty);
    Channel mute = narrowed(false, true);
    CHECK(mute.payload_bytes_max() == 0);
    CHECK(mute.send({}, {}, BackPressure::kFail).error().code == zeta::ErrorCode::kPermissionDenied);
    CHECK(mute.try_receive(received, buffer) == ReceiveStatus::kReceived);
    CHECK(mute.counters().receive.received == 1);
}

TEST_CASE("a token bucket gives its burst at once and its rate for ever") {
    TokenBucket bucket{10, 3}; // every 100 ms, three saved up
    auto now = TokenBucket::Time{} + 1h;
    CHECK(bucket.take(now));
    CHECK(bucket.take(now));
    CHECK(bucket.take(now));
    CHECK(!bucket.take(now));
    CHECK(bucket.until_next(now) == 100ms);
    now += 99ms;
    CHECK(!bucket.take(now));
    now += 1ms;
    CHECK(bucket.take(now));
    CHECK(!bucket.take(now));
    now += 1h; // a long pause saves up no more than the burst
    int taken = 0;
    while (bucket.take(now)) {
        ++taken;
    }
    CHECK(taken == 3);
    for (int i = 0; i < 1000; ++i) {
        taken += bucket.take(now + 10ms * i) ? 1 : 0;
    }
    CHECK(taken == 3 + 99);
    TokenBucket unlimited;
    CHECK((unlimited.take(now) && unlimited.take(now) && unlimited.until_next(now) <= 0ns));
}

TEST_CASE("a peer that rings too often is heard late, and still heard") {
    const RegionSpec spec{.slot_count = 64, .epoch = 9};
    support::ChannelPair pair{spec};
    Channel limited = Channel::complete({.doorbell = std::make_unique<support::SocketDoorbell>(::dup(pair.ends[1])),
                                         .memory = std::make_unique<support::SharedMemory>(pair.memory_b),
                                         .layout = pair.layout,
                                         .rights = {.notifications_per_s = 20, .notification_burst = 2}},
                                        std::make_unique<support::SeenMemory>(pair.memory_a))
                          .value();
    limited.set_spinning(false);
    support::SocketDoorbell nuisance{::dup(pair.ends[0])};
    const auto end = std::chrono::steady_clock::now() + 300ms;
    while (std::chrono::steady_clock::now() < end) { // rings without a message, as fast as it can be heard
        REQUIRE(nuisance.notify());
        std::ignore = limited.wait(std::chrono::steady_clock::now() + 1ms);
    }
    CHECK(limited.counters().notifications_ignored > 0);
    REQUIRE(pair.a.try_send({.timestamp_ns = 5}, {}) == SendStatus::kSent);
    REQUIRE(limited.wait(std::chrono::steady_clock::now() + 60s));
}
