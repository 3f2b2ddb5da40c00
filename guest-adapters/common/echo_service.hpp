// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The service "echo": checks a ping's payload, says what it thinks of it, and answers with the
// reply's own pattern. One per channel; no I/O. Layer 2.

#include "figcom-vbus/wire/control.h"
#include "hypervisor/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace zeta::guest {

class EchoService {
public:
    static constexpr const char* kName = "echo";

    /// The reply to a request.
    /// Errors: kCorrupt the request has no head, or its length contradicts itself.
    [[nodiscard]] Result<std::vector<std::byte>> answer(std::span<const std::byte> request);

private:
    std::uint64_t job_{0};
    std::uint64_t highest_{0};
};

} // namespace zeta::guest
