// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/idl/parse_state.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <format>

namespace zeta::idlgen {

namespace {

// Names that C++, Python or the generated code have already. Sorted.
constexpr std::array kReserved = std::to_array<std::string_view>({"alignas",      "alignof",
                                                                  "and",          "and_eq",
                                                                  "as",           "asm",
                                                                  "assert",       "async",
                                                                  "auto",         "await",
                                                                  "bitand",       "bitor",
                                                                  "bool",         "break",
                                                                  "bytes",        "case",
                                                                  "catch",        "char",
                                                                  "class",        "co_await",
                                                                  "co_return",    "co_yield",
                                                                  "compl",        "concept",
                                                                  "const",        "const_cast",
                                                                  "consteval",    "constexpr",
                                                                  "constinit",    "continue",
                                                                  "decltype",     "def",
                                                                  "default",      "del",
                                                                  "delete",       "do",
                                                                  "double",       "dynamic_cast",
                                                                  "elif",         "else",
                                                                  "enum",         "except",
                                                                  "explicit",     "export",
                                                                  "extern",       "false",
                                                                  "finally",      "float",
                                                                  "for",          "friend",
                                                                  "from",         "global",
                                                                  "goto",         "if",
                                                                  "import",       "in",
                                                                  "inline",       "int",
                                                                  "invalid",      "is",
                                                                  "lambda",       "long",
                                                                  "mutable",      "name",
                                                                  "namespace",    "new",
                                                                  "noexcept",     "nonlocal",
                                                                  "not",          "not_eq",
                                                                  "nullptr",      "operator",
                                                                  "or",           "or_eq",
                                                                  "pack",         "pass",
                                                                  "private",      "protected",
                                                                  "public",       "raise",
                                                                  "register",     "reinterpret_cast",
                                                                  "requires",     "return",
                                                                  "self",         "short",
                                                                  "signed",       "sizeof",
                                                                  "static",       "static_assert",
                                                                  "static_cast",  "std",
                                                                  "str",          "struct",
                                                                  "super",        "switch",
                                                                  "template",     "this",
                                                                  "thread_local", "throw",
                                                                  "true",         "try",
                                                                  "typedef",      "typeid",
                                                                  "typename",     "union",
                                                                  "unknown",      "unpack",
                                                                  "unsigned",     "using",
                                                                  "value",        "virtual",
                                                                  "void",         "volatile",
                                                                  "wchar_t",      "while",
                                                                  "with",         "xor",
                                                                  "xor_eq",       "yield",
                                                                  "zeta"});
static_assert(std::ranges::is_sorted(kReserved));

std::string shown(const Token& token) {
    switch (token.kind) {
    case Token::Kind::kEnd:
        return "the end of the file";
    case Token::Kind::kString:
        return "a string";
    default:
        return std::format("\"{}\"", token.text.substr(0, kNameBytesMax));
    }
}

bool is_snake(std::string_view name) noexcept {
    const bool letters =
        std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
    return letters && name.front() >= 'a' && name.front() <= 'z' && name.back() != '_' && !name.contains("__");
}

bool is_camel(std::string_view name) noexcept {
    return name.front() >= 'A' && name.front() <= 'Z' && !name.contains('_');
}

/// Nothing where it is too large for 64 bits and a sign.
std::optional<Integer> integer_of(std::string_view text) {
    Integer number;
    const bool negative = text.starts_with('-');
    text.remove_prefix(negative ? 1 : 0);
    const bool hex = text.starts_with("0x");
    text.remove_prefix(hex ? 2 : 0);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.magnitude, hex ? 16 : 10);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    number.negative = negative && number.magnitude != 0;
    return number;
}

} // namespace

bool ParseState::skip_word(std::string_view word) {
    if (!is_word(word)) {
        return false;
    }
    std::ignore = take();
    return true;
}

bool ParseState::skip_sign(std::string_view sign) {
    if (!is_sign(sign)) {
        return false;
    }
    std::ignore = take();
    return true;
}

bool ParseState::complain(Place place, std::string what, std::string remedy) {
    if (!problem) {
        problem = Problem{place, std::move(what), std::move(remedy)};
    }
    return false;
}

bool ParseState::need_sign(std::string_view sign, std::string_view after) {
    return skip_sign(sign) ||
           complain(peek().place, std::format("{} stands where \"{}\" must follow {}", shown(peek()), sign, after),
                    std::format("write \"{}\"", sign));
}

bool ParseState::need_word(std::string_view word, std::string_view after) {
    return skip_word(word) ||
           complain(peek().place, std::format("{} stands where \"{}\" must follow {}", shown(peek()), word, after),
                    std::format("write \"{}\"", word));
}

bool ParseState::need_word_of(std::string_view what, std::string& name, bool upper) {
    if (peek().kind != Token::Kind::kWord) {
        return complain(peek().place, std::format("{} stands where {} needs its name", shown(peek()), what),
                        "write a name");
    }
    const Token token = take();
    if (upper ? !is_camel(token.text) : !is_snake(token.text)) {
        return complain(token.place, std::format("\"{}\" is no name for {}", token.text, what),
                        upper ? "write it in CamelCase, without underscores"
                              : "write it in lower_case, with single underscores between words");
    }
    if (std::ranges::binary_search(kReserved, std::string_view{token.text})) {
        return complain(token.place, std::format("\"{}\" has a meaning of its own in the generated code", token.text),
                        "choose another name");
    }
    name = token.text;
    return true;
}

bool ParseState::need_name(std::string_view what, std::string& name) { return need_word_of(what, name, false); }
bool ParseState::need_type_name(std::string_view what, std::string& name) { return need_word_of(what, name, true); }

bool ParseState::need_number(std::string_view what, Number& number) {
    if (peek().kind != Token::Kind::kNumber) {
        return complain(peek().place, std::format("{} stands where {} needs a number", shown(peek()), what),
                        "write a number");
    }
    const Token token = take();
    if (!token.text.starts_with("0x") && !token.text.starts_with("-0x") &&
        token.text.find_first_of(".eE") != std::string::npos) {
        double real = 0;
        const auto [end, error] = std::from_chars(token.text.data(), token.text.data() + token.text.size(), real);
        if (error != std::errc{} || end != token.text.data() + token.text.size() || !std::isfinite(real)) {
            return complain(token.place, "a number outside of what f64 holds", "write a smaller one");
        }
        number = real;
        return true;
    }
    const std::optional<Integer> integer = integer_of(token.text);
    if (!integer) {
        return complain(token.place, "a number outside of 64 bits", "write a smaller one");
    }
    number = *integer;
    return true;
}

bool ParseState::need_count(std::string_view what, std::uint64_t min, std::uint64_t max, std::uint64_t& count) {
    const Place place = peek().place;
    Number number = Integer{};
    if (peek().kind == Token::Kind::kWord) {
        const Token token = take();
        const auto limit = std::ranges::find(interface.limits, token.text, &Limit::name);
        if (limit == interface.limits.end()) {
            return complain(place, std::format("no limit is called \"{}\"", token.text),
                            "write a number, or declare the limit above");
        }
        number = Integer{false, limit->value};
    } else if (!need_number(what, number)) {
        return false;
    }
    const auto* integer = std::get_if<Integer>(&number);
    if (integer == nullptr || integer->negative || integer->magnitude < min || integer->magnitude > max) {
        return complain(place, std::format("{} is {}", what, to_text(number)),
                        std::format("use a whole number from {} to {}", min, max));
    }
    count = integer->magnitude;
    return true;
}

// The words divide "1.2" as a decimal number; what was written counts, so that 1.10 is not 1.1.
bool ParseState::need_version(std::uint16_t& major, std::uint16_t& minor) {
    const Token token = take();
    const std::string& text = token.text;
    const std::size_t dot = text.find('.');
    if (token.kind == Token::Kind::kNumber && dot != std::string::npos) {
        const char* const middle = text.data() + dot;
        const char* const end = text.data() + text.size();
        const auto first = std::from_chars(text.data(), middle, major);
        const auto second = std::from_chars(middle + 1, end, minor);
        if (first.ec == std::errc{} && first.ptr == middle && second.ec == std::errc{} && second.ptr == end &&
            major != 0) {
            return true;
        }
    }
    return complain(token.place, std::format("{} is no version", shown(token)),
                    "write MAJOR.MINOR, such as 1.0; each at most 65535, MAJOR at least 1");
}

bool ParseState::read_since(std::uint16_t& minor) {
    if (!skip_word("since")) {
        return true;
    }
    const Place place = peek().place;
    std::uint16_t major = 0;
    if (!need_version(major, minor)) {
        return false;
    }
    if (major != interface.major || minor == 0 || minor > interface.minor) {
        return complain(place,
                        std::format("\"since {}.{}\" in version {}.{} of the interface", major, minor, interface.major,
                                    interface.minor),
                        std::format("name a minor version from {0}.1 to {0}.{1}, or raise the interface's version",
                                    interface.major, std::max<std::uint16_t>(interface.minor, 1)));
    }
    return true;
}

const StructType* ParseState::find_struct(std::string_view name) const noexcept {
    const auto found = std::ranges::find(interface.structs, name, &StructType::name);
    return found == interface.structs.end() ? nullptr : &*found;
}

bool ParseState::need_body(std::size_t bytes_max, std::size_t& index) {
    const Token token = take();
    const StructType* const found = token.kind == Token::Kind::kWord ? find_struct(token.text) : nullptr;
    if (found == nullptr) {
        return complain(token.place, std::format("{} is no struct of this file", shown(token)),
                        "name a struct that is declared above");
    }
    if (found->bytes > bytes_max) {
        return complain(
            token.place,
            std::format("{} has {} bytes, at most {} are possible here", found->name, found->bytes, bytes_max),
            "make its strings, bytes or arrays smaller");
    }
    index = static_cast<std::size_t>(found - interface.structs.data());
    return true;
}

bool ParseState::need_side(Side& side) {
    if (skip_word("client")) {
        side = Side::kClient;
        return true;
    }
    if (skip_word("server")) {
        side = Side::kServer;
        return true;
    }
    return complain(peek().place, std::format("{} is no side of a channel", shown(peek())),
                    "write \"client\" (who opens the channel) or \"server\" (who offers the service)");
}

} // namespace zeta::idlgen
