// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Policy: reading its file.
namespace {
// The parser asserts what a file can break (an odd character where a key begins). That must not end the broker.
thread_local bool broken_assumption = false;
void note_broken_assumption() noexcept { broken_assumption = true; }
} // namespace
#define TOML_ASSERT(expr) ((expr) ? void(0) : note_broken_assumption())
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include "figcom-vbus/broker/policy.hpp"

#include "figcom-vbus/core/control_message.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <format>
#include <functional>
#include <toml++/toml.hpp>

namespace zeta::figcom {

namespace {

// Name characters and '*'.
bool is_pattern(std::string_view text) noexcept {
    std::string plain{text};
    std::ranges::replace(plain, '*', 'a');
    return is_name(plain);
}

// "64MiB", "16KiB", "1GiB", "4096", or a plain integer.
std::optional<std::uint64_t> read_amount(const toml::node& node) {
    if (const auto number = node.value_exact<std::int64_t>()) {
        return *number >= 0 ? std::optional{static_cast<std::uint64_t>(*number)} : std::nullopt;
    }
    const auto text = node.value_exact<std::string>();
    if (!text) {
        return std::nullopt;
    }
    std::uint64_t amount = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), amount);
    const std::string_view unit{end, static_cast<std::size_t>(text->data() + text->size() - end)};
    const unsigned shift = unit.empty() ? 0 : unit == "KiB" ? 10 : unit == "MiB" ? 20 : unit == "GiB" ? 30 : 64;
    if (error != std::errc{} || shift == 64 || amount > UINT64_MAX >> shift) {
        return std::nullopt;
    }
    return amount << shift;
}

std::optional<std::uint8_t> read_direction(const toml::node& node) {
    const auto text = node.value_exact<std::string>().value_or("");
    return text == "both"           ? std::optional<std::uint8_t>{FIGCOM_BOTH_WAYS}
           : text == "to-service"   ? std::optional<std::uint8_t>{FIGCOM_TO_SERVICE}
           : text == "from-service" ? std::optional<std::uint8_t>{FIGCOM_FROM_SERVICE}
                                    : std::nullopt;
}

std::optional<std::uint8_t> read_kinds(const toml::node& node) {
    const toml::array* list = node.as_array();
    unsigned kinds = 0;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const auto text = (*list)[i].value_exact<std::string>().value_or("");
        const unsigned kind = text == "stream"      ? unsigned{FIGCOM_KIND_STREAM}
                              : text == "state"     ? unsigned{FIGCOM_KIND_STATE}
                              : text == "redundant" ? unsigned{FIGCOM_KIND_REDUNDANT}
                                                    : 0U;
        if (kind == 0) {
            return std::nullopt;
        }
        kinds |= 1U << kind;
    }
    return kinds != 0 ? std::optional{static_cast<std::uint8_t>(kinds)} : std::nullopt;
}

} // namespace

/// Reads one file; keeps where and what the first fault is.
class PolicyReader {
public:
    bool read(const toml::table& file) {
        for (const auto& [key, value] : file) {
            const bool good = key.str() == "allow"  ? tables(value, "allow", [&](auto& one) { return rule(one); })
                              : key.str() == "peer" ? tables(value, "peer", [&](auto& one) { return peer(one); })
                              : key.str() == "program"
                                  ? tables(value, "program", [&](auto& one) { return program(one); })
                              : key.str() == "quota"
                                  ? value.is_table() ? quota(*value.as_table(), nullptr, policy.default_quota_)
                                                     : wrong(value, "quota: not a table; write [quota]")
                                  : wrong(value, std::format("unknown key \"{}\"; [[allow]], [quota], [[peer]] and "
                                                             "[[program]] are known",
                                                             key.str()));
            if (!good) {
                return false;
            }
        }
        return true;
    }

    Policy policy;
    std::string why;

private:
    using Field = std::function<bool(const toml::node&)>;

    bool wrong(const toml::node& where, std::string_view reason) { return wrong(where.source(), reason); }
    bool wrong(const toml::source_region& where, std::string_view reason) {
        why = std::format("line {}: {}", where.begin.line, reason);
        return false;
    }

    bool tables(const toml::node& value, std::string_view name, const std::function<bool(const toml::table&)>& read) {
        const toml::array* list = value.as_array();
        if (list == nullptr) {
            return wrong(value, std::format("{}: not a list of tables; write [[{}]]", name, name));
        }
        if (list->size() > Policy::kRulesMax) {
            return wrong(value, std::format("more than {} [[{}]]", Policy::kRulesMax, name));
        }
        for (const toml::node& node : *list) {
            if (!node.is_table()) {
                return wrong(node, std::format("{}: not a table", name));
            }
            if (!read(*node.as_table())) {
                return false;
            }
        }
        return true;
    }

    bool pattern(const toml::node& value, std::string_view key, std::string& field) {
        const auto text = value.value_exact<std::string>();
        if (!text || !is_pattern(*text)) {
            return wrong(value,
                         std::format("{}: not a name; letters, digits, '.', '-', '_', and '*' for anything", key));
        }
        field = *text;
        return true;
    }
    template <typename T>
    bool amount(const toml::node& value, std::string_view key, std::uint64_t min, std::uint64_t max, T& field) {
        const auto read = read_amount(value);
        if (!read || *read < min || *read > max) {
            return wrong(value, std::format("{}: {} to {} is possible", key, min, max));
        }
        field = static_cast<T>(*read);
        return true;
    }
    template <typename T>
    bool chosen(const toml::node& value, const std::optional<T>& read, std::string_view choices, T& field) {
        if (!read) {
            return wrong(value, choices);
        }
        field = *read;
        return true;
    }

    bool rule(const toml::table& table) {
        PolicyRule rule;
        for (const auto& [name, value] : table) {
            const std::string_view key = name.str();
            const bool good =
                key == "from"                  ? pattern(value, key, rule.from)
                : key == "to"                  ? pattern(value, key, rule.to)
                : key == "service"             ? pattern(value, key, rule.service)
                : key == "direction"           ? chosen(value, read_direction(value),
                                                        "direction: both, to-service or from-service", rule.directions)
                : key == "kinds"               ? chosen(value, read_kinds(value),
                                                        "kinds: a list of stream, state and redundant, not empty", rule.kinds)
                : key == "priorities"          ? amount(value, key, 1, FIGCOM_PRIORITIES_MAX, rule.priorities)
                : key == "channel-bytes"       ? amount(value, key, 1, Policy::kMemoryBytesMax, rule.channel_bytes)
                : key == "message-bytes"       ? amount(value, key, 0, UINT32_MAX, rule.message_bytes)
                : key == "notifications-per-s" ? amount(value, key, 0, 1'000'000'000, rule.notifications_per_s)
                : key == "notification-burst"  ? amount(value, key, 1, 1'000'000, rule.notification_burst)
                                               : wrong(value, std::format("unknown key \"{}\" in [[allow]]", key));
            if (!good) {
                return false;
            }
        }
        if (rule.from.empty() || rule.to.empty() || rule.service.empty()) {
            return wrong(table, "a rule needs from, to and service");
        }
        rule.notification_burst = rule.notifications_per_s != 0 ? rule.notification_burst : 0;
        policy.rules_.push_back(std::move(rule));
        return true;
    }

    // [quota], and [[peer]] with its name.
    bool quota(const toml::table& table, std::string* whose, Quota& quota) {
        for (const auto& [name, value] : table) {
            const std::string_view key = name.str();
            const bool good = key == "name" && whose != nullptr ? pattern(value, key, *whose)
                              : key == "channels" ? amount(value, key, 0, Policy::kQuotaMax, quota.channels)
                              : key == "setups"   ? amount(value, key, 0, Policy::kQuotaMax, quota.setups)
                              : key == "memory"   ? amount(value, key, 0, Policy::kMemoryBytesMax, quota.memory_bytes)
                                                  : wrong(value, std::format("unknown key \"{}\" of a quota", key));
            if (!good) {
                return false;
            }
        }
        return true;
    }
    bool peer(const toml::table& table) {
        PeerQuota one;
        if (!quota(table, &one.name, one.quota)) {
            return false;
        }
        if (one.name.empty()) {
            return wrong(table, "a peer needs a name");
        }
        policy.quotas_.push_back(std::move(one));
        return true;
    }

    bool program(const toml::table& table) {
        ProgramRule one;
        for (const auto& [name, value] : table) {
            const std::string_view key = name.str();
            std::uint32_t uid = 0;
            if (key == "name") {
                if (!pattern(value, key, one.name)) {
                    return false;
                }
            } else if (key == "uid") {
                if (!amount(value, key, 0, UINT32_MAX - 1, uid)) {
                    return false;
                }
                one.uid = uid;
            } else if (key == "executable") {
                one.executable = value.value_exact<std::string>().value_or("");
                if (!one.executable.starts_with('/')) {
                    return wrong(value, "executable: an absolute path is needed");
                }
            } else {
                return wrong(value, std::format("unknown key \"{}\" in [[program]]", key));
            }
        }
        if (one.name.empty() || (!one.uid && one.executable.empty())) {
            return wrong(table, "a program needs a name, and uid or executable or both");
        }
        policy.programs_.push_back(std::move(one));
        return true;
    }
};

Result<Policy> Policy::parse(std::string_view text, std::string& why) {
    broken_assumption = false;
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        const auto& error = parsed.error();
        std::string reason{error.description()};
        std::ranges::replace(reason, '\n', ' ');
        why = std::format("line {}: {}", error.source().begin.line, reason);
        return fail(ErrorCode::kInvalidArgument, "read the FIGCOM policy");
    }
    if (broken_assumption) {
        why = "line 1: a character stands where none may, here or further down";
        return fail(ErrorCode::kInvalidArgument, "read the FIGCOM policy");
    }
    PolicyReader reader;
    if (!reader.read(parsed.table())) {
        why = std::move(reader.why);
        return fail(ErrorCode::kInvalidArgument, "read the FIGCOM policy");
    }
    return std::move(reader.policy);
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

} // namespace zeta::figcom
