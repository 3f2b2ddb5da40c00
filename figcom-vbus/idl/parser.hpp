// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reads an interface file: syntax, names, limits, layout. Layer 1; called by figcom-idl.

#include "figcom-vbus/idl/model.hpp"

#include <expected>

namespace zeta::idlgen {

/// The whole interface, or the first thing that is wrong. Any bytes are safe.
[[nodiscard]] std::expected<Interface, Problem> parse(std::string_view text);

} // namespace zeta::idlgen
