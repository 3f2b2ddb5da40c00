// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a call is written down. To add one: a function in calls_guest.cpp or
// calls_host.cpp, a row in that file's table, and a line in
// docs/reference/zetad-protocol.md. Layer 3.

#include "control-domain/zetad/calls.hpp"
#include "control-domain/zetad/protocol.hpp"

#include <span>

namespace zeta::zetad {

using Answered = Checked<nlohmann::json>;

struct Call {
    std::string_view name;
    Lane lane{Lane::kLook};
    Answered (*answer)(Services& services, Params& params){nullptr};
};

[[nodiscard]] std::span<const Call> guest_calls();
[[nodiscard]] std::span<const Call> host_calls();

/// A guest's beat as JSON: {"beats", "word", "since_beat_ms", "healthy"}, or {"unknown": reason}.
[[nodiscard]] nlohmann::json beat_json(BeatReader& beats, const DomainView& domain);

} // namespace zeta::zetad
