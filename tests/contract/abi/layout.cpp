// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/abi/layout.h"

#include <catch2/catch_test_macros.hpp>

#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>

namespace {

const abi_layout kLayoutInCpp[] = {ABI_LAYOUT};

/// Version 1 as it was published: a change here is a change of the ABI and needs a new version.
const abi_layout kPublished[] = {
    {"zeta_header", 0, 8},
    {"zeta_header.version", 0, 4},
    {"zeta_header.bytes", 4, 4},
    {"zeta_capabilities", 0, 32},
    {"zeta_capabilities.header", 0, 8},
    {"zeta_capabilities.abi_version_min", 8, 4},
    {"zeta_capabilities.abi_version_max", 12, 4},
    {"zeta_capabilities.product_major", 16, 2},
    {"zeta_capabilities.product_minor", 18, 2},
    {"zeta_capabilities.product_patch", 20, 2},
    {"zeta_capabilities.reserved", 22, 2},
    {"zeta_capabilities.features", 24, 8},
    {"zeta_health_beat", 0, 16},
    {"zeta_health_beat.header", 0, 8},
    {"zeta_health_beat.word", 8, 8},
    {"zeta_health_read", 0, 48},
    {"zeta_health_read.header", 0, 8},
    {"zeta_health_read.domid", 8, 2},
    {"zeta_health_read.reserved", 10, 6},
    {"zeta_health_read.word", 16, 8},
    {"zeta_health_read.beats", 24, 8},
    {"zeta_health_read.beat_ns", 32, 8},
    {"zeta_health_read.now_ns", 40, 8},
};

} // namespace

TEST_CASE("C and C++ see the published layout") {
    REQUIRE(std::size(kLayoutInCpp) == std::size(kPublished));
    REQUIRE(kLayoutInCCount == std::size(kPublished));
    for (std::size_t at = 0; at < std::size(kPublished); ++at) {
        INFO(kPublished[at].name);
        CHECK(std::string_view{kLayoutInC[at].name} == kPublished[at].name);
        CHECK(kLayoutInC[at].offset == kPublished[at].offset);
        CHECK(kLayoutInC[at].bytes == kPublished[at].bytes);
        CHECK(std::string_view{kLayoutInCpp[at].name} == kPublished[at].name);
        CHECK(kLayoutInCpp[at].offset == kPublished[at].offset);
        CHECK(kLayoutInCpp[at].bytes == kPublished[at].bytes);
    }
}

TEST_CASE("structures have no padding") {
    CHECK(std::has_unique_object_representations_v<zeta_header>);
    CHECK(std::has_unique_object_representations_v<zeta_capabilities>);
    CHECK(std::has_unique_object_representations_v<zeta_health_beat>);
    CHECK(std::has_unique_object_representations_v<zeta_health_read>);
}

TEST_CASE("the published numbers stay") {
    CHECK(ZETA_HYPERCALL == 63);
    CHECK(ZETA_ABI_VERSION == 1);
    CHECK(ZETA_OP_CAPABILITIES == 1);
    CHECK(ZETA_OP_HEALTH_BEAT == 2);
    CHECK(ZETA_OP_HEALTH_READ == 3);
    CHECK(ZETA_FEATURE_HEALTH == 1);
}
