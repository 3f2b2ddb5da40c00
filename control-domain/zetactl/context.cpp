// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/context.hpp"

#include "control-domain/model/complaint.hpp"
#include "control-domain/zetactl/cli11.hpp"

#include <cstdio>
#include <utility>

namespace zeta::ctl {

void on_run(CLI::App& verb, Context& context, std::function<int()> run) {
    verb.callback([&context, run = std::move(run)] { context.action = run; });
}

void add_json_flag(CLI::App& verb, Context& context) {
    verb.add_flag("--json", context.json, "print JSON instead of a table");
}

int complain(std::string_view line, int status) {
    std::fprintf(stderr, "zetactl: %s\n", printable(line).c_str());
    return status;
}

} // namespace zeta::ctl
