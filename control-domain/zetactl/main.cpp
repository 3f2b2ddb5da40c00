// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// zetactl: the operator's command line.
#include "control-domain/zetactl/command_line.hpp"
#include "control-domain/zetactl/context.hpp"

#include <exception>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    try {
        return zeta::ctl::run_command(std::vector<std::string>(argv + 1, argv + argc));
    } catch (const std::exception& thrown) {
        return zeta::ctl::complain(thrown.what());
    }
}
