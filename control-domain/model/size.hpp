// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memory sizes as people write them: "256MiB". Layer 3, pure.

#include "control-domain/model/complaint.hpp"
#include "hypervisor/base/units.hpp"

#include <string>
#include <string_view>

namespace zeta::model {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr std::uint64_t kTiB = 1024 * kGiB;

/// A whole number followed at once by KiB, MiB, GiB or TiB.
/// Errors: kInvalidArgument no number, no unit, an unknown unit, or more than 64 bits hold.
[[nodiscard]] Checked<Bytes> parse_size(std::string_view text);

/// The largest unit that divides `size`, as parse_size reads it back; below 1 KiB or odd sizes, "N bytes".
[[nodiscard]] std::string format_size(Bytes size);

} // namespace zeta::model
