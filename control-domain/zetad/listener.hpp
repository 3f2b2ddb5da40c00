// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The listening end of zetad's Unix socket. Layer 3; called by server.cpp.

#include "control-domain/model/complaint.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <optional>
#include <string>

namespace zeta::zetad {

/// A non-blocking listening socket at `path`, mode 0600; its folder is made. A stale socket is replaced.
/// Errors: kConflict something serves it already; kInvalidArgument the path is too long; kIo.
[[nodiscard]] Checked<UniqueFd> listen_on(const std::string& path);
void forget_socket(const std::string& path) noexcept;

/// The user id of the process at the other end; none: it cannot be told.
[[nodiscard]] std::optional<unsigned> peer_user(int fd) noexcept;

} // namespace zeta::zetad
