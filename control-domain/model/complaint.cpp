// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/model/complaint.hpp"

#include <format>

namespace zeta {

std::string printable(std::string_view text, std::size_t limit_bytes) {
    std::string out(text.substr(0, limit_bytes));
    for (char& letter : out) {
        const auto code = static_cast<unsigned char>(letter);
        if (code < 0x20 || code == 0x7f) {
            letter = code == '\n' || code == '\t' ? ' ' : '?';
        }
    }
    if (text.size() > limit_bytes) {
        // A cut must not leave half a character behind.
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0U) == 0x80U) {
            out.pop_back();
        }
        if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xc0U) {
            out.pop_back();
        }
        out += "...";
    }
    return out;
}

std::unexpected<Complaint> refuse(ErrorCode code, std::string_view text) {
    return std::unexpected(Complaint{code, printable(text)});
}

Complaint prefixed(std::string_view prefix, const Complaint& complaint) {
    return {complaint.code, printable(std::format("{}: {}", prefix, complaint.text))};
}

} // namespace zeta
