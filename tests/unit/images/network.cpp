// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/network.hpp"

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string_view>

using zeta::init::static_address;

TEST_CASE("address, prefix and gateway are read from anywhere in the command line") {
    const auto found = static_address("console=hvc0 zeta.ip=10.0.2.15/24,10.0.2.2 quiet\n");
    REQUIRE(found.has_value());
    CHECK(found->address == inet_addr("10.0.2.15"));
    CHECK(found->netmask == inet_addr("255.255.255.0"));
    CHECK(found->gateway == inet_addr("10.0.2.2"));
}

TEST_CASE("the gateway may be left out, and a host route is a prefix of 32") {
    const auto found = static_address("zeta.ip=192.168.7.1/32");
    REQUIRE(found.has_value());
    CHECK(found->netmask == 0xFFFFFFFFU);
    CHECK(found->gateway == 0);
}

TEST_CASE("what is malformed is refused whole") {
    const std::string_view line =
        GENERATE("", "quiet", "zeta.ip=", "zeta.ip=10.0.2.15", "zeta.ip=10.0.2.15/", "zeta.ip=10.0.2.15/0",
                 "zeta.ip=10.0.2.15/33", "zeta.ip=10.0.2.15/2x", "zeta.ip=10.0.2/24", "zeta.ip=10.0.2.15/24,",
                 "zeta.ip=10.0.2.15/24,gateway", "zeta.ip=10.0.2.15,10.0.2.2/24", "zeta.ip=1111.1111.1111.1111/8",
                 "zeta.ip=10.0.2.15/99999999999");
    CAPTURE(line);
    CHECK_FALSE(static_address(line).has_value());
}
