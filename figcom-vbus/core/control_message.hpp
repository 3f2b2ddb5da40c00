// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Fixed-layout payloads of wire/control.h as values: checked size, checked names. Layer 1;
// the broker and the agents call it on bytes that were already copied out of a peer's reach.

#include "figcom-vbus/wire/control.h"
#include "hypervisor/base/result.hpp"

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace zeta::figcom {

/// Errors: kCorrupt the payload has not exactly the structure's size.
template <typename T>
[[nodiscard]] Result<T> read_payload(std::span<const std::byte> payload) noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    if (payload.size() != sizeof(T)) {
        return fail(ErrorCode::kCorrupt, "read a control message: wrong size");
    }
    T value;
    std::memcpy(&value, payload.data(), sizeof value);
    return value;
}

template <typename T>
[[nodiscard]] std::span<const std::byte> as_payload(const T& value) noexcept {
    static_assert(std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>);
    return std::as_bytes(std::span{&value, 1});
}

/// Letters, digits, '.', '-', '_', at least one; what guests, endpoints and services may be called.
[[nodiscard]] bool is_name(std::string_view text) noexcept;

/// A NUL-terminated name field.
/// Errors: kCorrupt no terminator, empty, or a character that no name may hold.
[[nodiscard]] Result<std::string> read_name(const char (&field)[FIGCOM_NAME_BYTES]);

/// Errors: kInvalidArgument no name, or too long for the field.
[[nodiscard]] Result<void> write_name(char (&field)[FIGCOM_NAME_BYTES], std::string_view name) noexcept;

} // namespace zeta::figcom
