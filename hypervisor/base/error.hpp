// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What went wrong, in 64 bytes and without the heap. Layer 0: everything above
// returns it through zeta::Result (result.hpp).

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>

namespace zeta {

/// Closed list; the numbers are stable because they cross process boundaries.
enum class ErrorCode : std::uint16_t {
    kInternal = 1,          ///< a bug of ours
    kInvalidArgument = 2,   ///< the caller's value is outside its range
    kNotFound = 3,          ///< the named object does not exist
    kAlreadyExists = 4,     ///< the name is taken
    kPermissionDenied = 5,  ///< the caller may not do this
    kUnavailable = 6,       ///< the other side is not there now; trying again may work
    kTimeout = 7,           ///< a deadline passed
    kResourceExhausted = 8, ///< a named limit was reached
    kUnsupported = 9,       ///< this version or machine cannot do it
    kCorrupt = 10,          ///< bytes from outside broke their format
    kClosed = 11,           ///< the object was closed or its peer is gone
    kInterrupted = 12,      ///< cancelled before it was done
    kConflict = 13,         ///< the object's state forbids it
    kIo = 14,               ///< the operating system failed to read or write
};

/// Which part of the system reported the failure first.
enum class ErrorOrigin : std::uint8_t {
    kSelf = 0,
    kHypervisor = 1,
    kKernel = 2,
    kLibvirt = 3,
    kBus = 4,
    kBlock = 5,
    kXenStore = 6,
    kStore = 7,
};

/// Trivially copyable. `operation` points at a string literal, never at the heap.
struct Error {
    ErrorCode code{ErrorCode::kInternal};
    ErrorOrigin origin{ErrorOrigin::kSelf};
    std::int32_t native{0}; ///< errno, libvirt's or SQLite's number; 0 where there is none
    const char* operation{""};
    std::source_location where{};
};
static_assert(std::is_trivially_copyable_v<Error>);
static_assert(sizeof(Error) <= 64);

/// An error of our own, without a native number.
[[nodiscard]] Error make_error(ErrorCode code, const char* operation,
                               std::source_location where = std::source_location::current()) noexcept;

/// An error from a C boundary. `error_number` is a positive errno value.
[[nodiscard]] Error from_errno(int error_number, const char* operation, ErrorOrigin origin = ErrorOrigin::kKernel,
                               std::source_location where = std::source_location::current()) noexcept;

/// Stable lower-case name, such as "not-found"; "unknown" for a number outside the list.
[[nodiscard]] std::string_view name(ErrorCode code) noexcept;
[[nodiscard]] std::string_view name(ErrorOrigin origin) noexcept;

/// One line for people: operation, reason, and the native reason where there is one.
[[nodiscard]] std::string describe(const Error& error);

} // namespace zeta
