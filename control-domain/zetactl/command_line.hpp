// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// zetactl's command line as a whole: whose it is, and what it says. Layer 3;
// called by main and by the tests of the command table.

#include "control-domain/zetactl/context.hpp"

#include <memory>
#include <string>
#include <vector>

namespace zeta::ctl {

/// The tree of every noun, bound to `context`, which must outlive it.
[[nodiscard]] std::shared_ptr<CLI::App> make_command_line(Context& context);

/// Runs the whole command. `arguments` without the program's name.
int run_command(const std::vector<std::string>& arguments);

} // namespace zeta::ctl
