// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/console.hpp"

#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <sys/reboot.h>
#include <unistd.h>

namespace zeta::init {
namespace {

constexpr int kLineBytes = 512;

void write_line(const char* format, va_list arguments) {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    char line[kLineBytes];
    int used = std::snprintf(line, sizeof line, "[%5ld.%03ld] zeta-init: ", static_cast<long>(now.tv_sec),
                             now.tv_nsec / 1'000'000);
    // One byte stays for the newline, so that a long message is cut and not lost.
    used += std::vsnprintf(line + used, sizeof line - static_cast<unsigned>(used) - 1, format, arguments);
    if (used > kLineBytes - 2) {
        used = kLineBytes - 2;
    }
    line[used++] = '\n';
    const int console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);
    const int target = console >= 0 ? console : STDERR_FILENO;
    [[maybe_unused]] const auto written = write(target, line, static_cast<unsigned>(used));
    if (console >= 0) {
        close(console);
    }
}

} // namespace

void say(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
}

void give_up(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(format, arguments);
    va_end(arguments);
    say("the control domain cannot start; powering off");
    sync();
    reboot(RB_POWER_OFF);
    _exit(1);
}

} // namespace zeta::init
