// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finds block devices by volume label and loads kernel modules. Used by the
// boot sequence (boot.cpp) and by the Linux task shell's first process.

#include <string_view>

namespace zeta::init {

inline constexpr unsigned kMaxPathBytes = 256;

/// Fills `path` with the device node of the volume labelled `label`; false where no disk carries it.
/// Waits up to `wait_ms` for the kernel to announce it. Blocks: on kernel events, never on a timer of its own.
[[nodiscard]] bool find_volume(std::string_view label, int wait_ms, char (&path)[kMaxPathBytes]);

/// Loads the modules that the file `list` names, one "path [parameters]" a line, in order (the build resolved their
/// dependencies). A module that is already there is fine. Returns how many failed, each said on the console.
unsigned load_modules(const char* list);

} // namespace zeta::init
