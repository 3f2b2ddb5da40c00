// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// One request and its reply over a Unix socket that speaks one JSON text a
// line: zetad's protocol, and the broker's where it keeps to the same framing.
// Layer 3; called by zetactl's nouns.

#include "hypervisor/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace zeta::ctl {

inline constexpr std::size_t kMaxReplyBytes = 8U << 20U;

/// Connects, sends `line` (without its newline), and returns the reply line without its newline.
/// Blocks: until the reply, at most `patience`.
/// Errors: kUnavailable nothing listens there; kPermissionDenied; kClosed the peer went away before
/// answering, so that the outcome is unknown; kTimeout; kResourceExhausted the reply is longer than kMaxReplyBytes.
[[nodiscard]] Result<std::string> ask_line(const std::string& socket_path, std::string_view line,
                                           std::chrono::milliseconds patience = std::chrono::minutes(2));

} // namespace zeta::ctl
