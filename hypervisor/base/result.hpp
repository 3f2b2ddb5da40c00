// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// zeta::Result and the two statement macros that hand errors upwards. Layer 0.

#include "hypervisor/base/error.hpp"

#include <expected>
#include <utility>

namespace zeta {

template <typename T>
using Result = std::expected<T, Error>;

/// Shorthand for `return fail(ErrorCode::…, "…")` in a function that returns Result.
[[nodiscard]] inline std::unexpected<Error>
fail(ErrorCode code, const char* operation, std::source_location where = std::source_location::current()) noexcept {
    return std::unexpected(make_error(code, operation, where));
}

[[nodiscard]] inline std::unexpected<Error>
fail_errno(int error_number, const char* operation, ErrorOrigin origin = ErrorOrigin::kKernel,
           std::source_location where = std::source_location::current()) noexcept {
    return std::unexpected(from_errno(error_number, operation, origin, where));
}

} // namespace zeta

#define ZETA_DETAIL_JOIN2(a, b) a##b
#define ZETA_DETAIL_JOIN(a, b) ZETA_DETAIL_JOIN2(a, b)

/// Evaluates a Result expression and returns its error from the enclosing function.
#define ZETA_TRY(expr)                                                                                                 \
    do {                                                                                                               \
        if (auto zeta_try_result = (expr); !zeta_try_result) {                                                         \
            return std::unexpected(zeta_try_result.error());                                                           \
        }                                                                                                              \
    } while (false)

#define ZETA_DETAIL_TRY_ASSIGN(temporary, decl, expr)                                                                  \
    auto temporary = (expr);                                                                                           \
    if (!temporary) {                                                                                                  \
        return std::unexpected(temporary.error());                                                                     \
    }                                                                                                                  \
    decl = std::move(*temporary)

/// ZETA_TRY_ASSIGN(auto region, Region::map(fd)): the value, or return its error.
#define ZETA_TRY_ASSIGN(decl, expr) ZETA_DETAIL_TRY_ASSIGN(ZETA_DETAIL_JOIN(zeta_try_, __LINE__), decl, expr)
