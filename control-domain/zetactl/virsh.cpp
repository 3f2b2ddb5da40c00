// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/virsh.hpp"

#include "control-domain/zetactl/context.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <format>

namespace zeta::ctl {

namespace {
bool is_set(const char* variable) {
    const char* const value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}
} // namespace

std::vector<std::string> virsh_command(const std::vector<std::string>& arguments, bool uri_is_set) {
    std::vector<std::string> command{"virsh"};
    if (!uri_is_set) {
        command.insert(command.end(), {"-c", kXenUri});
    }
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

int become_virsh(const std::vector<std::string>& arguments) {
    std::vector<std::string> command =
        virsh_command(arguments, is_set("VIRSH_DEFAULT_CONNECT_URI") || is_set("LIBVIRT_DEFAULT_URI"));
    std::vector<char*> words;
    for (std::string& word : command) {
        words.push_back(word.data());
    }
    words.push_back(nullptr);
    ::execvp(words.front(), words.data());
    return complain(std::format("virsh: {}; is it installed in this control domain?", std::strerror(errno)));
}

} // namespace zeta::ctl
