// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words of an interface file. Layer 1; the parser calls it.

#include "figcom-vbus/idl/model.hpp"

#include <expected>

namespace zeta::idlgen {

struct Token {
    enum class Kind : std::uint8_t { kWord, kNumber, kString, kSign, kEnd };
    Kind kind{Kind::kEnd};
    Place place;
    std::string text;             ///< as written; of a string its bytes
    std::vector<std::string> doc; ///< the lines of ## that stand directly before it
};

struct Tokens {
    std::vector<std::string> licence;
    std::vector<Token> list; ///< its last one is kEnd
};

/// Divides a whole file. Any bytes are safe.
[[nodiscard]] std::expected<Tokens, Problem> tokenize(std::string_view text);

} // namespace zeta::idlgen
