// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command table as plain data, read from the CLI11 tree that also parses
// the command line: completion, man page and their tests are made from it, so
// that they cannot fall behind. Layer 3.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace zeta::ctl {

struct CommandOption {
    std::string flag;  ///< "--memory"
    std::string value; ///< "SIZE"; empty: the flag takes none
    std::string help;
};

struct CommandArgument {
    std::string value; ///< "NAME"
    std::string help;
    bool required{false};
};

struct Command {
    std::string noun;
    std::string verb; ///< empty for a noun's own entry
    std::string help;
    std::vector<CommandOption> options;
    std::vector<CommandArgument> arguments;
};

/// The root's own options stand in an entry without noun and verb, which is the first.
[[nodiscard]] std::vector<Command> command_table(const CLI::App& root);

[[nodiscard]] std::string bash_completion(const std::vector<Command>& table);
[[nodiscard]] std::string zsh_completion(const std::vector<Command>& table);
[[nodiscard]] std::string fish_completion(const std::vector<Command>& table);
/// roff, for man(1).
[[nodiscard]] std::string man_page(const std::vector<Command>& table);

} // namespace zeta::ctl
