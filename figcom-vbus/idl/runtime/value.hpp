// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What generated structs are made of, and what can be wrong with bytes that claim to be one. Layer 1;
// included by the headers that figcom-idl makes.

#include "hypervisor/base/error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace zeta::figcom::idl {

enum class FaultCode : std::uint8_t {
    kNone = 0,
    kMajor,   ///< the sender speaks another major version
    kLength,  ///< the message has not the length of its version
    kBound,   ///< a string, or bytes, longer than its capacity
    kRange,   ///< a number outside of its range; a bool that is neither 0 nor 1
    kEnum,    ///< a value that a closed enum does not have
    kTooNew,  ///< a message of a later version than its sender speaks
    kSide,    ///< a message that the other side sends, or that came on another stream
    kUnknown, ///< a message type that this version does not know
    kBus,     ///< the channel itself failed: `error`
};

/// Stable lower-case name, such as "length".
[[nodiscard]] constexpr std::string_view name(FaultCode code) noexcept {
    constexpr std::array<std::string_view, 10> kNames{"none", "major",   "length", "bound",   "range",
                                                      "enum", "too-new", "side",   "unknown", "bus"};
    const auto index = static_cast<std::size_t>(code);
    return index < kNames.size() ? kNames[index] : "unknown";
}

/// Why a message was refused; nothing where it is good. Trivially copyable, no heap.
struct Fault {
    FaultCode code{FaultCode::kNone};
    const char* where{""};   ///< "Struct.field", a literal
    std::uint16_t theirs{0}; ///< of kMajor and kTooNew: the sender's version
    std::uint16_t ours{0};   ///< of kMajor: our version; of kTooNew: the version that brought the message
    Error error{};           ///< of kBus

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return code != FaultCode::kNone; }
    /// The same, naming the innermost field only.
    [[nodiscard]] constexpr Fault in(const char* field) const noexcept {
        Fault fault = *this;
        fault.where = *where == '\0' ? field : where;
        return fault;
    }
};

/// One line for people, both version numbers included.
[[nodiscard]] inline std::string describe(const Fault& fault) {
    const std::string where{fault.where};
    switch (fault.code) {
    case FaultCode::kNone:
        return "no fault";
    case FaultCode::kMajor:
        return "the sender speaks major version " + std::to_string(fault.theirs) + ", this program " +
               std::to_string(fault.ours) + "; update the older one";
    case FaultCode::kLength:
        return where + ": the message has not the length of its version";
    case FaultCode::kBound:
        return where + ": longer than its capacity";
    case FaultCode::kRange:
        return where + ": outside of its range";
    case FaultCode::kEnum:
        return where + ": not a value of its closed enum";
    case FaultCode::kTooNew:
        return where + ": exists since minor version " + std::to_string(fault.ours) + ", its sender speaks " +
               std::to_string(fault.theirs);
    case FaultCode::kSide:
        return where + ": came from the wrong side or on the wrong stream";
    case FaultCode::kUnknown:
        return "a message type that this version does not know";
    case FaultCode::kBus:
        return zeta::describe(fault.error);
    }
    return "unknown fault";
}

/// At most `kCapacity` bytes, in place. Any bytes: no encoding is looked at.
template <std::size_t kCapacity>
class BoundedBytes {
    static_assert(kCapacity >= 1 && kCapacity <= 65535);

public:
    static constexpr std::size_t kBytesMax = kCapacity;

    constexpr BoundedBytes() = default;

    /// False, and nothing changes, where `bytes` is longer than the capacity.
    [[nodiscard]] constexpr bool assign(std::span<const std::byte> bytes) noexcept {
        if (bytes.size() > kCapacity) {
            return false;
        }
        std::ranges::copy(bytes, bytes_.begin());
        std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(bytes.size()), bytes_.end(), std::byte{0});
        length_ = static_cast<std::uint16_t>(bytes.size());
        return true;
    }
    [[nodiscard]] constexpr std::span<const std::byte> bytes() const noexcept {
        return std::span{bytes_}.first(length_);
    }
    [[nodiscard]] constexpr std::size_t length() const noexcept { return length_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return length_ == 0; }
    friend constexpr bool operator==(const BoundedBytes&, const BoundedBytes&) = default;

private:
    // Zero beyond the length, so that equality is equality of the contents and no old bytes travel.
    std::array<std::byte, kCapacity> bytes_{};
    std::uint16_t length_{0};
};

/// The same for text, in whatever encoding.
template <std::size_t kCapacity>
class BoundedString {
    static_assert(kCapacity >= 1 && kCapacity <= 65535);

public:
    static constexpr std::size_t kBytesMax = kCapacity;

    constexpr BoundedString() = default;
    /// Of a literal that fits, which the compiler checks.
    template <std::size_t kLength>
        requires(kLength <= kCapacity + 1)
    constexpr explicit BoundedString(const char (&literal)[kLength]) noexcept {
        std::ignore = assign({static_cast<const char*>(literal), kLength - 1});
    }

    /// False, and nothing changes, where `text` is longer than the capacity.
    [[nodiscard]] constexpr bool assign(std::string_view text) noexcept {
        if (text.size() > kCapacity) {
            return false;
        }
        std::ranges::copy(text, text_.begin());
        std::fill(text_.begin() + static_cast<std::ptrdiff_t>(text.size()), text_.end(), '\0');
        length_ = static_cast<std::uint16_t>(text.size());
        return true;
    }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), length_}; }
    [[nodiscard]] constexpr std::size_t length() const noexcept { return length_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return length_ == 0; }
    friend constexpr bool operator==(const BoundedString&, const BoundedString&) = default;
    friend constexpr bool operator==(const BoundedString& a, std::string_view b) noexcept { return a.view() == b; }

private:
    std::array<char, kCapacity> text_{}; // zero beyond the length
    std::uint16_t length_{0};
};

} // namespace zeta::figcom::idl
