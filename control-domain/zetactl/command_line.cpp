// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/command_line.hpp"

#include "control-domain/model/nearest.hpp"
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

/// The noun or verb that the command line reaches, and its words: "zetactl guest create".
struct Reached {
    const CLI::App* app{nullptr};
    std::string words{"zetactl"};
};

Reached reached(const CLI::App& root, const std::vector<std::string>& arguments) {
    Reached at;
    at.app = &root;
    for (const std::string& word : arguments) {
        const auto deeper = at.app->get_subcommands([&word](const CLI::App* sub) { return sub->get_name() == word; });
        if (!deeper.empty()) {
            at.app = deeper.front();
            at.words += " " + word;
        }
    }
    return at;
}

/// The first option that the verb does not have, with the nearest that it has; empty: that is not what is wrong.
std::string unknown_option(const CLI::App& root, const CLI::App& app, const std::vector<std::string>& arguments) {
    std::vector<std::string> known;
    for (const CLI::Option* const option : app.get_options()) {
        for (const std::string& flag : option->get_lnames()) {
            known.push_back("--" + flag);
        }
    }
    for (const std::string& word : arguments) {
        const std::string flag = word.substr(0, word.find('='));
        if (!flag.starts_with("--") || flag == "--" || std::ranges::find(known, flag) != known.end() ||
            root.get_option_no_throw(flag) != nullptr) {
            continue;
        }
        const std::vector<std::string_view> views(known.begin(), known.end());
        const std::string_view meant = model::nearest(flag, views);
        return std::format("option {} is unknown{}", flag,
                           meant.empty() ? std::string() : std::format("; did you mean {}?", meant));
    }
    return {};
}

int complain_usage(const CLI::App& root, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
    const Reached at = reached(root, arguments);
    std::string why;
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        why = unknown_option(root, *at.app, arguments);
    }
    return complain(std::format("{}; see {} --help", why.empty() ? error.what() : why, at.words), kExitUsage);
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
        return complain_usage(*root, error, arguments);
    }
    return context.action ? context.action() : kExitUsage;
}

} // namespace zeta::ctl
