// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/tools/figtop/screen.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string_view>

namespace zeta::figtop {

namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l"; // the other page, no cursor
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";

void put(std::string_view text) noexcept {
    while (!text.empty()) {
        const ssize_t done = ::write(STDOUT_FILENO, text.data(), text.size());
        if (done <= 0) {
            return; // the terminal is gone; SIGHUP says so
        }
        text.remove_prefix(static_cast<std::size_t>(done));
    }
}

sigset_t heard_signals() noexcept {
    sigset_t set{};
    ::sigemptyset(&set);
    for (const int one : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGWINCH}) {
        ::sigaddset(&set, one);
    }
    return set;
}

} // namespace

Result<std::unique_ptr<Screen>> Screen::open() {
    termios before{};
    if (::isatty(STDOUT_FILENO) == 0 || ::tcgetattr(STDIN_FILENO, &before) != 0) {
        return fail(ErrorCode::kUnsupported, "draw: standard input and output are no terminal");
    }
    const sigset_t heard = heard_signals();
    ::sigprocmask(SIG_BLOCK, &heard, nullptr);
    UniqueFd signals{::signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!signals) {
        return fail_errno(errno, "hear signals");
    }
    termios keys = before;
    keys.c_lflag &= static_cast<tcflag_t>(~(ICANON | ECHO)); // keys at once; Ctrl-C stays a signal
    keys.c_lflag |= ISIG;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    put(kEnter);
    return std::unique_ptr<Screen>{new Screen{before, std::move(signals)}};
}

Screen::~Screen() {
    put(kLeave);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

Screen::Extent Screen::extent() const noexcept {
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 && size.ws_row != 0;
    return known ? Extent{.columns = size.ws_col, .rows = size.ws_row} : Extent{.columns = 80, .rows = 24};
}

void Screen::draw(const std::vector<std::string>& lines) {
    const Extent room = extent();
    std::string page = "\x1b[H";
    for (std::size_t row = 0; row < room.rows; ++row) {
        const std::string_view line = row < lines.size() ? std::string_view{lines[row]} : std::string_view{};
        page += row == 0 ? "\x1b[7m" : "";
        page += line.substr(0, room.columns);
        page += row == 0 ? "\x1b[0m" : "";
        page += row + 1 < room.rows ? "\x1b[K\r\n" : "\x1b[K";
    }
    put(page);
}

Screen::Event Screen::wait(std::chrono::steady_clock::time_point until) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        pollfd waiting[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                            {.fd = signals_.get(), .events = POLLIN, .revents = 0}};
        const int ready =
            ::poll(static_cast<pollfd*>(waiting), 2, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
        if (ready == 0 && std::chrono::steady_clock::now() >= until) {
            return Event::kTime;
        }
        if (waiting[1].revents != 0) {
            signalfd_siginfo signal{};
            if (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
                return signal.ssi_signo == SIGWINCH ? Event::kResized : Event::kQuit;
            }
        }
        if (waiting[0].revents != 0) {
            char key = 0;
            if (::read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q') {
                return Event::kQuit; // nobody can press a key any more
            }
            if (key == 's') {
                return Event::kSort;
            }
        }
    }
}

} // namespace zeta::figtop
