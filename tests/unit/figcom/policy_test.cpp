// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/broker/policy.hpp"

#include <catch2/catch_test_macros.hpp>

using zeta::figcom::Policy;

TEST_CASE("what no rule allows is denied") {
    std::string why;
    CHECK(!Policy{}.allows("a", "b", "echo"));
    const auto policy = Policy::parse("[[allow]]\nfrom = 'a'\nto = '*'\nservice = 'echo'\n", why);
    REQUIRE(policy);
    CHECK(policy->allows("a", "b", "echo"));
    CHECK(!policy->allows("b", "a", "echo")); // one way
    CHECK(!policy->allows("a", "b", "disk"));
    CHECK(!policy->allows("aa", "b", "echo"));
}

TEST_CASE("a policy that is not understood is refused whole, with the line") {
    for (const char* text : {"x = 1", "[[allow]]\nfrom='a'\nto='b'", "[[allow]]\nfrom='a'\nto='b'\nservice='e'\nmore=1",
                             "[[allow]]\nfrom=1\nto='b'\nservice='e'", "[[allow]]\nfrom='a*'\nto='b'\nservice='e'",
                             "[allow]\nfrom='a'\nto='b'\nservice='e'", "allow = [1]", "[[allow", "allow = 'all'"}) {
        std::string why;
        INFO(text);
        CHECK(!Policy::parse(text, why));
        CHECK(why.starts_with("line "));
    }
}

TEST_CASE("a missing policy file is told apart") {
    std::string why;
    const auto policy = Policy::load("/nonexistent/policy.toml", why);
    REQUIRE(!policy);
    CHECK(policy.error().code == zeta::ErrorCode::kNotFound);
}
