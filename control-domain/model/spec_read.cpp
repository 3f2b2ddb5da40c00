// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// The one file that includes toml++: text to fields, strictly.
#include "control-domain/model/guest_spec.hpp"
#include "control-domain/model/nearest.hpp"
#include "control-domain/model/size.hpp"

#include <stdexcept>

// toml++ 3.4 asserts on some broken texts, such as "[(", where it should refuse them (found by the guest-spec fuzz
// target). Its assertions become exceptions, caught in parse_table; NDEBUG would turn them into undefined behaviour.
#undef NDEBUG
#define TOML_ASSERT(expr) ((expr) ? void(0) : throw std::invalid_argument("a character stands where none may"))
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
// In toml++'s noexcept functions an assertion still ends the program, as assertions do.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wterminate"
#endif
#include <toml++/toml.hpp>
#pragma GCC diagnostic pop

#include <algorithm>
#include <array>
#include <format>
#include <limits>

namespace zeta::model {

namespace {

constexpr std::array<std::string_view, 10> kGuestKeys{"name",  "template", "description", "type",    "memory",
                                                      "vcpus", "kernel",   "initrd",      "cmdline", "autostart"};
constexpr std::array<std::string_view, 9> kTemplateKeys{"summary",    "type",   "memory",  "vcpus",    "kernel",
                                                        "kernel_hvm", "initrd", "cmdline", "autostart"};

/// One table being read: every complaint names the source and the key.
class Reader {
public:
    Reader(const toml::table& table, std::string_view source) : table_(table), source_(source) {}

    [[nodiscard]] Checked<void> check_keys(std::span<const std::string_view> known) const;
    [[nodiscard]] Checked<std::optional<std::string>> text(std::string_view key) const;
    [[nodiscard]] Checked<std::optional<bool>> truth(std::string_view key) const;
    [[nodiscard]] Checked<std::optional<Bytes>> size(std::string_view key) const;
    [[nodiscard]] Checked<std::optional<std::uint32_t>> count(std::string_view key) const;
    [[nodiscard]] Checked<std::optional<GuestType>> guest_type(std::string_view key) const;

private:
    [[nodiscard]] std::unexpected<Complaint> refuse_key(std::string_view key, std::string_view why) const {
        return refuse(ErrorCode::kInvalidArgument, std::format("{}: {}: {}", source_, printable(key, 40), why));
    }

    const toml::table& table_;
    std::string_view source_;
};

Checked<void> Reader::check_keys(std::span<const std::string_view> known) const {
    for (const auto& [key, value] : table_) {
        if (std::ranges::find(known, key.str()) != known.end()) {
            continue;
        }
        const std::string_view meant = nearest(key.str(), known);
        const std::string advice = meant.empty() ? "remove it" : std::format("did you mean \"{}\"?", meant);
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("{}:{}: unknown key \"{}\"; {}", source_, key.source().begin.line,
                                  printable(key.str(), 40), advice));
    }
    return {};
}

Checked<std::optional<std::string>> Reader::text(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (!node->is_string()) {
        return refuse_key(key, std::format("must be text in quotes, as in {} = \"...\"", key));
    }
    return **node->as_string();
}

Checked<std::optional<bool>> Reader::truth(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (!node->is_boolean()) {
        return refuse_key(key, "must be true or false, without quotes");
    }
    return **node->as_boolean();
}

Checked<std::optional<Bytes>> Reader::size(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (!node->is_string()) {
        return refuse_key(key, "must be text with a unit, as in \"256MiB\"");
    }
    const auto parsed = parse_size(**node->as_string());
    if (!parsed) {
        return refuse_key(key, parsed.error().text);
    }
    return *parsed;
}

Checked<std::optional<std::uint32_t>> Reader::count(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (!node->is_integer()) {
        return refuse_key(key, "must be a whole number without quotes");
    }
    const std::int64_t value = **node->as_integer();
    if (value < 0 || value > std::numeric_limits<std::uint32_t>::max()) {
        return refuse_key(key, std::format("{} is out of range; give 1 to {}", value, kMaxVcpus));
    }
    return static_cast<std::uint32_t>(value);
}

Checked<std::optional<GuestType>> Reader::guest_type(std::string_view key) const {
    auto word = text(key);
    if (!word) {
        return std::unexpected(word.error());
    }
    if (!*word) {
        return std::nullopt;
    }
    const auto parsed = parse_guest_type(**word);
    if (!parsed) {
        return refuse_key(key, parsed.error().text);
    }
    return *parsed;
}

template <typename T>
bool take(Checked<std::optional<T>> read, std::optional<T>& into, std::optional<Complaint>& first) {
    if (!read) {
        first = read.error();
        return false;
    }
    into = std::move(*read);
    return true;
}

/// Stops at the first key that does not fit.
Checked<GuestFields> read_fields(const Reader& reader) {
    GuestFields fields;
    std::optional<Complaint> first;
    const bool whole =
        take(reader.text("name"), fields.name, first) && take(reader.text("template"), fields.template_name, first) &&
        take(reader.text("description"), fields.description, first) &&
        take(reader.guest_type("type"), fields.type, first) && take(reader.size("memory"), fields.memory, first) &&
        take(reader.count("vcpus"), fields.vcpus, first) && take(reader.text("kernel"), fields.kernel, first) &&
        take(reader.text("initrd"), fields.initrd, first) && take(reader.text("cmdline"), fields.cmdline, first) &&
        take(reader.truth("autostart"), fields.autostart, first);
    if (!whole) {
        return std::unexpected(*first);
    }
    return fields;
}

Checked<toml::table> parse_table(std::string_view text, std::string_view source) {
    if (text.size() > kMaxSpecBytes) {
        return refuse(ErrorCode::kResourceExhausted, std::format("{}: {} bytes are too many; at most {} are read",
                                                                 source, text.size(), kMaxSpecBytes));
    }
    // TOML forbids them everywhere, and toml++ aborts on a NUL after '['.
    const auto forbidden = [](char letter) {
        const auto code = static_cast<unsigned char>(letter);
        return (code < 0x20 && letter != '\t' && letter != '\n' && letter != '\r') || code == 0x7f;
    };
    if (const auto found = std::ranges::find_if(text, forbidden); found != text.end()) {
        const auto line = 1 + std::count(text.begin(), found, '\n');
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("{}:{}: has a control character; is this a text file?", source, line));
    }
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        const toml::source_position at = error.source().begin;
        return refuse(ErrorCode::kInvalidArgument, std::format("{}:{}:{}: not TOML: {}", source, at.line, at.column,
                                                               printable(error.description(), 160)));
    } catch (const std::exception& error) {
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("{}: not TOML: {}", source, printable(error.what(), 160)));
    }
}

} // namespace

Checked<GuestFields> parse_guest_fields(std::string_view text, std::string_view source) {
    const auto table = parse_table(text, source);
    if (!table) {
        return std::unexpected(table.error());
    }
    const Reader reader(*table, source);
    if (const auto known = reader.check_keys(kGuestKeys); !known) {
        return std::unexpected(known.error());
    }
    return read_fields(reader);
}

Checked<Template> parse_template(std::string_view text, std::string_view template_name) {
    const std::string source = std::format("template {}", template_name);
    const auto table = parse_table(text, source);
    if (!table) {
        return std::unexpected(table.error());
    }
    const Reader reader(*table, source);
    if (const auto known = reader.check_keys(kTemplateKeys); !known) {
        return std::unexpected(known.error());
    }
    auto summary = reader.text("summary");
    if (!summary) {
        return std::unexpected(summary.error());
    }
    auto kernel_hvm = reader.text("kernel_hvm");
    if (!kernel_hvm) {
        return std::unexpected(kernel_hvm.error());
    }
    auto fields = read_fields(reader);
    if (!fields) {
        return std::unexpected(fields.error());
    }
    return Template{std::string(template_name), summary->value_or(""), std::move(*fields), std::move(*kernel_hvm)};
}

} // namespace zeta::model
