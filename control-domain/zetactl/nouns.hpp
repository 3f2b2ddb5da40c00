// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// One function for each noun of zetactl, each in its own file NAME.cpp. To add
// a noun: write add_NAME_noun, declare it here and call it in add_all_nouns
// (nouns.cpp). Completion, man page and their coverage test follow by
// themselves. Layer 3.

namespace CLI {
class App;
}

namespace zeta::ctl {

struct Context;

void add_guest_noun(CLI::App& root, Context& context);
void add_template_noun(CLI::App& root, Context& context);
void add_host_noun(CLI::App& root, Context& context);
void add_lab_noun(CLI::App& root, Context& context);
void add_hypervisor_noun(CLI::App& root, Context& context);
void add_figcom_noun(CLI::App& root, Context& context); ///< figcom.cpp
void add_completion_noun(CLI::App& root, Context& context);
void add_man_noun(CLI::App& root, Context& context);

/// Adds every noun above, in the order in which help shows them.
void add_all_nouns(CLI::App& root, Context& context);

} // namespace zeta::ctl
