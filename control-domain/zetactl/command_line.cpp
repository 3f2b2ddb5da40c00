// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/command_line.hpp"

#include "control-domain/zetactl/cli11.hpp"
#include "control-domain/zetactl/nouns.hpp"
#include "control-domain/zetactl/virsh.hpp"

#include <algorithm>
#include <cstdio>
#include <format>

namespace zeta::ctl {

namespace {

constexpr const char* kFooter = "Any other verb is virsh's own: \"zetactl list --all\" is \"virsh list --all\".\n"
                                "Exit status: 0 done, 1 refused or failed, 2 wrong command line, 3 zetad or the broker "
                                "does not answer.";

/// Ours: our nouns and the root's options. Everything else is virsh's.
bool is_ours(const CLI::App& root, const std::string& word) {
    const auto nouns = root.get_subcommands([](const CLI::App*) { return true; });
    const bool noun = std::ranges::any_of(nouns, [&word](const CLI::App* app) { return app->get_name() == word; });
    const std::string flag = word.substr(0, word.find('='));
    return noun || (flag.starts_with("--") && root.get_option_no_throw(flag) != nullptr);
}

/// "zetactl guest create", as far as the command line names it.
std::string words_so_far(const CLI::App& root, const std::vector<std::string>& arguments) {
    std::string words = "zetactl";
    const CLI::App* app = &root;
    for (const std::string& word : arguments) {
        const auto deeper = app->get_subcommands([&word](const CLI::App* sub) { return sub->get_name() == word; });
        if (!deeper.empty()) {
            app = deeper.front();
            words += " " + word;
        }
    }
    return words;
}

} // namespace

std::shared_ptr<CLI::App> make_command_line(Context& context) {
    auto root = std::make_shared<CLI::App>("Operate a ZetaTron host and its guests", "zetactl");
    root->set_help_flag("--help", "show help and end");
    root->set_version_flag("--version", "zetactl " ZETA_VERSION, "show the version and end");
    root->add_option("--socket", context.zetad_socket, "zetad's socket")->type_name("PATH");
    root->add_option("--broker-socket", context.broker_socket, "the FIGCOM broker's socket")->type_name("PATH");
    root->footer(kFooter);
    root->require_subcommand(1);
    context.root = root.get();
    add_all_nouns(*root, context);
    return root;
}

int run_command(const std::vector<std::string>& arguments) {
    Context context;
    const auto root = make_command_line(context);
    if (arguments.empty()) {
        std::fputs(root->help().c_str(), stderr);
        return kExitUsage;
    }
    if (!is_ours(*root, arguments.front())) {
        return become_virsh(arguments);
    }
    try {
        // CLI11 takes the words from the back.
        root->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) {
            return root->exit(error);
        }
        return complain(std::format("{}; see {} --help", error.what(), words_so_far(*root, arguments)), kExitUsage);
    }
    return context.action ? context.action() : kExitUsage;
}

} // namespace zeta::ctl
