// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of zetad's calls: name, lane, and what answers it. Layer 3; the
// server hands each line here and sends back what is returned.

#include "control-domain/zetad/guests.hpp"
#include "control-domain/zetad/health.hpp"
#include "control-domain/zetad/libvirt_virtualization.hpp"
#include "control-domain/zetad/server.hpp"
#include "control-domain/zetad/templates.hpp"

#include <string>
#include <string_view>

namespace zeta::zetad {

/// Everything that answers may use. Ownership: borrows all.
struct Services {
    Guests& guests;
    Virtualization& virtualization;
    const Store& store;
    const TemplateFolder& templates;
    BeatReader& beats;
    const LibvirtVirtualization* libvirt; ///< null where tests replace it
    std::string images_folder;            ///< /usr/share/zetatron/task-shells
    std::string broker_socket;
    std::string xenstored_socket;
};

/// The reply line for one request line; never throws, whatever the line holds.
[[nodiscard]] std::string answer(Services& services, std::string_view line);

/// Where the line's call is to run. A line that cannot be read counts as a look.
[[nodiscard]] Lane lane_of(std::string_view line);

} // namespace zeta::zetad
