// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an operator is told when a request is refused: one line that names what
// failed, on which object, why, and what to do. Layer 3; the model, zetad and
// zetactl hand it upwards where zeta::Error's literals cannot name the object.

#include "hypervisor/base/error.hpp"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace zeta {

/// Longer complaints are cut, so that hostile input cannot fill a log.
inline constexpr std::size_t kMaxComplaintBytes = 1024;

struct Complaint {
    ErrorCode code{ErrorCode::kInternal};
    std::string text; ///< one line of printable UTF-8, no newline
};

template <typename T>
using Checked = std::expected<T, Complaint>;

/// Control characters in `text` are replaced, and it is cut at kMaxComplaintBytes.
[[nodiscard]] std::unexpected<Complaint> refuse(ErrorCode code, std::string_view text);

/// The same line with `prefix` and ": " before it.
[[nodiscard]] Complaint prefixed(std::string_view prefix, const Complaint& complaint);

/// Replaces control characters and cuts at `limit_bytes`: any outside bytes become safe to print.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit_bytes = kMaxComplaintBytes);

} // namespace zeta
