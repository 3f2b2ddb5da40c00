// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/harness/world.hpp"

#include "hypervisor/abi/zeta.h"

#include <catch2/catch_test_macros.hpp>

#include <cerrno>

using namespace zeta::overlay;

namespace {

long beat(World& world, std::uint64_t word) {
    zeta_health_beat argument{.header = {.version = ZETA_ABI_VERSION, .bytes = sizeof(argument)}, .word = word};
    return world.call(ZETA_OP_HEALTH_BEAT, argument);
}

zeta_health_read question(std::uint16_t domid) {
    zeta_health_read argument{};
    argument.header = {.version = ZETA_ABI_VERSION, .bytes = sizeof(argument)};
    argument.domid = domid;
    return argument;
}

} // namespace

TEST_CASE("a domain that never beat reads as zero beats") {
    World world;
    zeta_health_read answer = question(kGuest);
    REQUIRE(world.call(ZETA_OP_HEALTH_READ, answer) == 0);
    CHECK(answer.word == 0);
    CHECK(answer.beats == 0);
    CHECK(answer.beat_ns == 0);
    CHECK(answer.now_ns > 0);
    CHECK(answer.domid == kGuest);
}

TEST_CASE("the last beat is read with its word, count and time") {
    World world;
    world.become(kGuest);
    REQUIRE(beat(world, 7) == 0);
    const auto second_ns = static_cast<std::uint64_t>(harness.now_ns += 500);
    REQUIRE(beat(world, 0xffffffffffffffff) == 0);
    world.become(0);
    harness.now_ns += 1'000'000;
    zeta_health_read answer = question(kGuest);
    REQUIRE(world.call(ZETA_OP_HEALTH_READ, answer) == 0);
    CHECK(answer.word == 0xffffffffffffffff);
    CHECK(answer.beats == 2);
    CHECK(answer.beat_ns == second_ns + 1);
    CHECK(answer.now_ns == second_ns + 1 + 1'000'000 + 1);
}

TEST_CASE("domains do not see each other's beats, the control domain's own included") {
    World world;
    REQUIRE(beat(world, 1) == 0);
    zeta_health_read guest = question(kGuest);
    REQUIRE(world.call(ZETA_OP_HEALTH_READ, guest) == 0);
    CHECK(guest.beats == 0);
    zeta_health_read own = question(0);
    REQUIRE(world.call(ZETA_OP_HEALTH_READ, own) == 0);
    CHECK(own.beats == 1);
    CHECK(own.word == 1);
}

TEST_CASE("only the control domain reads, and others learn nothing") {
    World world;
    world.become(kGuest);
    for (const std::uint16_t domid : {std::uint16_t{0}, kGuest, std::uint16_t{77}}) {
        zeta_health_read answer = question(domid);
        CHECK(world.call(ZETA_OP_HEALTH_READ, answer) == -EPERM);
        CHECK(harness.access_count == 0);
    }
    CHECK(harness_zeta_op(ZETA_OP_HEALTH_READ, 0) == -EPERM);
}

TEST_CASE("a refused beat changes nothing") {
    World world;
    REQUIRE(beat(world, 42) == 0);
    zeta_health_beat bad{.header = {.version = 9, .bytes = sizeof(bad)}, .word = 1};
    CHECK(world.call(ZETA_OP_HEALTH_BEAT, bad) == -EINVAL);
    const zeta_health_beat cut{.header = {.version = ZETA_ABI_VERSION, .bytes = sizeof(cut)}, .word = 1};
    world.put(cut.header, kPageEnd - sizeof(cut.header));
    CHECK(harness_zeta_op(ZETA_OP_HEALTH_BEAT, kPageEnd - sizeof(cut.header)) == -EFAULT);
    zeta_health_read answer = question(0);
    REQUIRE(world.call(ZETA_OP_HEALTH_READ, answer) == 0);
    CHECK(answer.word == 42);
    CHECK(answer.beats == 1);
}

TEST_CASE("each reserved field of a read must be zero") {
    World world;
    for (unsigned at = 0; at < 3; ++at) {
        zeta_health_read answer = question(kGuest);
        answer.reserved[at] = 0x8000;
        CHECK(world.call(ZETA_OP_HEALTH_READ, answer) == -EINVAL);
        CHECK(answer.now_ns == 0);
    }
}

TEST_CASE("an id without a domain is not found and nothing is written") {
    World world;
    constexpr std::uint16_t kMissing[] = {1, 6, 0x7ff0, 0x7ff1, 0x7ff2, 0x7ff4, 0x7fff, 0xffff};
    for (const std::uint16_t domid : kMissing) {
        zeta_health_read answer = question(domid);
        CHECK(world.call(ZETA_OP_HEALTH_READ, answer) == -ESRCH);
        CHECK(answer.now_ns == 0);
    }
}

TEST_CASE("a domain's health ends with it and does not pass to the next of that id") {
    World world;
    world.become(kGuest);
    REQUIRE(beat(world, 3) == 0);
    world.become(0);
    world.destroy(kGuest);
    zeta_health_read answer = question(kGuest);
    CHECK(world.call(ZETA_OP_HEALTH_READ, answer) == -ESRCH);
    REQUIRE(world.create(kGuest, false) == 0);
    answer = question(kGuest);
    REQUIRE(world.call(ZETA_OP_HEALTH_READ, answer) == 0);
    CHECK(answer.beats == 0);
}

TEST_CASE("a soft reset forgets what the old kernel said") {
    World world;
    world.become(kGuest);
    REQUIRE(beat(world, 3) == 0);
    zeta_domain_soft_reset(world.find(kGuest));
    world.become(0);
    zeta_health_read answer = question(kGuest);
    REQUIRE(world.call(ZETA_OP_HEALTH_READ, answer) == 0);
    CHECK(answer.word == 0);
    CHECK(answer.beats == 0);
    CHECK(answer.beat_ns == 0);
    world.become(kGuest);
    CHECK(beat(world, 4) == 0);
}

TEST_CASE("a domain is not made when there is no memory for its state") {
    World world;
    const unsigned before = harness.allocations;
    harness.out_of_memory = true;
    CHECK(world.create(9, false) == -ENOMEM);
    harness.out_of_memory = false;
    CHECK(harness.allocations == before);
    CHECK(world.create(9, false) == 0);
}

TEST_CASE("a domain whose creation failed before our part can be destroyed") {
    World world;
    domain unborn{.domain_id = 9, .is_privileged = false, .zeta = nullptr};
    zeta_domain_destroy(&unborn);
    CHECK(unborn.zeta == nullptr);
}
