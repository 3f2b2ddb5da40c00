// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The terminal as a page that is drawn again and again, by ANSI sequences (ECMA-48). Layer 1.

#include "hypervisor/base/result.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <termios.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace zeta::figtop {

/// Blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE and SIGWINCH while it lives, and hears them itself, so that the
/// terminal is as before whichever way the program ends (but SIGKILL).
class Screen {
public:
    enum class Event : std::uint8_t { kTime, kResized, kSort, kQuit };
    struct Extent {
        std::size_t columns;
        std::size_t rows;
    };

    /// Errors: kUnsupported standard input or output is no terminal.
    [[nodiscard]] static Result<std::unique_ptr<Screen>> open();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    ~Screen();

    [[nodiscard]] Extent extent() const noexcept;
    /// The first line is drawn in reverse. What does not fit is left out.
    void draw(const std::vector<std::string>& lines);
    /// Until a key (q, s), a signal, or `until`.
    [[nodiscard]] Event wait(std::chrono::steady_clock::time_point until);

private:
    Screen(const termios& before, UniqueFd signals) : before_(before), signals_(std::move(signals)) {}
    termios before_;
    UniqueFd signals_;
};

} // namespace zeta::figtop
