// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Interface files, good and bad: each mistake has its line, its column and its remedy.
#include "figcom-vbus/idl/parser.hpp"

#include "figcom-vbus/idl/completion.hpp"
#include "figcom-vbus/idl/writers.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <format>

using namespace zeta::idlgen;

namespace {

/// The line for people, without the file's name; "" where the text is right.
std::string fault_of(std::string_view text) {
    const auto parsed = parse(text);
    return parsed ? "" : to_line("x.figcom", parsed.error());
}

/// A file with `body` from its second line on.
std::string file_of(std::string_view body) { return "interface a.b version 3.4;\n" + std::string{body}; }

std::string struct_fault(std::string_view field) { return fault_of(file_of(std::format("struct S {{ {} }}", field))); }

struct Mistake {
    const char* text;
    const char* line; // what its fault starts with
};

const Mistake kMistakes[] = {
    {"", "x.figcom:1:1: the end of the file stands where"},
    {"interface A version 1.0;", "x.figcom:1:11: \"A\" is no name for an interface; write it in lower_case"},
    {"interface a.b.c version 1.0;", "x.figcom:1:15: an interface's name of more than two parts"},
    {"interface a version 1;", "x.figcom:1:21: \"1\" is no version; write MAJOR.MINOR"},
    {"interface a version 0.1;", "x.figcom:1:21: \"0.1\" is no version"},
    {"interface a version 1.70000;", "x.figcom:1:21: \"1.70000\" is no version"},
    {"interface a version 1.2e1;", "x.figcom:1:21: \"1.2e1\" is no version"},
    {"interface a version 1.0", "x.figcom:1:24: the end of the file stands where \";\" must follow the version"},
    {"interface a version 1.0;\n\x01", "x.figcom:2:1: byte 0x01 has no meaning here; remove it"},
    {"interface a version 1.0;\n# \x01", "x.figcom:2:1: a control character in a comment"},
    {"interface a version 1.0;\nwhat", "x.figcom:2:1: \"what\" begins no declaration; begin with limit, enum"},
    {"interface a version 1.0; limit x = 0;", "x.figcom:1:36: a limit is 0; use a whole number from 1"},
    {"interface a version 1.0; limit x = 2; limit x = 3;", "x.figcom:1:45: a second limit \"x\""},
    {"interface a version 1.0; limit x = y;", "x.figcom:1:36: no limit is called \"y\""},
    {"interface a version 1.0; enum e : u8 open {}", "x.figcom:1:31: \"e\" is no name for an enum; write it in Camel"},
    {"interface a version 1.0; enum E : f32 open {}", "x.figcom:1:35: an enum needs a whole number"},
    {"interface a version 1.0; enum E : u8 {}", "x.figcom:1:38: an enum must say what unknown values mean"},
    {"interface a version 1.0; enum E : u8 open {}", "x.figcom:1:31: enum E has no value"},
    {"interface a version 1.0; enum E : u8 open { a = 256; }",
     "x.figcom:1:49: 256 is no u8; use a whole number from 0 to 255"},
    {"interface a version 1.0; enum E : i8 open { a = -129; }", "x.figcom:1:49: -129 is no i8"},
    {"interface a version 1.0; enum E : u8 open { a = 1; b = 1; }",
     "x.figcom:1:52: a and b have the same name or number"},
    {"interface a version 1.1; enum E : u8 closed { a = 1; b = 2 since 1.1; }",
     "x.figcom:1:54: a later value of the closed enum E"},
    {"interface a version 1.1; enum E : u8 open { a = 1 since 1.2; }", "x.figcom:1:57: \"since 1.2\" in version 1.1"},
    {"interface a version 1.1; enum E : u8 open { a = 1 since 2.1; }", "x.figcom:1:57: \"since 2.1\" in version 1.1"},
    {"interface a version 1.0; enum E : u8 open { class = 1; }", "x.figcom:1:45: \"class\" has a meaning of its own"},
    {"interface a version 1.0; struct S { }", "x.figcom:1:33: struct S has no field"},
    {"interface a version 1.0; struct S { a: u8; } struct S { a: u8; }", "x.figcom:1:53: a second type \"S\""},
    {"interface a version 1.0; struct ThermoClient { a: u8; } service thermo { stream s priority 0 policy fail { "
     "message m = 256 : ThermoClient from client; } }",
     "x.figcom:1:65: struct ThermoClient and service thermo would both be called ThermoClient"},
};

const Mistake kFieldMistakes[] = {
    {"a: u9;", "no type \"u9\" is known here"},
    {"a: S;", "no type \"S\" is known here"},
    {"a: u8", "\"}\" stands where \";\" must follow a field"},
    {"a: string<0>;", "the capacity is 0; use a whole number from 1 to 16374"},
    {"a: string<70000>;", "the capacity is 70000"},
    {"a: bytes<16374>; b: u8;", "struct S has more than 16376 bytes"},
    {"a: u64[16376];", "struct S has more than 16376 bytes"},
    {"a: u8[0];", "an array's length is 0"},
    {"a: u8[1.5];", "an array's length is 1.5"},
    {"a: u8[-1];", "an array's length is -1"},
    {"a_b: u8; a_b: u8;", "fields a_b and a_b differ too little"},
    {"a_1b: u8; a1b: u8;", "fields a_1b and a1b differ too little"},
    {"a: u8 since 3.1;", "the first field of S has a \"since\""},
    {"a: u8; b: u8 since 3.2; c: u8 since 3.1;", "field c is older than the one before it"},
    {"a: u8; b: u8 since 3.5;", "\"since 3.5\" in version 3.4"},
    {"a: u8; b: u8 in 1..2 since 3.1;",
     "senders of older versions leave b out, and b may not be 0; give b a first value"},
    {"a: bool in 0..1;", "a range of something that is no number"},
    {"a: u8 in 2..1;", "the range 2..1 is empty"},
    {"a: u8 in 0..256;", "256 is no u8"},
    {"a: u8 in 0.5..1;", "0.5 is no u8"},
    {"a: f32 in 0..1e39;", "a number outside of what f32 holds"},
    {"a: f64 in 0..1e999;", "a number outside of what f64 holds"},
    {"a: u64 = 18446744073709551616;", "a number outside of 64 bits"},
    {"a: u8 in 0..5 = 6;", "the first value 6 lies outside of the range"},
    {"a: bool = 1;", "a bool's first value is neither true nor false"},
    {"a: string<2> = \"abc\";", "3 bytes in a string of at most 2"},
    {"a: string<2> = 5;", "a string's first value is no string"},
    {"a: string<9> = \"ab\n", "a string without an end"},
    {"a: string<9> = \"\\q\";", "an unknown escape in a string"},
    {"a: u8[2] = 5;", "a first value of an array"},
    {"a: u8 = 5x;", "letters directly after a number"},
    {"a_: u8;", "\"a_\" is no name for a field"},
    {"a__b: u8;", "\"a__b\" is no name for a field"},
    {"lambda: u8;", "\"lambda\" has a meaning of its own"},
    {"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee: u8;", "a name of 50 letters"},
};

constexpr const char* kTypes = "struct P { a: u8; }\nstruct Big { a: bytes<8000>; }\n";
const Mistake kServiceMistakes[] = {
    {"", "service s has nothing"},
    {"stream t priority 1 policy block { message m = 256 : P from client; }",
     "stream t has priority 1; number the streams of a service 0, 1, 2 …: here 0"},
    {"stream t priority 9 policy block {}", "a priority is 9; use a whole number from 0 to 7"},
    {"stream t priority 0 policy wait {}", "no such policy; write block"},
    {"stream t priority 0 policy block {}", "stream t has no message"},
    {"stream t priority 0 policy block { message m = 255 : P from client; }",
     "a message's number is 255; use a whole number from 256"},
    {"stream t priority 0 policy block { message m = 256 : Q from client; }", "\"Q\" is no struct of this file"},
    {"stream t priority 0 policy block { message m = 256 : P from us; }", "\"us\" is no side of a channel"},
    {"stream t priority 0 policy block { message m = 256 : P from client; message n = 256 : P from client; }",
     "message number 256 is taken by m"},
    {"stream t priority 0 policy block { message m = 256 : P from client; message m = 257 : P from server; }",
     "a second \"m\" in service s"},
    {"stream t priority 0 policy block { request m = 256 : P reply 257 : P from client; message m_reply = 258 : P from "
     "server; }",
     "a second \"m_reply\" in service s"},
    {"stream t priority 0 policy block { request m = 256 : P reply 256 : P from client; }",
     "a request and its reply have the same number"},
    {"stream t priority 0 policy block { request m = 256 : P from client; }",
     "\"from\" stands where \"reply\" must follow"},
    {"stream t priority 0 policy drop_oldest { request m = 256 : P reply 257 : P from client; }",
     "request m on a stream that drops messages"},
    {"meta m = 1 : P from server;", "meta sync m of the server has number 1; number the meta syncs of a side 0"},
    {"redundant r = 0 : P copies 2;", "a redundant sync's stream number is 0"},
    {"redundant r = 1 : P copies 17;", "copies is 17; use a whole number from 1 to 16"},
    {"redundant r = 1 : Big copies 2;", "Big has 8002 bytes, at most 4088 are possible here"},
    {"redundant r = 1 : P copies 2; redundant q = 1 : P copies 2;", "a second redundant sync with number 1"},
    {"message m = 256 : P from client;", "no stream, no meta sync, no redundant sync"},
};

} // namespace

TEST_CASE("each mistake of a file is told with its place and its remedy") {
    const Mistake& mistake = kMistakes[GENERATE(range(std::size_t{0}, std::size(kMistakes)))];
    CAPTURE(mistake.text);
    CHECK(fault_of(mistake.text).substr(0, std::string_view{mistake.line}.size()) == mistake.line);
}

TEST_CASE("each mistake of a field is told") {
    const Mistake& mistake = kFieldMistakes[GENERATE(range(std::size_t{0}, std::size(kFieldMistakes)))];
    CAPTURE(mistake.text);
    const std::string fault = struct_fault(mistake.text);
    CHECK(fault.starts_with("x.figcom:2:"));
    CHECK(fault.contains(mistake.line));
    CHECK(fault.contains("; "));
}

TEST_CASE("each mistake of a service is told") {
    const Mistake& mistake = kServiceMistakes[GENERATE(range(std::size_t{0}, std::size(kServiceMistakes)))];
    CAPTURE(mistake.text);
    const std::string fault = fault_of(file_of(std::format("{}service s {{\n{}\n}}", kTypes, mistake.text)));
    CHECK(fault.starts_with("x.figcom:"));
    CHECK(fault.contains(mistake.line));
    CHECK(!fault.contains('\n'));
}

TEST_CASE("a nested struct may not grow") {
    CHECK(fault_of(file_of("struct P { a: u8; b: u8 since 3.1; }\nstruct S { p: P; }"))
              .starts_with("x.figcom:3:15: P has grown, so that it cannot lie inside another struct"));
}

TEST_CASE("an absent nested struct needs valid zeros inside") {
    const char* const text = "enum E : u8 closed { one = 1; }\nstruct P { a: u8; e: E; }\n"
                             "struct S { a: u8; p: P since 3.1; }";
    CHECK(fault_of(file_of(text)).contains("senders of older versions leave p out, and e may not be 0"));
}

TEST_CASE("every limit is one") {
    std::string values;
    for (std::size_t i = 0; i <= kEnumValuesMax; ++i) {
        values += std::format("v{} = {};", i, i);
    }
    CHECK(fault_of(file_of("enum E : u16 open {" + values + "}")).contains("more than 1024 values"));
    std::string types;
    for (std::size_t i = 0; i <= kTypesMax; ++i) {
        types += std::format("struct S{} {{ a: u8; }}", i);
    }
    CHECK(fault_of(file_of(types)).contains("more than 256 enums and structs"));
    std::string fields;
    for (std::size_t i = 0; i <= kFieldsMax; ++i) {
        fields += std::format("f{}: u8;", i);
    }
    CHECK(struct_fault(fields).contains("more than 256 fields"));
    CHECK(fault_of(std::string(kFileBytesMax + 1, ' ')).contains("the file has 262145 bytes, at most 262144 are read"));
    CHECK(fault_of(std::string(kFileBytesMax, ' ')).contains("the end of the file"));
}

TEST_CASE("fields lie one behind the other, little by little") {
    const auto parsed =
        parse(file_of("limit n = 3; enum E : i32 open { zero = 0; }\n"
                      "struct P { x: f32; y: bool; }\n"
                      "struct S { a: u8; s: string<n>; p: P[2]; e: E; b: bytes<7> since 3.1; z: u64 since 3.3; }"));
    REQUIRE(parsed.has_value());
    const StructType& type = parsed->structs.at(1);
    std::vector<std::size_t> offsets;
    for (const Field& field : type.fields) {
        offsets.push_back(field.offset);
    }
    CHECK(offsets == std::vector<std::size_t>{0, 1, 6, 16, 20, 29});
    CHECK(type.bytes == 37);
    CHECK(bytes_at(type, 0) == 20);
    CHECK(bytes_at(type, 1) == 29);
    CHECK(bytes_at(type, 2) == 29);
    CHECK(bytes_at(type, 3) == 37);
    CHECK(bytes_at(type, 9) == 37);
    CHECK(parsed->cpp_namespace == "interfaces::a_b");
}

TEST_CASE("comments of two signs go into the code, and nothing of them can leave it") {
    const auto parsed = parse("# SPDX-License-Identifier: X\n## one\\\n## */ two\ninterface a version 1.0;\n"
                              "## of s\nstruct S {\n    ## of f\n    f: u8;\n}");
    REQUIRE(parsed.has_value());
    const std::string cpp = to_cpp(*parsed, "x.figcom");
    CHECK(cpp.starts_with("// SPDX-License-Identifier: X\n// Made by figcom-idl from x.figcom"));
    CHECK(cpp.contains("/// one\n/// */ two\nstruct Interface"));
    CHECK(cpp.contains("/// of s\nstruct S {\n    /// of f\n    std::uint8_t f{};"));
    CHECK(to_python(*parsed, "x.figcom").contains("# of s\n@_r.layout"));
}

TEST_CASE("each shell gets the words of the command line") {
    for (const char* const shell : {"bash", "zsh", "fish"}) {
        for (const Command& command : commands()) {
            CHECK(completion(shell).contains(command.name));
        }
    }
    CHECK(completion("tcsh").empty());
}
