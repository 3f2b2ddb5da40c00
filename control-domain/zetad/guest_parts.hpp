// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two small looks at the system that creating a guest needs. Layer 3.

#include "control-domain/model/complaint.hpp"

#include <string>

namespace zeta::zetad {

/// A random UUID (RFC 9562, version 4) in lower case.
[[nodiscard]] std::string make_uuid();

/// Whether `path` is a readable, non-empty regular file. Errors: kNotFound, kInvalidArgument, kIo.
[[nodiscard]] Checked<void> check_image(const std::string& path);

} // namespace zeta::zetad
