// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// "Did you mean ...?": the known word nearest to a mistyped one. Layer 3, pure.

#include <span>
#include <string_view>

namespace zeta::model {

/// The nearest of `known` when it differs by at most two edits and by less than half its letters; else empty.
/// The distance counts insertions, deletions, replacements and swaps of neighbours (Damerau 1964, restricted form).
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

} // namespace zeta::model
