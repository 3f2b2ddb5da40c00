// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Verbs that are virsh's go to virsh, word for word. Layer 3.

#include <string>
#include <vector>

namespace zeta::ctl {

inline constexpr const char* kXenUri = "xen:///system";

/// The command line that does `arguments` in virsh. `uri_is_set`: the environment names a connection.
[[nodiscard]] std::vector<std::string> virsh_command(const std::vector<std::string>& arguments, bool uri_is_set);

/// Becomes virsh; returns an exit status only when that fails.
int become_virsh(const std::vector<std::string>& arguments);

} // namespace zeta::ctl
