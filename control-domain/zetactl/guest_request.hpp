// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// From `guest create`'s options to zetad's parameters: the specification's
// text as it was given, and the flags as a second text in the same language, so
// that one parser, zetad's, judges both. Layer 3.

#include "control-domain/model/complaint.hpp"
#include "control-domain/zetactl/zetad_client.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace zeta::ctl {

struct GuestFlags {
    std::string spec_path; ///< "-": standard input; empty: none
    std::optional<std::string> name, template_name, description, type, memory, kernel, initrd, cmdline;
    std::optional<std::int64_t> vcpus;
    bool autostart{false};
    bool no_start{false};
};

/// Adds the options that set `flags`.
void add_guest_flags(CLI::App& verb, GuestFlags& flags);

/// The parameters of guest.create and guest.check.
/// Errors: kNotFound, kIo, kResourceExhausted the specification's file; kInvalidArgument neither name nor file.
[[nodiscard]] Checked<nlohmann::json> guest_request(const GuestFlags& flags);

} // namespace zeta::ctl
