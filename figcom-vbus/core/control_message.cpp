// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/control_message.hpp"

#include <algorithm>

namespace zeta::figcom {

bool is_name(std::string_view text) noexcept {
    return !text.empty() && text.size() < FIGCOM_NAME_BYTES &&
           std::ranges::all_of(
               text,
               [](char c) {
                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                          c == '-' || c == '_';
               });
}

Result<std::string> read_name(const char (&field)[FIGCOM_NAME_BYTES]) {
    const std::string_view whole{static_cast<const char*>(field), FIGCOM_NAME_BYTES};
    const std::string_view name = whole.substr(0, whole.find('\0'));
    if (!is_name(name)) {
        return fail(ErrorCode::kCorrupt, "read a control message: malformed name");
    }
    return std::string{name};
}

Result<void> write_name(char (&field)[FIGCOM_NAME_BYTES], std::string_view name) noexcept {
    if (!is_name(name)) {
        return fail(ErrorCode::kInvalidArgument, "write a control message: malformed name");
    }
    std::ranges::fill(field, '\0');
    std::ranges::copy(name, static_cast<char*>(field));
    return {};
}

} // namespace zeta::figcom
