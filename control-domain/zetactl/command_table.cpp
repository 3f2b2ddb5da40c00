// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/command_table.hpp"

#include "control-domain/zetactl/cli11.hpp"

namespace zeta::ctl {

namespace {

void take_options(const CLI::App& app, Command& command) {
    for (const CLI::Option* const option : app.get_options()) {
        const std::string value = option->get_items_expected_max() > 0 ? option->get_type_name() : std::string();
        if (option->get_positional()) {
            command.arguments.push_back({value, option->get_description(), option->get_required()});
        }
        for (const std::string& name : option->get_lnames()) {
            command.options.push_back({"--" + name, value, option->get_description()});
        }
    }
}

void take_command(const CLI::App& app, std::string noun, std::string verb, std::vector<Command>& table) {
    Command command{std::move(noun), std::move(verb), app.get_description(), {}, {}};
    take_options(app, command);
    table.push_back(std::move(command));
}

} // namespace

std::vector<Command> command_table(const CLI::App& root) {
    const auto every = [](const CLI::App*) { return true; };
    std::vector<Command> table;
    take_command(root, "", "", table);
    for (const CLI::App* const noun : root.get_subcommands(every)) {
        take_command(*noun, noun->get_name(), "", table);
        for (const CLI::App* const verb : noun->get_subcommands(every)) {
            take_command(*verb, noun->get_name(), verb->get_name(), table);
        }
    }
    return table;
}

} // namespace zeta::ctl
