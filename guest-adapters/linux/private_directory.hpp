// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A directory that only its user may enter, as a rendezvous needs it. Layer 2; zeta-agent calls it.

#include "hypervisor/base/result.hpp"

#include <string>

namespace zeta::guest {

/// Makes `path` (absolute) with mode 0700, and folders above it with 0755, where they are missing.
/// Errors: kInvalidArgument not absolute; kPermissionDenied it is there, but no directory, another user's, or open to
/// others; the kernel's.
[[nodiscard]] Result<void> make_private_directory(const std::string& path);

} // namespace zeta::guest
