// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lines of the control domain's first process on the system console. Layer 4;
// used by every file of zeta-init.

namespace zeta::init {

/// Writes one line, "[seconds] zeta-init: …", to the console. Never fails the caller: a boot without a console goes on.
void say(const char* format, ...) __attribute__((format(printf, 1, 2)));

/// Says why the boot cannot go on, flushes the disks and powers the machine off.
[[noreturn]] void give_up(const char* format, ...) __attribute__((format(printf, 1, 2)));

} // namespace zeta::init
