// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// libvirt's event loop, which keep-alives and close notices need. Layer 3.

namespace zeta::zetad {

/// Registers libvirt's default loop and runs it on a thread of its own until the process ends.
/// Must come before the first connection. Thread: any; later calls do nothing.
void run_libvirt_events();

} // namespace zeta::zetad
