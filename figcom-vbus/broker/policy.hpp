// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who may open a channel to whom. Everything that no rule allows is denied. Layer 1; the broker asks.

#include "hypervisor/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace zeta::figcom {

/// Each field is a name or "*".
struct PolicyRule {
    std::string from; ///< guest that asks
    std::string to;   ///< guest that serves
    std::string service;
};

class Policy {
public:
    static constexpr std::size_t kRulesMax = 1024;
    static constexpr std::size_t kFileBytesMax = 256 * 1024;

    /// Reads TOML: any number of [[allow]] tables with `from`, `to` and `service`.
    /// Errors: kInvalidArgument; `why` then says what and where in one line.
    [[nodiscard]] static Result<Policy> parse(std::string_view toml, std::string& why);
    /// Errors: as parse; kNotFound no such file; kResourceExhausted larger than kFileBytesMax.
    [[nodiscard]] static Result<Policy> load(const std::string& path, std::string& why);

    [[nodiscard]] bool allows(std::string_view from, std::string_view to, std::string_view service) const noexcept;
    [[nodiscard]] const std::vector<PolicyRule>& rules() const noexcept { return rules_; }

private:
    std::vector<PolicyRule> rules_;
};

} // namespace zeta::figcom
