// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ending the control domain in order. Called by main.cpp as poweroff, reboot
// and as the supervisor's last program.

namespace zeta::init {

/// Asks the supervisor to stop every service and then to power off (`reboot` false) or to restart. Exit status.
int request_shutdown(bool reboot);

/// Runs as process 1 after the last service ended: ends what is left, unmounts the state disk, stops the machine.
[[noreturn]] void finish_shutdown();

} // namespace zeta::init
