// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/command_line.hpp"

#include "control-domain/zetactl/command_table.hpp"
#include "control-domain/zetactl/virsh.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>

using namespace zeta::ctl;

namespace {
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
} // namespace

TEST_CASE("completion and the man page cover every command and every option") {
    Context context;
    const auto root = make_command_line(context);
    const auto table = command_table(*root);
    CHECK(table.size() > 25);
    const std::string bash = bash_completion(table);
    const std::string zsh = zsh_completion(table);
    const std::string fish = fish_completion(table);
    const std::string man = man_page(table);
    for (const Command& command : table) {
        INFO(command.noun << ' ' << command.verb);
        CHECK_FALSE(command.help.empty());
        CHECK(has(bash, command.noun));
        CHECK(has(zsh, command.noun));
        CHECK(has(fish, command.noun));
        if (command.verb.empty()) {
            continue;
        }
        CHECK(has(bash, "'" + command.noun + " " + command.verb + "')"));
        CHECK(has(zsh, "'" + command.noun + " " + command.verb + "')"));
        CHECK(has(fish, "-f -a " + command.verb + " "));
        for (const CommandOption& option : command.options) {
            CHECK_FALSE(option.help.empty());
            CHECK(has(bash, option.flag));
            CHECK(has(zsh, "'" + option.flag + ":"));
            CHECK(has(fish, "-l " + option.flag.substr(2)));
        }
    }
    for (const char* const noun : {"guest", "template", "host", "lab", "hypervisor"}) {
        CHECK(has(man, std::string(".SS ") + noun));
    }
    CHECK(has(man, "zetactl guest create [NAME]"));
}

TEST_CASE("a verb that is not ours becomes virsh's, word for word") {
    CHECK(virsh_command({"list", "--all"}, false) ==
          std::vector<std::string>{"virsh", "-c", "xen:///system", "list", "--all"});
    CHECK(virsh_command({"list"}, true) == std::vector<std::string>{"virsh", "list"});
}

TEST_CASE("a wrong command line ends with status 2, a daemon that is not there with 3") {
    CHECK(run_command({}) == kExitUsage);
    CHECK(run_command({"guest"}) == kExitUsage);
    CHECK(run_command({"guest", "create", "a", "--memroy", "1MiB"}) == kExitUsage);
    CHECK(run_command({"guest", "create"}) == kExitFailed);
    CHECK(run_command({"--socket", "/nonexistent/s", "guest", "list"}) == kExitUnreachable);
}
