// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// The man page from the command table.
#include "control-domain/zetactl/command_table.hpp"

#include <format>

namespace zeta::ctl {

namespace {

/// roff reads '-' as a hyphen, '\\' as its own, and a '.' or '\'' at a line's start as a request.
std::string roff(const std::string& text) {
    std::string out;
    for (const char letter : text) {
        if (letter == '-') {
            out += "\\-";
        } else if (letter == '\\') {
            out += "\\e";
        } else {
            out += letter;
        }
    }
    if (out.starts_with('.') || out.starts_with('\'')) {
        out.insert(0, "\\&");
    }
    return out;
}

std::string options_text(const Command& command) {
    std::string text;
    for (const CommandArgument& argument : command.arguments) {
        text += std::format(".TP\n.I {}\n{}\n", roff(argument.value), roff(argument.help));
    }
    for (const CommandOption& option : command.options) {
        text += std::format(".TP\n.BI {}{}\n{}\n", roff(option.flag),
                            option.value.empty() ? std::string() : std::format(" \" {}\"", roff(option.value)),
                            roff(option.help));
    }
    return text.empty() ? text : ".RS\n" + text + ".RE\n";
}

std::string synopsis(const Command& command) {
    std::string text = std::format("zetactl {} {}", command.noun, command.verb);
    for (const CommandArgument& argument : command.arguments) {
        text += argument.required ? " " + argument.value : " [" + argument.value + "]";
    }
    return text;
}

constexpr const char* kEnd = R"(.SH VIRSH VERBS
Any other verb is handed to
.BR virsh (1),
connected to xen:///system unless VIRSH_DEFAULT_CONNECT_URI or LIBVIRT_DEFAULT_URI is set: "zetactl list" is "virsh list", in output and in exit status.
.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
the request was refused or failed; one line on standard error says why
.TP
.B 2
the command line itself is wrong
.TP
.B 3
zetad or the broker does not answer
.PP
virsh verbs keep virsh's own.
.SH FILES
/run/zetatron/zetad.sock, /usr/share/zetatron/templates, /var/lib/zetatron
.SH SEE ALSO
.BR virsh (1)
)";

} // namespace

std::string man_page(const std::vector<Command>& table) {
    std::string text = std::format(".TH ZETACTL 1 \"\" \"ZetaTron {}\" \"ZetaTron\"\n", ZETA_VERSION);
    text += ".SH NAME\nzetactl \\- operate a ZetaTron host and its guests\n"
            ".SH SYNOPSIS\n.B zetactl\n.I NOUN VERB\n[\\fIOPTION\\fR]...\n.br\n.B zetactl\n.I VIRSH-VERB\n"
            "[\\fIARGUMENT\\fR]...\n.SH OPTIONS\n";
    text += options_text(table.front());
    text += ".SH COMMANDS\n";
    for (const Command& command : table) {
        if (command.noun.empty()) {
            continue;
        }
        if (command.verb.empty()) {
            text += std::format(".SS {}\n{}.\n", roff(command.noun), roff(command.help));
            continue;
        }
        text += std::format(".PP\n.B {}\n.br\n{}.\n", roff(synopsis(command)), roff(command.help));
        text += options_text(command);
    }
    return text + kEnd;
}

} // namespace zeta::ctl
