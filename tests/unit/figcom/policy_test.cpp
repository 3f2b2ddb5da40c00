// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/broker/policy.hpp"

#include <catch2/catch_test_macros.hpp>

#include <tuple>

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
    for (const char* text : {"x = 1",
                             "[[allow]]\nfrom='a'\nto='b'",
                             "[[allow]]\nfrom='a'\nto='b'\nservice='e'\nmore=1",
                             "[[allow]]\nfrom=1\nto='b'\nservice='e'",
                             "[[allow]]\nfrom='a b'\nto='b'\nservice='e'",
                             "[allow]\nfrom='a'\nto='b'\nservice='e'",
                             "allow = [1]",
                             "[[allow",
                             "allow = 'all'",
                             "[[allow]]\nfrom='a'\nto='b'\nservice='e'\ndirection='up'",
                             "[[allow]]\nfrom='a'\nto='b'\nservice='e'\nkinds=[]",
                             "[[allow]]\nfrom='a'\nto='b'\nservice='e'\nkinds='stream'",
                             "[[allow]]\nfrom='a'\nto='b'\nservice='e'\nkinds=['stream','tcp']",
                             "[[allow]]\nfrom='a'\nto='b'\nservice='e'\npriorities=9",
                             "[[allow]]\nfrom='a'\nto='b'\nservice='e'\nchannel-bytes='1PiB'",
                             "[[allow]]\nfrom='a'\nto='b'\nservice='e'\nchannel-bytes='99999999999999GiB'",
                             "[quota]\nchannels=5000",
                             "[quota]\nname='a'",
                             "[[quota]]\nchannels=1",
                             "[[peer]]\nchannels=1",
                             "[peer]\nname='a'",
                             "[[program]]\nname='a'",
                             "[[program]]\nname='a'\nexecutable='bin/x'",
                             "[[program]]\nname='a'\nuid=-1",
                             "[[program]]\nuid=1",
                             "[[program]]\nname='a'\nuid=1\ngid=1"}) {
        std::string why;
        INFO(text);
        CHECK(!Policy::parse(text, why));
        CHECK(why.starts_with("line "));
        CHECK(why.find('\n') == std::string::npos);
    }
}

TEST_CASE("a character where no key can begin is refused, not fatal") {
    for (int byte = 0; byte < 256; ++byte) {
        for (const std::string before : {"", "[[", "[", "a.", "[[allow]]\nfrom = 'a'\n", "x = {"}) {
            std::string why;
            const std::string text = before + static_cast<char>(byte) + "llow]]\nfrom='a'\n";
            const auto policy = Policy::parse(text, why);
            CHECK((policy || why.starts_with("line ")));
        }
    }
}

TEST_CASE("the line that is named is the fault's own") {
    std::string why;
    CHECK(!Policy::parse("[[allow]]\nfrom='a'\nto='b'\nservice='e'\n\n[[allow]]\nfrom='a'\nto='b'\nservice='e'\n"
                         "direction='sideways'\n",
                         why));
    CHECK(why.starts_with("line 10: direction"));
}

TEST_CASE("patterns match whole names") {
    for (const auto& [pattern, name, matched] :
         std::initializer_list<std::tuple<const char*, const char*, bool>>{{"*", "anything", true},
                                                                           {"blk-*", "blk-disk", true},
                                                                           {"blk-*", "blk-", true},
                                                                           {"blk-*", "blk", false},
                                                                           {"*-log", "a-log", true},
                                                                           {"*-log", "a-logs", false},
                                                                           {"a*b*c", "aXbYbZc", true},
                                                                           {"a*b*c", "aXcYb", false},
                                                                           {"**", "x", true},
                                                                           {"a", "a", true},
                                                                           {"a", "aa", false},
                                                                           {"aa", "a", false}}) {
        INFO(pattern << " " << name);
        CHECK(zeta::figcom::matches(pattern, name) == matched);
    }
    // As many stars as a name can hold, against a name that almost matches: no exponential search.
    std::string stars;
    for (int i = 0; i < 31; ++i) {
        stars += "*a";
    }
    CHECK(!zeta::figcom::matches(stars + "b", std::string(63, 'a')));
}

TEST_CASE("amounts, quotas and defaults are read") {
    std::string why;
    const auto policy = Policy::parse("[[allow]]\nfrom='a'\nto='b'\nservice='e'\n"
                                      "[[allow]]\nfrom='c'\nto='b'\nservice='e'\ndirection='from-service'\n"
                                      "kinds=['state','redundant']\npriorities=3\nchannel-bytes='2MiB'\n"
                                      "message-bytes=100\nnotifications-per-s=50\nnotification-burst=5\n"
                                      "[quota]\nmemory='16KiB'\n[[peer]]\nname='a*'\nchannels=9\nsetups='7'\n",
                                      why);
    INFO(why);
    REQUIRE(policy);
    const auto& plain = policy->rules()[0];
    CHECK(plain.directions == FIGCOM_BOTH_WAYS);
    CHECK(plain.kinds == 1U << FIGCOM_KIND_STREAM);
    CHECK(plain.notifications_per_s == 0);
    const auto& narrow = policy->rules()[1];
    CHECK(narrow.directions == FIGCOM_FROM_SERVICE);
    CHECK(narrow.kinds == (1U << FIGCOM_KIND_STATE | 1U << FIGCOM_KIND_REDUNDANT));
    CHECK(narrow.priorities == 3);
    CHECK(narrow.channel_bytes == 2U << 20U);
    CHECK(narrow.message_bytes == 100);
    CHECK(narrow.notifications_per_s == 50);
    CHECK(narrow.notification_burst == 5);
    CHECK(policy->quota_of("zzz").memory_bytes == 16384);
    CHECK(policy->quota_of("zzz").channels == 64);
    CHECK(policy->quota_of("abc").channels == 9);
    CHECK(policy->quota_of("abc").setups == 7);
}

TEST_CASE("a missing policy file is told apart") {
    std::string why;
    const auto policy = Policy::load("/nonexistent/policy.toml", why);
    REQUIRE(!policy);
    CHECK(policy.error().code == zeta::ErrorCode::kNotFound);
}
