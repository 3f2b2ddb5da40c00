// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/domains/bus.hpp"

#include <cstdarg>

namespace {
std::uint64_t count = 0;
}

// The linker gives every caller of ioctl() the first of these (--wrap).
extern "C" int __wrap_ioctl(int fd, unsigned long request, ...);
extern "C" int __real_ioctl(int fd, unsigned long request, void* argument);

int __wrap_ioctl(int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void* const argument = va_arg(arguments, void*);
    va_end(arguments);
    ++count;
    return __real_ioctl(fd, request, argument);
}

namespace zeta::bench {

std::uint64_t ioctl_count() noexcept { return count; }

} // namespace zeta::bench
