// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The boot sequence of the control domain, from the kernel's first process to
// the supervisor's first scan. Called by main.cpp when it runs as process 1.

namespace zeta::init {

/// Mounts the root and the state disk, loads the modules, and becomes s6-svscan. Returns never: a boot that cannot go
/// on says why in one line and powers the machine off.
[[noreturn]] void boot();

} // namespace zeta::init
