// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/protocol.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace zeta;
using namespace zeta::zetad;

TEST_CASE("a request is one object with call, and optionally id and params") {
    const auto request = parse_request(R"({"id":7,"call":"guest.show","params":{"name":"a","force":true}})");
    REQUIRE(request.has_value());
    CHECK(request->id == 7);
    Params params(*request);
    CHECK(params.text("name") == "a");
    CHECK_FALSE(params.finish().has_value());
    CHECK(params.truth_or("force", false) == true);
    CHECK(params.finish().has_value());
    CHECK_FALSE(params.text("absent").has_value());
    CHECK_FALSE(params.truth_or("name", true).has_value());
}

TEST_CASE("hostile lines are refused") {
    for (const char* const bad :
         {"", "[]", "{", "{}", R"({"call":1})", R"({"call":"x","params":[]})", R"({"call":"x","more":1})",
          R"({"call":"x","id":"1"})", R"({"call":"x"} {"call":"y"})", "\xff\xfe",
          R"({"call":"x","params":{"a":[[[[[[[[1]]]]]]]]}})"}) {
        INFO(bad);
        CHECK_FALSE(parse_request(bad).has_value());
    }
    CHECK(parse_request(std::string(kMaxRequestBytes + 1, ' ')).error().code == ErrorCode::kResourceExhausted);
}

TEST_CASE("brackets inside text do not count as nesting") {
    CHECK(parse_request(R"({"call":"x","params":{"a":"[[[[[[[[[[[\"[[["}})").has_value());
}

TEST_CASE("a reply is one line, whatever is in it") {
    CHECK(format_result(1, {{"a", "line\nbreak"}}).find('\n') == std::string::npos);
    CHECK(nlohmann::json::accept(format_result(1, {{"a", "\xff"}})));
    const auto error = nlohmann::json::parse(format_error(3, {ErrorCode::kNotFound, "guest a: none"}));
    CHECK(error["id"] == 3);
    CHECK(error["error"]["code"] == "not-found");
}
