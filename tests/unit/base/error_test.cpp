// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/base/error.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cerrno>
#include <set>
#include <string>
#include <string_view>
#include <utility>

using Catch::Matchers::ContainsSubstring;
using zeta::ErrorCode;
using zeta::ErrorOrigin;

TEST_CASE("errno values map to the documented codes", "[error]") {
    const auto [number, code] = GENERATE(table<int, ErrorCode>({
        {EINVAL, ErrorCode::kInvalidArgument},
        {E2BIG, ErrorCode::kInvalidArgument},
        {EFAULT, ErrorCode::kInvalidArgument},
        {ENOENT, ErrorCode::kNotFound},
        {ESRCH, ErrorCode::kNotFound},
        {EEXIST, ErrorCode::kAlreadyExists},
        {EPERM, ErrorCode::kPermissionDenied},
        {EACCES, ErrorCode::kPermissionDenied},
        {EAGAIN, ErrorCode::kUnavailable},
        {ECONNREFUSED, ErrorCode::kUnavailable},
        {ETIMEDOUT, ErrorCode::kTimeout},
        {ENOMEM, ErrorCode::kResourceExhausted},
        {ENOSPC, ErrorCode::kResourceExhausted},
        {ENOSYS, ErrorCode::kUnsupported},
        {EOPNOTSUPP, ErrorCode::kUnsupported},
        {EPIPE, ErrorCode::kClosed},
        {ECONNRESET, ErrorCode::kClosed},
        {EINTR, ErrorCode::kInterrupted},
        {EBUSY, ErrorCode::kConflict},
        {EIO, ErrorCode::kIo},
        {EROFS, ErrorCode::kIo},
    }));
    const auto error = zeta::from_errno(number, "op");
    CHECK(error.code == code);
    CHECK(error.native == number);
    CHECK(error.origin == ErrorOrigin::kKernel);
}

TEST_CASE("an error remembers where it was made", "[error]") {
    const auto line = __LINE__ + 1;
    const auto error = zeta::make_error(ErrorCode::kTimeout, "wait for beat");
    CHECK(error.where.line() == static_cast<unsigned>(line));
    CHECK_THAT(error.where.file_name(), ContainsSubstring("error_test.cpp"));
    CHECK(error.native == 0);
    CHECK(error.origin == ErrorOrigin::kSelf);
}

TEST_CASE("every code and origin has a name of its own", "[error]") {
    std::set<std::string_view> codes;
    for (std::uint16_t number = 1; number <= static_cast<std::uint16_t>(ErrorCode::kIo); ++number) {
        codes.insert(zeta::name(static_cast<ErrorCode>(number)));
    }
    CHECK(codes.size() == static_cast<std::size_t>(ErrorCode::kIo));
    CHECK_FALSE(codes.contains("unknown"));

    std::set<std::string_view> origins;
    for (std::uint8_t number = 0; number <= static_cast<std::uint8_t>(ErrorOrigin::kStore); ++number) {
        origins.insert(zeta::name(static_cast<ErrorOrigin>(number)));
    }
    CHECK(origins.size() == static_cast<std::size_t>(ErrorOrigin::kStore) + 1);
    CHECK_FALSE(origins.contains("unknown"));
}

TEST_CASE("names follow the numbers that other processes see", "[error]") {
    CHECK(zeta::name(ErrorCode::kInternal) == "internal");
    CHECK(zeta::name(ErrorCode::kNotFound) == "not-found");
    CHECK(zeta::name(ErrorCode::kResourceExhausted) == "resource-exhausted");
    CHECK(zeta::name(ErrorCode::kIo) == "io");
    CHECK(zeta::name(ErrorOrigin::kHypervisor) == "hypervisor");
    CHECK(zeta::name(ErrorOrigin::kXenStore) == "xenstore");
}

TEST_CASE("a number outside the lists has the name unknown", "[error]") {
    CHECK(zeta::name(static_cast<ErrorCode>(0)) == "unknown");
    CHECK(zeta::name(static_cast<ErrorCode>(999)) == "unknown");
    CHECK(zeta::name(static_cast<ErrorOrigin>(200)) == "unknown");
}

TEST_CASE("describe gives one line with the operation, the reason and the native reason", "[error]") {
    CHECK(zeta::describe(zeta::make_error(ErrorCode::kCorrupt, "read manifest")) == "read manifest: corrupt");
    CHECK(zeta::describe(zeta::from_errno(ENOENT, "open")) == "open: not-found (kernel: No such file or directory)");
    CHECK(zeta::describe(zeta::from_errno(EPERM, "beat", ErrorOrigin::kHypervisor)) ==
          "beat: permission-denied (hypervisor: Operation not permitted)");
}

TEST_CASE("describe gives numbers that are not errno as numbers", "[error]") {
    auto error = zeta::make_error(ErrorCode::kConflict, "create domain");
    error.origin = ErrorOrigin::kLibvirt;
    error.native = 9;
    CHECK(zeta::describe(error) == "create domain: conflict (libvirt error 9)");
}

TEST_CASE("describe survives an errno that the system does not know", "[error]") {
    const auto text = zeta::describe(zeta::from_errno(9999, "odd"));
    CHECK_THAT(text, ContainsSubstring("odd: io (kernel: unknown error)"));
}
