// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every noun of zetactl shares: where the daemons listen, what the chosen
// verb will do, and how an operator is told of a failure. Layer 3, thin: it
// includes neither CLI11 nor a JSON library.

#include <functional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace zeta::ctl {

/// Exit statuses, as docs/reference/zetactl.md lists them. virsh's verbs keep virsh's own.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;      ///< the request was refused or failed
inline constexpr int kExitUsage = 2;       ///< the command line itself is wrong
inline constexpr int kExitUnreachable = 3; ///< zetad or the broker does not answer

inline constexpr const char* kZetadSocket = "/run/zetatron/zetad.sock";
inline constexpr const char* kBrokerSocket = "/run/zetatron/broker.sock";

struct Context {
    CLI::App* root{nullptr}; ///< the whole command table; completion and the man page are made from it
    std::string zetad_socket{kZetadSocket};
    std::string broker_socket{kBrokerSocket};
    bool json{false};            ///< the verb's --json was given
    std::function<int()> action; ///< what the chosen verb does; main calls it once, after parsing
};

/// Makes `run` what `verb` does. It is called after the whole command line was accepted.
/// `run` returns an exit status and may refer to values that options of `verb` were bound to,
/// which must outlive parsing (hold them in a shared_ptr captured by `run`).
void on_run(CLI::App& verb, Context& context, std::function<int()> run);

/// Adds --json ("print JSON instead of a table") bound to context.json.
void add_json_flag(CLI::App& verb, Context& context);

/// Prints "zetactl: line" on standard error and returns `status`.
int complain(std::string_view line, int status = kExitFailed);

} // namespace zeta::ctl
