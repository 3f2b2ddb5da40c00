// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// zetad's command line. Layer 3; called by main.

#include "control-domain/model/complaint.hpp"

#include <span>
#include <string>

namespace zeta::zetad {

struct Options {
    std::string state_folder{"/var/lib/zetatron/zetad"};
    std::string socket_path{"/run/zetatron/zetad.sock"};
    std::string libvirt_uri{"xen:///system"};
    std::string definitions_folder{"/etc/libvirt/libxl"};
    std::string templates_folder{"/usr/share/zetatron/templates"};
    std::string images_folder{"/usr/share/zetatron/task-shells"};
    std::string broker_socket{"/run/zetatron/broker.sock"};
    std::string xenstored_socket{"/run/xenstored/socket"};
    int ready_fd{-1};
    bool help{false};
    bool version{false};
};

/// `arguments` without the program's name. Errors: kInvalidArgument.
[[nodiscard]] Checked<Options> parse_options(std::span<const char* const> arguments);
[[nodiscard]] std::string usage();

} // namespace zeta::zetad
