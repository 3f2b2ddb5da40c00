// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// One call of zetad, and what its refusal means for the exit status. Layer 3;
// called by zetactl's nouns. The only header here that brings JSON.

#include "control-domain/zetactl/context.hpp"

#include <nlohmann/json.hpp>

#include <expected>

namespace zeta::ctl {

/// The call's result; or, after the complaint was printed, the exit status.
[[nodiscard]] std::expected<nlohmann::json, int> call_zetad(const Context& context, const char* call,
                                                            const nlohmann::json& params = nlohmann::json::object());

/// Prints it with an indent of two.
void print_json(const nlohmann::json& value);

/// "1.5GiB": for tables, rounded to one digit behind the point.
[[nodiscard]] std::string human_bytes(const nlohmann::json& bytes);

/// A beat as one word or two for a table: "1.2 s ago", "never", "unknown", "-" where the guest does not run.
[[nodiscard]] std::string human_beat(const nlohmann::json& beat);

} // namespace zeta::ctl
