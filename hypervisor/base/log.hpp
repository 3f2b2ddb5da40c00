// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// One line per event on standard error, for a supervisor to collect, and the
// assertion for our own bugs. Layer 0.

#include "hypervisor/base/error.hpp"

#include <cstdint>
#include <format>
#include <string_view>

namespace zeta {

enum class LogLevel : std::uint8_t { kError = 3, kWarning = 4, kInfo = 6, kDebug = 7 };

/// Messages less important than `level` are dropped; the default is kInfo.
void set_log_level(LogLevel level) noexcept;

/// Writes "<level>component: message\n" in one write(2). Control characters are replaced by '?'.
/// Thread: any. The level is the syslog number in angle brackets, which supervisors understand.
void log_line(LogLevel level, std::string_view component, std::string_view message) noexcept;

template <typename... Args>
void log(LogLevel level, std::string_view component, std::format_string<Args...> format, Args&&... args) {
    log_line(level, component, std::format(format, std::forward<Args>(args)...));
}

/// Writes the failed condition and aborts. For bugs of ours only, never for input.
[[noreturn]] void assertion_failed(const char* condition, std::source_location where) noexcept;

} // namespace zeta

#define ZETA_ASSERT(condition)                                                                                         \
    (static_cast<bool>(condition) ? void(0) : ::zeta::assertion_failed(#condition, std::source_location::current()))
