// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/control_message.hpp"

#include "figcom-vbus/core/rendezvous.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstring>

using namespace zeta::figcom;

TEST_CASE("a name field is read only when it is a name") {
    char field[FIGCOM_NAME_BYTES] = {};
    CHECK(!read_name(field));
    REQUIRE(write_name(field, "alpha-1.x_y"));
    CHECK(*read_name(field) == "alpha-1.x_y");
    std::memset(field, 'a', sizeof field); // no terminator
    CHECK(!read_name(field));
    for (const char* bad : {"", "a b", "a/b", "../x", "a\n", "\xc3\xa4"}) {
        CHECK(!write_name(field, bad));
    }
    CHECK(!write_name(field, std::string(64, 'a')));
    CHECK(write_name(field, std::string(63, 'a')));
}

TEST_CASE("offers and answers survive their text and nothing else does") {
    const auto offer = parse_agent_offer(to_text(AgentOffer{.reference = 8, .port = 12, .epoch = ~0ULL}));
    REQUIRE(offer);
    CHECK(offer->reference == 8);
    CHECK(offer->port == 12);
    CHECK(offer->epoch == ~0ULL);
    const auto answer =
        parse_broker_answer(to_text(BrokerAnswer{.reference = 3, .agent_epoch = 4, .broker = PeerId{5}}));
    REQUIRE(answer);
    CHECK(answer->broker == PeerId{5});
    for (const char* bad :
         {"", "figcom/1 offer", "figcom/1 offer 1 2", "figcom/1 offer 1 2 0", "figcom/1 offer 1 2 3 4",
          "figcom/1 offer 1 2 3 ", "figcom/1 offer -1 2 3", "figcom/1 offer 1  2 3", "figcom/2 offer 1 2 3",
          "figcom/1 offer 99999999999999999999 2 3", "figcom/1 offer 0x1 2 3"}) {
        INFO(bad);
        CHECK(!parse_agent_offer(bad));
    }
    CHECK(!parse_broker_answer("figcom/1 answer 1 2 4294967296"));
}
