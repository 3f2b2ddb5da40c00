// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/broker/policy.hpp"

#include "figcom-vbus/core/channel_shapes.hpp"

#include <algorithm>

namespace zeta::figcom {

namespace {

// How far a rule goes along with a request that has its names: no reason is left where it allows it.
std::optional<figcom_refusal> objection(const PolicyRule& rule, const figcom_shape& shape) noexcept {
    if ((shape.direction & ~rule.directions) != 0) {
        return FIGCOM_REFUSED_DIRECTION;
    }
    if ((1U << shape.kind & rule.kinds) == 0) {
        return FIGCOM_REFUSED_KIND;
    }
    const std::uint64_t asker = region_bytes_of(shape, Side::kAsker).value;
    const std::uint64_t server = region_bytes_of(shape, Side::kServer).value;
    if (shape.priority_count > rule.priorities || payload_bytes_of(shape) > rule.message_bytes ||
        asker > rule.channel_bytes || server > rule.channel_bytes - asker) {
        return FIGCOM_REFUSED_AMOUNT;
    }
    return std::nullopt;
}

} // namespace

// Goes back to the last '*' only: one that came before cannot help where this one did not.
bool matches(std::string_view pattern, std::string_view name) noexcept {
    std::size_t at = 0;
    std::size_t in = 0;
    std::size_t star = std::string_view::npos;
    std::size_t tried = 0;
    while (in < name.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            tried = in;
        } else if (at < pattern.size() && pattern[at] == name[in]) {
            ++at;
            ++in;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            in = ++tried;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

Policy::Verdict Policy::decide(std::string_view from, std::string_view to, std::string_view service,
                               const figcom_shape& shape) const noexcept {
    static_assert(FIGCOM_REFUSED_POLICY < FIGCOM_REFUSED_DIRECTION && FIGCOM_REFUSED_DIRECTION < FIGCOM_REFUSED_KIND &&
                  FIGCOM_REFUSED_KIND < FIGCOM_REFUSED_AMOUNT); // the nearer, the higher
    Verdict verdict;
    for (const PolicyRule& rule : rules_) {
        if (!matches(rule.from, from) || !matches(rule.to, to) || !matches(rule.service, service)) {
            continue;
        }
        const auto objected = objection(rule, shape);
        if (!objected) {
            return {.rule = &rule, .refusal = {}};
        }
        verdict.refusal = std::max(verdict.refusal, *objected);
    }
    return verdict;
}

bool Policy::allows(std::string_view from, std::string_view to, std::string_view service) const noexcept {
    return decide(from, to, service, default_shape()).rule != nullptr;
}

Quota Policy::quota_of(std::string_view peer) const noexcept {
    const auto found = std::ranges::find_if(quotas_, [&](const PeerQuota& one) { return matches(one.name, peer); });
    return found != quotas_.end() ? found->quota : default_quota_;
}

bool Policy::may_be(std::string_view name, std::uint32_t uid, std::string_view executable) const noexcept {
    return programs_.empty() || std::ranges::any_of(programs_, [&](const ProgramRule& rule) {
               return matches(rule.name, name) && (!rule.uid || *rule.uid == uid) &&
                      (rule.executable.empty() || rule.executable == executable);
           });
}

std::string_view explain(figcom_refusal refusal) noexcept {
    switch (refusal) {
    case FIGCOM_REFUSED_POLICY:
        return "no policy rule allows it";
    case FIGCOM_REFUSED_LIMIT:
        return "its quota of channels is used up";
    case FIGCOM_REFUSED_MALFORMED:
        return "the request broke the format";
    case FIGCOM_REFUSED_DIRECTION:
        return "the policy allows the other direction only";
    case FIGCOM_REFUSED_KIND:
        return "the policy allows other kinds of traffic only";
    case FIGCOM_REFUSED_AMOUNT:
        return "larger than the policy allows";
    case FIGCOM_REFUSED_MEMORY:
        return "its quota of shared memory is used up";
    case FIGCOM_REFUSED_SETUPS:
        return "its quota of set-ups at one time is used up";
    case FIGCOM_REFUSED_TARGET:
        return "the serving side's quota is used up";
    case FIGCOM_REFUSED_OLD_PEER:
        return "the serving side's agent knows no such channels";
    case FIGCOM_REFUSED_REVOKED:
        return "an operator ended it";
    case FIGCOM_REFUSED_SERVICE:
        return "another program serves that name";
    }
    return "the request broke the format";
}

std::string_view name(figcom_refusal refusal) noexcept {
    switch (refusal) {
    case FIGCOM_REFUSED_POLICY:
        return "policy";
    case FIGCOM_REFUSED_LIMIT:
        return "limit";
    case FIGCOM_REFUSED_DIRECTION:
        return "direction";
    case FIGCOM_REFUSED_KIND:
        return "kind";
    case FIGCOM_REFUSED_AMOUNT:
        return "amount";
    case FIGCOM_REFUSED_MEMORY:
        return "memory";
    case FIGCOM_REFUSED_SETUPS:
        return "setups";
    case FIGCOM_REFUSED_TARGET:
        return "target";
    case FIGCOM_REFUSED_OLD_PEER:
        return "old-peer";
    case FIGCOM_REFUSED_REVOKED:
        return "revoked";
    case FIGCOM_REFUSED_SERVICE:
        return "service";
    case FIGCOM_REFUSED_MALFORMED:
        break;
    }
    return "malformed";
}

} // namespace zeta::figcom
