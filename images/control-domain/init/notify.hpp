// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Readiness of daemons that know nothing of s6, handed to it as a newline on a
// file descriptor. Called by main.cpp as zeta-notify.

namespace zeta::init {

/// Becomes `command`; a child writes a newline to `fd` when the daemon is ready and ends with it otherwise. Ready is:
/// READY=1 in systemd's notification protocol; or, where `socket_path` is given, that a client can connect to it.
/// Returns only on failure, with an exit status.
int notify_and_become(int fd, const char* socket_path, char** command);

} // namespace zeta::init
