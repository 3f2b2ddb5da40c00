// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/idl/lexer.hpp"

#include <algorithm>
#include <format>

namespace zeta::idlgen {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
int hex_value(char c) noexcept {
    if (is_digit(c)) {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : (c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1);
}
bool is_hex(char c) noexcept { return hex_value(c) >= 0; }

/// A byte for an error line: control characters and half characters would spoil it.
std::string shown(char c) {
    return c > ' ' && c < '\x7f' ? std::format("'{}'", c) : std::format("byte 0x{:02x}", static_cast<unsigned char>(c));
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    std::expected<Tokens, Problem> run() {
        if (text_.size() > kFileBytesMax) {
            complain({}, std::format("the file has {} bytes, at most {} are read", text_.size(), kFileBytesMax),
                     "divide the interface");
        }
        while (!problem_ && skip_space()) {
            one();
        }
        if (problem_) {
            return std::unexpected(*problem_);
        }
        add(Token::Kind::kEnd, place_, "");
        return std::move(tokens_);
    }

private:
    [[nodiscard]] char at(std::size_t ahead = 0) const noexcept {
        return next_ + ahead < text_.size() ? text_[next_ + ahead] : '\0';
    }
    [[nodiscard]] bool more() const noexcept { return next_ < text_.size(); }
    void step() noexcept {
        if (text_[next_++] == '\n') {
            ++place_.line;
            place_.column = 1;
        } else {
            ++place_.column;
        }
    }
    void complain(Place place, std::string what, std::string remedy) {
        if (!problem_) {
            problem_ = Problem{place, std::move(what), std::move(remedy)};
        }
    }
    void add(Token::Kind kind, Place place, std::string text) {
        tokens_.list.push_back({kind, place, std::move(text), std::move(doc_)});
        doc_.clear();
    }

    // False at the end of the file.
    bool skip_space() {
        while (more() && !problem_) {
            const char c = at();
            if (c == '#') {
                comment();
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                step();
            } else {
                return true;
            }
        }
        return false;
    }

    void comment() {
        const Place place = place_;
        const std::size_t begin = next_;
        while (more() && at() != '\n') {
            step();
        }
        std::string_view line = text_.substr(begin, next_ - begin);
        const bool is_doc = line.starts_with("##");
        line.remove_prefix(is_doc ? 2 : 1);
        // A backslash at the end would join the next line to the comment in C++.
        while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '\\')) {
            line.remove_suffix(1);
        }
        if (line.starts_with(' ')) {
            line.remove_prefix(1);
        }
        if (std::ranges::any_of(line, [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; })) {
            complain(place, "a control character in a comment", "remove it");
        } else if (is_doc) {
            doc_.emplace_back(line);
        } else if (tokens_.list.empty() && line.starts_with("SPDX-")) {
            tokens_.licence.emplace_back(line);
        }
    }

    void one() {
        const char c = at();
        if (is_letter(c)) {
            word();
        } else if (is_digit(c) || (c == '-' && is_digit(at(1)))) {
            number();
        } else if (c == '"') {
            string();
        } else if (c == '.' && at(1) == '.') {
            const Place place = place_;
            step();
            step();
            add(Token::Kind::kSign, place, "..");
        } else if (std::string_view{"{}[]<>:;=."}.contains(c)) {
            const Place place = place_;
            step();
            add(Token::Kind::kSign, place, std::string{c});
        } else {
            complain(place_, std::format("{} has no meaning here", shown(c)), "remove it");
        }
    }

    void word() {
        const Place place = place_;
        const std::size_t begin = next_;
        while (is_letter(at()) || is_digit(at())) {
            step();
        }
        if (next_ - begin > kNameBytesMax) {
            complain(place, std::format("a name of {} letters", next_ - begin),
                     std::format("use at most {}", kNameBytesMax));
        }
        add(Token::Kind::kWord, place, std::string{text_.substr(begin, next_ - begin)});
    }

    void digits() {
        while (is_digit(at())) {
            step();
        }
    }

    // 12, -3, 0x1f, 1.5, 2e9. In 0..5 the number ends before the dots.
    void number() {
        const Place place = place_;
        const std::size_t begin = next_;
        if (at() == '-') {
            step();
        }
        if (at() == '0' && at(1) == 'x' && is_hex(at(2))) {
            step();
            step();
            while (is_hex(at())) {
                step();
            }
        } else {
            digits();
            if (at() == '.' && is_digit(at(1))) {
                step();
                digits();
            }
            const std::size_t sign = at(1) == '-' || at(1) == '+' ? 2 : 1;
            if ((at() == 'e' || at() == 'E') && is_digit(at(sign))) {
                for (std::size_t i = 0; i < sign; ++i) {
                    step();
                }
                digits();
            }
        }
        if (is_letter(at()) || is_digit(at())) {
            complain(place, "letters directly after a number", "write a space between them, or correct the number");
        }
        add(Token::Kind::kNumber, place, std::string{text_.substr(begin, next_ - begin)});
    }

    void string() {
        const Place place = place_;
        std::string bytes;
        step();
        while (more() && at() != '"' && at() != '\n') {
            if (at() == '\\') {
                escape(bytes);
            } else {
                bytes += at();
                step();
            }
            if (problem_) {
                return;
            }
        }
        if (at() != '"') {
            complain(place, "a string without an end", "close it with \" on the same line");
            return;
        }
        step();
        add(Token::Kind::kString, place, std::move(bytes));
    }

    void escape(std::string& bytes) {
        const Place place = place_;
        step();
        const char c = at();
        if (c == 'x' && is_hex(at(1)) && is_hex(at(2))) {
            bytes += static_cast<char>(hex_value(at(1)) * 16 + hex_value(at(2)));
            step();
            step();
            step();
            return;
        }
        const std::string_view known = "\\\"nt";
        const std::size_t which = known.find(c);
        if (which == std::string_view::npos || !more()) {
            complain(place, "an unknown escape in a string",
                     "use \\\\, \\\", \\n, \\t or \\x and two hexadecimal digits");
            return;
        }
        bytes += "\\\"\n\t"[which];
        step();
    }

    std::string_view text_;
    std::size_t next_{0};
    Place place_;
    Tokens tokens_;
    std::vector<std::string> doc_;
    std::optional<Problem> problem_;
};

} // namespace

std::expected<Tokens, Problem> tokenize(std::string_view text) { return Lexer{text}.run(); }

} // namespace zeta::idlgen
