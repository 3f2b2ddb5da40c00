// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/base/result.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <memory>

using zeta::ErrorCode;
using zeta::Result;

namespace {

Result<int> parse_positive(int number) {
    if (number <= 0) {
        return zeta::fail(ErrorCode::kInvalidArgument, "parse positive");
    }
    return number;
}

Result<int> twice(int number, int& reached) {
    ZETA_TRY_ASSIGN(const int value, parse_positive(number));
    ++reached;
    return value * 2;
}

Result<void> check_both(int first, int second, int& evaluated) {
    ZETA_TRY((++evaluated, parse_positive(first)));
    ZETA_TRY((++evaluated, parse_positive(second)));
    return {};
}

Result<std::unique_ptr<int>> boxed(int number) {
    ZETA_TRY_ASSIGN(auto first, Result<std::unique_ptr<int>>(std::make_unique<int>(number)));
    ZETA_TRY_ASSIGN(const int more, parse_positive(number));
    *first += more;
    return first;
}

} // namespace

TEST_CASE("ZETA_TRY_ASSIGN gives the value and goes on", "[result]") {
    int reached = 0;
    CHECK(twice(21, reached).value() == 42);
    CHECK(reached == 1);
}

TEST_CASE("ZETA_TRY_ASSIGN hands the error upwards unchanged and stops", "[result]") {
    int reached = 0;
    const auto result = twice(-1, reached);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::kInvalidArgument);
    CHECK(std::string_view(result.error().operation) == "parse positive");
    CHECK(reached == 0);
}

TEST_CASE("ZETA_TRY evaluates its expression once and stops at the first error", "[result]") {
    int evaluated = 0;
    CHECK(check_both(1, 2, evaluated).has_value());
    CHECK(evaluated == 2);
    evaluated = 0;
    CHECK_FALSE(check_both(0, 2, evaluated).has_value());
    CHECK(evaluated == 1);
}

TEST_CASE("ZETA_TRY_ASSIGN moves what cannot be copied, twice in one function", "[result]") {
    const auto result = boxed(4);
    REQUIRE(result.has_value());
    CHECK(**result == 8);
    CHECK_FALSE(boxed(0).has_value());
}

TEST_CASE("fail_errno keeps the errno and its origin", "[result]") {
    const Result<int> result = zeta::fail_errno(EBUSY, "bind port", zeta::ErrorOrigin::kHypervisor);
    CHECK(result.error().code == ErrorCode::kConflict);
    CHECK(result.error().native == EBUSY);
    CHECK(result.error().origin == zeta::ErrorOrigin::kHypervisor);
}
