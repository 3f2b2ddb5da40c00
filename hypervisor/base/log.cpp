// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/base/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace zeta {

namespace {
std::atomic<LogLevel> log_threshold{LogLevel::kInfo};
constexpr std::size_t kLineBytesMax = 1024; // longer messages are cut: one write(2) stays atomic on a pipe
} // namespace

void set_log_level(LogLevel level) noexcept { log_threshold.store(level, std::memory_order_relaxed); }

void log_line(LogLevel level, std::string_view component, std::string_view message) noexcept {
    if (level > log_threshold.load(std::memory_order_relaxed)) {
        return;
    }
    std::array<char, kLineBytesMax> line{};
    int used = std::snprintf(line.data(), line.size() - 1, "<%d>%.*s: %.*s", static_cast<int>(level),
                             static_cast<int>(std::min<std::size_t>(component.size(), 64)), component.data(),
                             static_cast<int>(std::min<std::size_t>(message.size(), kLineBytesMax)), message.data());
    const auto length = std::clamp<std::size_t>(used > 0 ? static_cast<std::size_t>(used) : 0, 0, line.size() - 2);
    std::replace_if(
        line.begin(), line.begin() + static_cast<std::ptrdiff_t>(length),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    line.at(length) = '\n';
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), length + 1);
}

void assertion_failed(const char* condition, std::source_location where) noexcept {
    std::fprintf(stderr, "<2>assertion failed: %s at %s:%u in %s\n", condition, where.file_name(),
                 static_cast<unsigned>(where.line()), where.function_name());
    std::abort();
}

} // namespace zeta
