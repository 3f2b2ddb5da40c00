// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include "figcom-vbus/broker/policy.hpp"

#include "figcom-vbus/core/control_message.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <format>
#include <toml++/toml.hpp>

namespace zeta::figcom {

namespace {

bool matches(const std::string& pattern, std::string_view name) noexcept { return pattern == "*" || pattern == name; }

// One [[allow]] table. Empty on success, else what is wrong with it.
std::string read_rule(const toml::table& table, PolicyRule& rule) {
    for (const auto& [key, value] : table) {
        std::string* field = key.str() == "from"      ? &rule.from
                             : key.str() == "to"      ? &rule.to
                             : key.str() == "service" ? &rule.service
                                                      : nullptr;
        if (field == nullptr) {
            return std::format("unknown key \"{}\"; a rule has from, to and service", key.str());
        }
        const auto text = value.value<std::string>();
        if (!text || (*text != "*" && !is_name(*text))) {
            return std::format("{}: not a name or \"*\"", key.str());
        }
        *field = *text;
    }
    if (rule.from.empty() || rule.to.empty() || rule.service.empty()) {
        return "a rule needs from, to and service";
    }
    return {};
}

std::unexpected<Error> refuse(std::string& why, const toml::source_region& where, std::string_view reason) {
    why = std::format("line {}: {}", where.begin.line, reason);
    return fail(ErrorCode::kInvalidArgument, "read the FIGCOM policy");
}

} // namespace

Result<Policy> Policy::parse(std::string_view text, std::string& why) {
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        return refuse(why, parsed.error().source(), parsed.error().description());
    }
    Policy policy;
    for (const auto& [key, value] : parsed.table()) {
        const toml::array* rules = value.as_array();
        if (key.str() != "allow" || rules == nullptr) {
            return refuse(why, value.source(), std::format("unknown key \"{}\"; only [[allow]] is known", key.str()));
        }
        for (const toml::node& node : *rules) {
            const toml::table* table = node.as_table();
            PolicyRule rule;
            const std::string wrong = table == nullptr ? "not a table" : read_rule(*table, rule);
            if (!wrong.empty()) {
                return refuse(why, node.source(), wrong);
            }
            if (policy.rules_.size() >= kRulesMax) {
                return refuse(why, node.source(), std::format("more than {} rules", kRulesMax));
            }
            policy.rules_.push_back(std::move(rule));
        }
    }
    return policy;
}

Result<Policy> Policy::load(const std::string& path, std::string& why) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) {
        const int error = errno;
        why = strerrordesc_np(error);
        return fail_errno(error, "open the FIGCOM policy");
    }
    std::string text(kFileBytesMax + 1, '\0');
    std::size_t used = 0;
    for (ssize_t got = 1; got != 0 && used < text.size(); used += static_cast<std::size_t>(got)) {
        got = ::read(file.get(), text.data() + used, text.size() - used);
        if (got < 0) {
            const int error = errno;
            why = strerrordesc_np(error);
            return fail_errno(error, "read the FIGCOM policy");
        }
    }
    if (used > kFileBytesMax) {
        why = std::format("larger than {} bytes", kFileBytesMax);
        return fail(ErrorCode::kResourceExhausted, "read the FIGCOM policy");
    }
    return parse(std::string_view{text}.substr(0, used), why);
}

bool Policy::allows(std::string_view from, std::string_view to, std::string_view service) const noexcept {
    return std::ranges::any_of(rules_, [&](const PolicyRule& rule) {
        return matches(rule.from, from) && matches(rule.to, to) && matches(rule.service, service);
    });
}

} // namespace zeta::figcom
