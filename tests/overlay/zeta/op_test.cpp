// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/harness/world.hpp"

#include "hypervisor/abi/zeta.h"

#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <set>

using namespace zeta::overlay;

namespace {

zeta_header header(std::uint32_t bytes) { return {.version = ZETA_ABI_VERSION, .bytes = bytes}; }

zeta_capabilities good_capabilities() {
    zeta_capabilities argument{};
    argument.header = header(sizeof(argument));
    return argument;
}

zeta_health_beat good_beat(std::uint64_t word) { return {.header = header(sizeof(zeta_health_beat)), .word = word}; }

struct Operation {
    unsigned op;
    std::uint32_t bytes;
};
constexpr Operation kOperations[] = {{ZETA_OP_CAPABILITIES, sizeof(zeta_capabilities)},
                                     {ZETA_OP_HEALTH_BEAT, sizeof(zeta_health_beat)},
                                     {ZETA_OP_HEALTH_READ, sizeof(zeta_health_read)}};

/// Aborts the test where a byte is read twice or a write comes before the last read.
void require_each_byte_read_once(std::uint32_t bytes) {
    std::set<std::uint64_t> seen;
    bool written = false;
    for (unsigned at = 0; at < harness.access_count; ++at) {
        const harness_access& access = harness.accesses[at];
        if (access.write) {
            written = true;
            REQUIRE(access.start == kPage);
            REQUIRE(access.count == bytes);
            continue;
        }
        REQUIRE_FALSE(written);
        for (std::uint64_t byte = 0; byte < access.count; ++byte) {
            REQUIRE(seen.insert(access.start + byte).second);
        }
    }
    REQUIRE(seen.size() == bytes);
}

} // namespace

TEST_CASE("capabilities name the ABI and the product to every domain") {
    World world;
    for (const std::uint16_t caller : {std::uint16_t{0}, kGuest}) {
        world.become(caller);
        zeta_capabilities argument = good_capabilities();
        argument.features = 0xdead; // answer fields may hold anything on the way in
        REQUIRE(world.call(ZETA_OP_CAPABILITIES, argument) == 0);
        CHECK(argument.abi_version_min == ZETA_ABI_VERSION);
        CHECK(argument.abi_version_max == ZETA_ABI_VERSION);
        CHECK(argument.product_major == 11);
        CHECK(argument.product_minor == 22);
        CHECK(argument.product_patch == 33);
        CHECK(argument.reserved == 0);
        CHECK(argument.features == ZETA_FEATURE_HEALTH);
    }
}

TEST_CASE("capabilities refuse a reserved field that is not zero") {
    World world;
    zeta_capabilities argument = good_capabilities();
    argument.reserved = 1;
    CHECK(world.call(ZETA_OP_CAPABILITIES, argument) == -EINVAL);
    CHECK(argument.features == 0);
}

TEST_CASE("an unknown operation is refused before its argument is looked at") {
    World world;
    for (const unsigned op : {0U, ZETA_OP_HEALTH_READ + 1U, 0x10001U, 0x80000000U, 0xffffffffU}) {
        CHECK(harness_zeta_op(op, kPage) == -EOPNOTSUPP);
        CHECK(harness_zeta_op(op, 0) == -EOPNOTSUPP);
        CHECK(harness.access_count == 0);
    }
}

TEST_CASE("a version other than ours is refused and the rest is not read") {
    World world;
    for (const Operation& operation : kOperations) {
        for (const std::uint32_t version : {0U, ZETA_ABI_VERSION + 1U, 0x100U, 0xffffffffU}) {
            world.put(zeta_header{.version = version, .bytes = operation.bytes});
            CHECK(harness_zeta_op(operation.op, kPage) == -EINVAL);
            CHECK(harness.access_count == 1);
        }
    }
}

TEST_CASE("a size other than the structure's is refused and the rest is not read") {
    World world;
    for (const Operation& operation : kOperations) {
        for (std::uint32_t bytes = 0; bytes < 128; ++bytes) {
            if (bytes == operation.bytes) {
                continue;
            }
            world.put(header(bytes));
            CHECK(harness_zeta_op(operation.op, kPage) == (bytes > operation.bytes ? -E2BIG : -EINVAL));
            CHECK(harness.access_count == 1);
        }
        world.put(header(0xffffffffU));
        CHECK(harness_zeta_op(operation.op, kPage) == -E2BIG);
    }
}

TEST_CASE("an argument cut by the end of memory is refused at every length") {
    World world;
    for (const Operation& operation : kOperations) {
        for (std::uint32_t present = 0; present < operation.bytes; ++present) {
            std::vector<std::uint8_t> argument(operation.bytes, 0);
            const zeta_header good = header(operation.bytes);
            std::memcpy(argument.data(), &good, sizeof(good));
            std::memcpy(world.page().data() + world.page().size() - present, argument.data(), present);
            CHECK(harness_zeta_op(operation.op, kPageEnd - present) == -EFAULT);
        }
    }
}

TEST_CASE("addresses outside the guest are refused") {
    World world;
    for (const Operation& operation : kOperations) {
        for (const std::uint64_t address :
             {0ULL, 1ULL, 0xffff830000000000ULL, 0xfffffffffffffff8ULL, 0xffffffffffffffffULL}) {
            CHECK(harness_zeta_op(operation.op, address) == -EFAULT);
        }
    }
}

TEST_CASE("an answer that cannot be written is a bad address") {
    World world;
    harness.ranges[0].writable = false;
    zeta_capabilities capabilities = good_capabilities();
    CHECK(world.call(ZETA_OP_CAPABILITIES, capabilities) == -EFAULT);
    zeta_health_read read{};
    read.header = header(sizeof(read));
    CHECK(world.call(ZETA_OP_HEALTH_READ, read) == -EFAULT);
    zeta_health_beat beat = good_beat(1);
    CHECK(world.call(ZETA_OP_HEALTH_BEAT, beat) == 0); // has no answer
}

TEST_CASE("each byte of an accepted argument is read once") {
    World world;
    for (const Operation& operation : kOperations) {
        std::fill(world.page().begin(), world.page().end(), std::uint8_t{0});
        world.put(header(operation.bytes));
        REQUIRE(harness_zeta_op(operation.op, kPage) == 0);
        require_each_byte_read_once(operation.bytes);
    }
}

TEST_CASE("a guest that changes its argument between the reads gains nothing") {
    World world;
    harness.context = &world;
    harness.after_read = [](void* context) {
        static_cast<World*>(context)->put(zeta_header{.version = 0xffffffffU, .bytes = 0xffffffffU});
    };
    zeta_capabilities argument = good_capabilities();
    REQUIRE(world.call(ZETA_OP_CAPABILITIES, argument) == 0);
    // The header that was checked goes back, not the one that stands there now.
    CHECK(argument.header.version == ZETA_ABI_VERSION);
    CHECK(argument.header.bytes == sizeof(argument));
}
