// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the parts of the parser share: the place in the words, the interface so far, the first problem.
// Layer 1; private to the parser.

#include "figcom-vbus/idl/lexer.hpp"

namespace zeta::idlgen {

/// Every method that returns bool says whether the parse may go on; the first complaint is kept.
class ParseState {
public:
    explicit ParseState(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    [[nodiscard]] const Token& peek() const noexcept { return tokens_[next_]; }
    Token take() {
        const Token token = tokens_[next_];
        next_ += next_ + 1 < tokens_.size() ? 1 : 0; // the end stays
        return token;
    }
    [[nodiscard]] bool is_word(std::string_view word) const noexcept {
        return peek().kind == Token::Kind::kWord && peek().text == word;
    }
    [[nodiscard]] bool is_sign(std::string_view sign) const noexcept {
        return peek().kind == Token::Kind::kSign && peek().text == sign;
    }
    /// Takes it if it is there.
    bool skip_word(std::string_view word);
    bool skip_sign(std::string_view sign);

    bool complain(Place place, std::string what, std::string remedy);
    /// "after WHAT, SIGN is missing".
    bool need_sign(std::string_view sign, std::string_view after);
    bool need_word(std::string_view word, std::string_view after);
    /// A lower_case name that C++ and Python can have.
    bool need_name(std::string_view what, std::string& name);
    /// A CamelCase name.
    bool need_type_name(std::string_view what, std::string& name);
    bool need_number(std::string_view what, Number& number);
    /// A whole number, or the name of a limit, between `min` and `max`.
    bool need_count(std::string_view what, std::uint64_t min, std::uint64_t max, std::uint64_t& count);
    /// MAJOR.MINOR
    bool need_version(std::uint16_t& major, std::uint16_t& minor);
    /// "since MAJOR.MINOR", or nothing.
    bool read_since(std::uint16_t& minor);

    [[nodiscard]] const StructType* find_struct(std::string_view name) const noexcept;
    /// A struct for messages: `index` of it.
    bool need_body(std::size_t bytes_max, std::size_t& index);
    bool need_side(Side& side);

    Interface interface;
    std::optional<Problem> problem;

private:
    bool need_word_of(std::string_view what, std::string& name, bool upper);
    std::vector<Token> tokens_;
    std::size_t next_{0};
};

/// A declaration; its first word was taken, `doc` stood before it.
bool parse_enum(ParseState& state, std::vector<std::string> doc);
bool parse_struct(ParseState& state, std::vector<std::string> doc);
bool parse_service(ParseState& state, std::vector<std::string> doc);

/// Whether an enum or a struct has this name.
[[nodiscard]] bool type_exists(const Interface& interface, std::string_view name) noexcept;

/// Sets a field's range and its first value; both are checked against its type.
bool parse_range(ParseState& state, Field& field);
bool parse_default(ParseState& state, Field& field);
/// A field that older senders leave out needs a valid value without them.
bool check_absent(ParseState& state, const Field& field);

} // namespace zeta::idlgen
