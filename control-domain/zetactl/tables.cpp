// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// completion and man: the command table as text.
#include "control-domain/zetactl/nouns.hpp"

#include "control-domain/zetactl/cli11.hpp"
#include "control-domain/zetactl/command_table.hpp"
#include "control-domain/zetactl/context.hpp"

#include <cstdio>

namespace zeta::ctl {

void add_completion_noun(CLI::App& root, Context& context) {
    CLI::App& noun = *root.add_subcommand("completion", "Print a shell's completion script");
    noun.require_subcommand(1);
    const auto add = [&](const char* shell, std::string (*render)(const std::vector<Command>&)) {
        CLI::App& verb = *noun.add_subcommand(shell, std::string("Completion for ") + shell);
        on_run(verb, context, [&context, render] {
            std::fputs(render(command_table(*context.root)).c_str(), stdout);
            return kExitDone;
        });
    };
    add("bash", bash_completion);
    add("zsh", zsh_completion);
    add("fish", fish_completion);
}

void add_man_noun(CLI::App& root, Context& context) {
    CLI::App& noun = *root.add_subcommand("man", "Print the manual page, for man(1)");
    on_run(noun, context, [&context] {
        std::fputs(man_page(command_table(*context.root)).c_str(), stdout);
        return kExitDone;
    });
}

} // namespace zeta::ctl
