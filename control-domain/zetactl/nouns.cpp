// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/nouns.hpp"

namespace zeta::ctl {

void add_all_nouns(CLI::App& root, Context& context) {
    add_guest_noun(root, context);
    add_template_noun(root, context);
    add_host_noun(root, context);
    add_lab_noun(root, context);
    add_hypervisor_noun(root, context);
    add_figcom_noun(root, context);
    add_completion_noun(root, context);
    add_man_noun(root, context);
}

} // namespace zeta::ctl
