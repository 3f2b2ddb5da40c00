// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/idl/completion.hpp"

#include <array>
#include <format>

namespace zeta::idlgen {

namespace {

constexpr std::array<Command, 6> kCommands{{{"check", "say whether a file is right", Takes::kFile},
                                            {"cpp", "make a C++ header", Takes::kFileAndOutput},
                                            {"python", "make a Python module", Takes::kFileAndOutput},
                                            {"json", "say everything that is known of a file", Takes::kFileAndOutput},
                                            {"compare", "tell what a change breaks", Takes::kTwoFiles},
                                            {"completion", "print a completion script", Takes::kShell}}};

std::string names() {
    std::string text;
    for (const Command& command : kCommands) {
        text += std::format("{}{}", text.empty() ? "" : " ", command.name);
    }
    return text;
}

std::string bash() {
    return std::format("# Completion for figcom-idl, made by \"figcom-idl completion bash\".\n"
                       "_figcom_idl() {{\n    local current=${{COMP_WORDS[COMP_CWORD]}} words=\n"
                       "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='{} --help --version'\n"
                       "    elif [ \"${{COMP_WORDS[1]}}\" = completion ]; then\n        words='bash zsh fish'\n"
                       "    else\n        case $current in -*) words='--output --help' ;; esac\n    fi\n"
                       "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                       "}}\ncomplete -o default -F _figcom_idl figcom-idl\n",
                       names());
}

std::string zsh() {
    std::string rows;
    for (const Command& command : kCommands) {
        rows += std::format("        '{}:{}'\n", command.name, command.help);
    }
    return std::format(
        "#compdef figcom-idl\n# Completion for figcom-idl, made by \"figcom-idl completion zsh\".\n"
        "_figcom_idl() {{\n    local -a candidates\n    if (( CURRENT == 2 )); then\n"
        "        candidates=(\n{}        )\n        _describe command candidates\n        return\n    fi\n"
        "    if [[ $words[2] == completion ]]; then\n        compadd bash zsh fish\n        return\n    fi\n"
        "    _arguments '*--output[write here]:file:_files' '*:file:_files'\n}}\n"
        "if [ \"$funcstack[1]\" = _figcom_idl ]; then _figcom_idl \"$@\"; else compdef _figcom_idl "
        "figcom-idl; fi\n",
        rows);
}

std::string fish() {
    std::string text = "# Completion for figcom-idl, made by \"figcom-idl completion fish\".\n";
    for (const Command& command : kCommands) {
        text += std::format("complete -c figcom-idl -n __fish_use_subcommand -f -a {} -d '{}'\n", command.name,
                            command.help);
    }
    return text + "complete -c figcom-idl -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n"
                  "complete -c figcom-idl -n '__fish_seen_subcommand_from cpp python json' -l output -s o -r -d 'write "
                  "here'\n";
}

} // namespace

std::span<const Command> commands() noexcept { return kCommands; }

std::string completion(std::string_view shell) {
    if (shell == "bash") {
        return bash();
    }
    if (shell == "zsh") {
        return zsh();
    }
    return shell == "fish" ? fish() : "";
}

} // namespace zeta::idlgen
