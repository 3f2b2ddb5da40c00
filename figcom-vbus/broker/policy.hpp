// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who may open a channel to whom, in which direction, for what, how large, and how much of everything one peer
// may have. Everything that no rule allows is denied. Layer 1; the broker asks.

#include "figcom-vbus/wire/control.h"
#include "hypervisor/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zeta::figcom {

/// `from`, `to` and `service` are names in which '*' stands for any characters, none included.
struct PolicyRule {
    std::string from; ///< guest that asks
    std::string to;   ///< guest that serves
    std::string service;
    std::uint8_t directions{FIGCOM_BOTH_WAYS};      ///< who may send, as enum figcom_direction
    std::uint8_t kinds{1U << FIGCOM_KIND_STREAM};   ///< bit k: enum figcom_kind k
    std::uint8_t priorities{FIGCOM_PRIORITIES_MAX}; ///< of a stream, at most
    std::uint64_t channel_bytes{4U << 20U};         ///< of both regions together
    std::uint64_t message_bytes{1U << 20U};         ///< the longest message, record or state
    std::uint32_t notifications_per_s{0};           ///< that a side of it takes; 0: no limit
    std::uint32_t notification_burst{64};           ///< at once; only where there is a limit
};

/// What one peer may have at a time.
struct Quota {
    std::size_t channels{64};
    std::size_t setups{64};                 ///< requests that are not yet answered or not yet up
    std::uint64_t memory_bytes{64U << 20U}; ///< of the regions that it makes itself
};
struct PeerQuota {
    std::string name; ///< as in a rule
    Quota quota;
};

/// Which process may go by a name.
struct ProgramRule {
    std::string name; ///< as in a rule
    std::optional<std::uint32_t> uid;
    std::string executable; ///< absolute path; empty: any
};

class Policy {
public:
    static constexpr std::size_t kRulesMax = 1024; ///< of each kind of table
    static constexpr std::size_t kFileBytesMax = 256 * 1024;
    static constexpr std::uint64_t kQuotaMax = 4096; ///< channels and set-ups of one peer
    static constexpr std::uint64_t kMemoryBytesMax = 1ULL << 40U;

    /// What becomes of a request: the rule that allows it, or why it is refused.
    struct Verdict {
        const PolicyRule* rule{nullptr}; ///< valid as long as the policy
        figcom_refusal refusal{FIGCOM_REFUSED_POLICY};
    };

    /// Reads TOML as docs/reference/figcom-broker.md says.
    /// Errors: kInvalidArgument; `why` then says what and where in one line.
    [[nodiscard]] static Result<Policy> parse(std::string_view toml, std::string& why);
    /// Errors: as parse; kNotFound no such file; kResourceExhausted larger than kFileBytesMax.
    [[nodiscard]] static Result<Policy> load(const std::string& path, std::string& why);

    /// The first rule that allows all of it; else the reason of the rule that came nearest. `shape` passed
    /// check_shape; its notification fields are not looked at.
    [[nodiscard]] Verdict decide(std::string_view from, std::string_view to, std::string_view service,
                                 const figcom_shape& shape) const noexcept;
    /// The same for a channel of the default shape.
    [[nodiscard]] bool allows(std::string_view from, std::string_view to, std::string_view service) const noexcept;
    /// Of the first [[peer]] that has this name, else the defaults.
    [[nodiscard]] Quota quota_of(std::string_view peer) const noexcept;
    /// Whether this process may go by this name. Without any [[program]] every process that reaches the broker may.
    [[nodiscard]] bool may_be(std::string_view name, std::uint32_t uid, std::string_view executable) const noexcept;

    [[nodiscard]] const std::vector<PolicyRule>& rules() const noexcept { return rules_; }

private:
    friend class PolicyReader;
    std::vector<PolicyRule> rules_;
    std::vector<PeerQuota> quotas_;
    std::vector<ProgramRule> programs_;
    Quota default_quota_;
};

/// Whether `name` is what `pattern` describes: '*' stands for any characters.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name) noexcept;

/// A refusal in words, without the names.
[[nodiscard]] std::string_view explain(figcom_refusal refusal) noexcept;
/// The same as one word for programs, such as "policy"; "malformed" for a number outside the list.
[[nodiscard]] std::string_view name(figcom_refusal refusal) noexcept;

} // namespace zeta::figcom
