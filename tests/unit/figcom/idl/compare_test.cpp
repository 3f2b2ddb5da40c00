// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// What a change of an interface breaks.
#include "figcom-vbus/idl/compare.hpp"

#include "figcom-vbus/idl/parser.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>

using namespace zeta::idlgen;

namespace {

constexpr std::string_view kOld =
    "interface a version 1.1; enum O : u8 open { x = 0; } enum C : u8 closed { y = 0; z = 1; }\n"
    "struct S { a: u8 in 0..9; b: u16 = 5; c: u32 = 1 since 1.1; } struct T { a: u8; }\n"
    "service s { stream t priority 0 policy block { message m = 256 : S from client; request r = 257 : S reply 258 : S "
    "from client; }\nmeta w = 0 : S from server; redundant l = 3 : S copies 2; }";

/// kOld with `was` replaced once by `is`.
Comparison changed(std::string_view was, std::string_view is) {
    std::string text{kOld};
    const std::size_t at = text.find(was);
    REQUIRE(at != std::string::npos);
    text.replace(at, was.size(), is);
    const auto older = parse(kOld);
    const auto newer = parse(text);
    INFO(text);
    if (!newer) {
        FAIL(to_line("new", newer.error()));
    }
    return compare(older.value(), newer.value());
}

struct Case {
    const char* was;
    const char* is;
    const char* line; // the breaking line
};
const Case kBreaks[] = {
    {"interface a version 1.1", "interface b version 1.1", "interface: was called a, is called b"},
    {"x = 0;", "x = 1;", "enum O, value x: its number was 0, is 1"},
    {"x = 0;", "q = 0;", "enum O, value x: is gone"},
    {"x = 0;", "x = 0; n = 1;", "enum O, value n: was added without \"since\" a minor version above 1.1"},
    {"z = 1;", "z = 1; n = 2;", "enum C, value n: was added to a closed enum"},
    {"u8 open", "u16 open", "enum O: its type was u8, is u16"},
    {"u8 open", "u8 closed", "enum O: it was open, is closed"},
    {"a: u8 in 0..9; b", "aa: u8 in 0..9; b", "struct S, field a: is gone"},
    {"a: u8 in 0..9; b", "a: u8 in 0..10; b", "struct S, field a: its range was 0..9, is 0..10"},
    {"b: u16 = 5; ", "b: u32 = 5; ", "struct S, field b: its type was u16, is u32"},
    {"a: u8 in 0..9; b: u16 = 5;", "b: u16 = 5; a: u8 in 0..9;", "struct S, field a: its place was 0, is 1"},
    {"c: u32 = 1 since 1.1;", "c: u32 = 2 since 1.1;", "struct S, field c: its first value was 1, is 2"},
    {"c: u32 = 1 since 1.1;", "c: u32 = 1;", "struct S, field c: its \"since\" was 1, is 0"},
    {"c: u32 = 1 since 1.1;", "c: u32 = 1 since 1.1; d: u8 since 1.1;",
     "struct S, field d: was added without \"since\""},
    {"struct T { a: u8; }", "", "struct T: is gone"},
    {"policy block", "policy fail", "service s, stream t: its policy was block, is fail"},
    {"message m = 256", "message m = 300", "service s, message m: its number was 256, is 300"},
    {"message m = 256 : S", "message m = 256 : T", "service s, message m: its struct was S, is T"},
    {"message m = 256 : S from client", "message m = 256 : S from server",
     "service s, message m: its sender was client, is server"},
    {"reply 258", "reply 259", "service s, message r: its reply's number was 258, is 259"},
    {"request r = 257 : S reply 258 : S", "message r = 257 : S", "service s, message r: was a request, is a message"},
    {"message m = 256 : S from client;", "", "service s, message m: is gone"},
    {"meta w = 0 : S from server;", "", "service s, meta sync w: is gone"},
    {"w = 0 : S from server", "w = 0 : S from client", "service s, meta sync w: its writer was server, is client"},
    {"redundant l = 3", "redundant l = 4", "service s, redundant sync l: its number was 3, is 4"},
    {"meta w", "stream u priority 1 policy fail { message n = 400 : T from client; } meta w",
     "service s, stream u: was added, and channels of older programs have no ring for it"},
};

} // namespace

TEST_CASE("what breaks older programs is told, line by line") {
    const Case& one = kBreaks[GENERATE(range(std::size_t{0}, std::size(kBreaks)))];
    const Comparison result = changed(one.was, one.is);
    CAPTURE(one.line);
    CHECK(!result.sound());
    CHECK(std::ranges::any_of(
        result.changes, [&](const Change& change) { return change.breaking && change.what.starts_with(one.line); }));
}

TEST_CASE("the same file is no change") {
    const Comparison result = changed("version 1.1", "version 1.1");
    CHECK(result.changes.empty());
    CHECK(result.sound());
}

TEST_CASE("additions at the end, with their version, are compatible") {
    std::string text{kOld};
    const auto put = [&](std::string_view was, std::string_view is) { text.replace(text.find(was), was.size(), is); };
    put("version 1.1", "version 1.2");
    put("x = 0;", "x = 0; n = 1 since 1.2;");
    put("since 1.1; }", "since 1.1; d: u8 since 1.2; }");
    put("message m", "message fresh = 400 : T from server since 1.2; message m");
    put("meta w = 0 : S from server;", "meta w = 0 : S from server; meta v = 1 : T from server since 1.2;");
    put("copies 2", "copies 3");
    const Comparison result = compare(parse(kOld).value(), parse(text).value());
    CHECK(result.sound());
    CHECK(result.changes.size() == 5);
    CHECK(std::ranges::none_of(result.changes, &Change::breaking));
}

TEST_CASE("an addition needs a higher minor version") {
    const Comparison result = changed("struct T", "struct N { a: u8; } struct T");
    CHECK(!result.sound());
    CHECK(std::ranges::any_of(result.changes, [](const Change& change) {
        return change.what == "version: something was added, and the minor version is still 1.1";
    }));
}

TEST_CASE("under a higher major version everything may change, and is told all the same") {
    std::string text{kOld};
    for (std::size_t at = 0; (at = text.find("1.1", at)) != std::string::npos;) {
        text.replace(at, 3, "2.1");
    }
    text.replace(text.find("b: u16"), 6, "b: u64");
    const Comparison result = compare(parse(kOld).value(), parse(text).value());
    CHECK(result.major_raised);
    CHECK(result.sound());
    CHECK(result.changes.size() == 1);
    CHECK(result.changes.at(0).breaking);
}

TEST_CASE("a version that goes back is a break") {
    CHECK(!compare(parse("interface a version 1.2;").value(), parse("interface a version 1.1;").value()).sound());
    CHECK(!compare(parse("interface a version 2.0;").value(), parse("interface a version 1.9;").value()).sound());
}
