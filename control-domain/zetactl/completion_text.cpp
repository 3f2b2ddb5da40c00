// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Shell completion from the command table. virsh's verbs are completed by
// virsh itself, which knows them best.
#include "control-domain/zetactl/command_table.hpp"

#include <format>

namespace zeta::ctl {

namespace {

/// What may stand after `command`: its flags.
std::string flags_of(const Command& command) {
    std::string words;
    for (const CommandOption& option : command.options) {
        words += (words.empty() ? "" : " ") + option.flag;
    }
    return words;
}

std::string verbs_of(const std::vector<Command>& table, const std::string& noun) {
    std::string words;
    for (const Command& command : table) {
        if (command.noun == noun && !command.verb.empty()) {
            words += (words.empty() ? "" : " ") + command.verb;
        }
    }
    return words;
}

std::string nouns_of(const std::vector<Command>& table) {
    std::string words;
    for (const Command& command : table) {
        if (!command.noun.empty() && command.verb.empty()) {
            words += (words.empty() ? "" : " ") + command.noun;
        }
    }
    return words;
}

/// Single quotes, for each of the three shells.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char letter : text) {
        out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    }
    return out + "'";
}

constexpr const char* kHeader = "# Completion for zetactl, made by \"zetactl completion {}\".\n";

} // namespace

std::string bash_completion(const std::vector<Command>& table) {
    std::string text = std::vformat(kHeader, std::make_format_args("bash"));
    text += "_zetactl() {\n"
            "    local current=${COMP_WORDS[COMP_CWORD]} words=\n"
            "    COMPREPLY=()\n"
            "    if [ \"$COMP_CWORD\" -gt 1 ]; then\n"
            "        case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n";
    for (const Command& command : table) {
        if (!command.verb.empty()) {
            const bool guest = command.noun == "guest" && !command.arguments.empty() && command.verb != "create";
            text += std::format("        '{} {}') words='{}'{} ;;\n", command.noun, command.verb, flags_of(command),
                                guest ? "\" $(virsh list --all --name 2>/dev/null | tr '\\n' ' ')\"" : "");
        }
    }
    text += "        *)\n            case \"${COMP_WORDS[1]}\" in\n";
    for (const Command& command : table) {
        if (!command.noun.empty() && command.verb.empty()) {
            text += std::format("            {}) words='{} {}' ;;\n", command.noun, verbs_of(table, command.noun),
                                flags_of(command));
        }
    }
    text +=
        "            *)\n"
        "                mapfile -t COMPREPLY < <(virsh -q complete -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
        "                return ;;\n            esac ;;\n        esac\n    else\n";
    text += std::format("        words='{} {}'\n", nouns_of(table), flags_of(table.front()));
    text += "        words+=\" $(virsh -q complete -- \"$current\" 2>/dev/null | tr '\\n' ' ')\"\n    fi\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
            "}\ncomplete -o default -F _zetactl zetactl\n";
    return text;
}

std::string zsh_completion(const std::vector<Command>& table) {
    std::string text = "#compdef zetactl\n" + std::vformat(kHeader, std::make_format_args("zsh"));
    text += "_zetactl() {\n    local -a candidates\n    if (( CURRENT == 2 )); then\n        candidates=(\n";
    for (const Command& command : table) {
        if (!command.noun.empty() && command.verb.empty()) {
            text += std::format("            {}\n", quoted(command.noun + ":" + command.help));
        }
    }
    text += "        )\n        _describe noun candidates\n"
            "        compadd -- ${(f)\"$(virsh -q complete -- \"$words[2]\" 2>/dev/null)\"}\n        return\n    fi\n"
            "    if (( CURRENT == 3 )); then\n        case $words[2] in\n";
    for (const Command& noun : table) {
        if (noun.noun.empty() || !noun.verb.empty()) {
            continue;
        }
        text += std::format("        {}) candidates=(", noun.noun);
        for (const Command& command : table) {
            if (command.noun == noun.noun && !command.verb.empty()) {
                text += " " + quoted(command.verb + ":" + command.help);
            }
        }
        text += " ) ;;\n";
    }
    text += "        esac\n        (( $#candidates )) && { _describe verb candidates; return }\n    fi\n"
            "    case \"$words[2] $words[3]\" in\n";
    for (const Command& command : table) {
        if (!command.verb.empty()) {
            text += std::format("    '{} {}') candidates=(", command.noun, command.verb);
            for (const CommandOption& option : command.options) {
                text += " " + quoted(option.flag + ":" + option.help);
            }
            text += " ) ;;\n";
        }
    }
    text +=
        "    *) compadd -- ${(f)\"$(virsh -q complete -- \"${words[@]:1:$((CURRENT-1))}\" 2>/dev/null)\"}; return ;;\n"
        "    esac\n    _describe option candidates\n    _files\n}\n"
        "if [ \"$funcstack[1]\" = _zetactl ]; then _zetactl \"$@\"; else compdef _zetactl zetactl; fi\n";
    return text;
}

std::string fish_completion(const std::vector<Command>& table) {
    std::string text = std::vformat(kHeader, std::make_format_args("fish"));
    const std::string nouns = nouns_of(table);
    text += std::format("set -l nouns {}\n", nouns);
    text += "complete -c zetactl -n \"not __fish_seen_subcommand_from $nouns\" -f -a "
            "'(virsh -q complete -- (commandline -ct) 2>/dev/null)'\n";
    for (const Command& command : table) {
        if (command.noun.empty()) {
            continue;
        }
        if (command.verb.empty()) {
            text += std::format("complete -c zetactl -n '__fish_use_subcommand' -f -a {} -d {}\n", command.noun,
                                quoted(command.help));
            continue;
        }
        text += std::format("complete -c zetactl -n '__fish_seen_subcommand_from {0}; and not "
                            "__fish_seen_subcommand_from {1}' -f -a {2} -d {3}\n",
                            command.noun, verbs_of(table, command.noun), command.verb, quoted(command.help));
        for (const CommandOption& option : command.options) {
            text += std::format("complete -c zetactl -n '__fish_seen_subcommand_from {}; and "
                                "__fish_seen_subcommand_from {}' -l {}{} -d {}\n",
                                command.noun, command.verb, option.flag.substr(2), option.value.empty() ? "" : " -r",
                                quoted(option.help));
        }
    }
    return text;
}

} // namespace zeta::ctl
