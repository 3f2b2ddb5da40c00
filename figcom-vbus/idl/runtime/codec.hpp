// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Values to bytes and back: little-endian, packed, every byte checked. Layer 1; the headers that figcom-idl
// makes add a Codec for each of their structs and enums. Bytes were copied out of the peer's reach before.

#include "figcom-vbus/idl/runtime/value.hpp"

#include <bit>
#include <cstring>
#include <type_traits>

namespace zeta::figcom::idl {

inline constexpr std::size_t kHeadBytes = 8; ///< u16 major, u16 minor, u32 request; before every body

/// What a message says of its version. `request` pairs a reply with its request; 0 in other messages.
struct Head {
    std::uint16_t major{0};
    std::uint16_t minor{0};
    std::uint32_t request{0};
};

/// How long a body was at a minor version and later.
struct Growth {
    std::uint16_t minor;
    std::size_t bytes;
};

/// kBytes, put(at, value), load(at, minor, value) and check(value) for each type that a field may have.
/// `at` has kBytes readable (of a body: those of its version) or writable bytes.
template <typename T>
struct Codec;

template <typename T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
struct Codec<T> {
    static constexpr std::size_t kBytes = sizeof(T);
    static void put(std::byte* at, T value) noexcept {
        if constexpr (std::endian::native == std::endian::big) {
            value = std::byteswap(value);
        }
        std::memcpy(at, &value, sizeof value);
    }
    [[nodiscard]] static Fault load(const std::byte* at, std::uint16_t /*minor*/, T& value) noexcept {
        std::memcpy(&value, at, sizeof value);
        if constexpr (std::endian::native == std::endian::big) {
            value = std::byteswap(value);
        }
        return {};
    }
    [[nodiscard]] static constexpr Fault check(T /*value*/) noexcept { return {}; }
};

template <>
struct Codec<bool> {
    static constexpr std::size_t kBytes = 1;
    static void put(std::byte* at, bool value) noexcept { *at = value ? std::byte{1} : std::byte{0}; }
    [[nodiscard]] static Fault load(const std::byte* at, std::uint16_t /*minor*/, bool& value) noexcept {
        if (*at > std::byte{1}) {
            return {.code = FaultCode::kRange};
        }
        value = *at == std::byte{1};
        return {};
    }
    [[nodiscard]] static constexpr Fault check(bool /*value*/) noexcept { return {}; }
};

/// IEEE 754, every bit pattern; a range excludes what is not a number.
template <typename T>
    requires(std::is_same_v<T, float> || std::is_same_v<T, double>)
struct Codec<T> {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    static_assert(sizeof(Bits) == sizeof(T));
    static constexpr std::size_t kBytes = sizeof(T);
    static void put(std::byte* at, T value) noexcept { Codec<Bits>::put(at, std::bit_cast<Bits>(value)); }
    [[nodiscard]] static Fault load(const std::byte* at, std::uint16_t minor, T& value) noexcept {
        Bits bits{};
        const Fault fault = Codec<Bits>::load(at, minor, bits);
        value = std::bit_cast<T>(bits);
        return fault;
    }
    [[nodiscard]] static constexpr Fault check(T /*value*/) noexcept { return {}; }
};

template <std::size_t kCapacity>
struct Codec<BoundedBytes<kCapacity>> {
    static constexpr std::size_t kBytes = 2 + kCapacity;
    static void put(std::byte* at, const BoundedBytes<kCapacity>& value) noexcept {
        Codec<std::uint16_t>::put(at, static_cast<std::uint16_t>(value.length()));
        std::memset(at + 2, 0, kCapacity);
        std::ranges::copy(value.bytes(), at + 2);
    }
    [[nodiscard]] static Fault load(const std::byte* at, std::uint16_t minor, BoundedBytes<kCapacity>& value) noexcept {
        std::uint16_t length = 0;
        std::ignore = Codec<std::uint16_t>::load(at, minor, length);
        if (length > kCapacity || !value.assign({at + 2, length})) {
            return {.code = FaultCode::kBound};
        }
        return {};
    }
    [[nodiscard]] static constexpr Fault check(const BoundedBytes<kCapacity>& /*value*/) noexcept { return {}; }
};

template <std::size_t kCapacity>
struct Codec<BoundedString<kCapacity>> {
    static constexpr std::size_t kBytes = 2 + kCapacity;
    static void put(std::byte* at, const BoundedString<kCapacity>& value) noexcept {
        Codec<std::uint16_t>::put(at, static_cast<std::uint16_t>(value.length()));
        std::memset(at + 2, 0, kCapacity);
        std::ranges::copy(std::as_bytes(std::span{value.view()}), at + 2);
    }
    [[nodiscard]] static Fault load(const std::byte* at, std::uint16_t minor,
                                    BoundedString<kCapacity>& value) noexcept {
        std::uint16_t length = 0;
        std::ignore = Codec<std::uint16_t>::load(at, minor, length);
        if (length > kCapacity || !value.assign({reinterpret_cast<const char*>(at + 2), length})) {
            return {.code = FaultCode::kBound};
        }
        return {};
    }
    [[nodiscard]] static constexpr Fault check(const BoundedString<kCapacity>& /*value*/) noexcept { return {}; }
};

template <typename T, std::size_t kCount>
struct Codec<std::array<T, kCount>> {
    static constexpr std::size_t kBytes = Codec<T>::kBytes * kCount;
    static void put(std::byte* at, const std::array<T, kCount>& value) noexcept {
        for (std::size_t i = 0; i < kCount; ++i) {
            Codec<T>::put(at + i * Codec<T>::kBytes, value[i]);
        }
    }
    [[nodiscard]] static Fault load(const std::byte* at, std::uint16_t minor, std::array<T, kCount>& value) noexcept {
        for (std::size_t i = 0; i < kCount; ++i) {
            if (const Fault fault = Codec<T>::load(at + i * Codec<T>::kBytes, minor, value[i])) {
                return fault;
            }
        }
        return {};
    }
    [[nodiscard]] static constexpr Fault check(const std::array<T, kCount>& value) noexcept {
        for (const T& one : value) {
            if (const Fault fault = Codec<T>::check(one)) {
                return fault;
            }
        }
        return {};
    }
};

/// Base of the codecs of enums, which add is_known() and kOpen. Any number of the type is a value of the enum,
/// so that none is undefined.
template <typename T, typename Derived>
struct EnumCodec {
    using Number = std::underlying_type_t<T>;
    static constexpr std::size_t kBytes = sizeof(Number);
    static void put(std::byte* at, T value) noexcept { Codec<Number>::put(at, static_cast<Number>(value)); }
    [[nodiscard]] static Fault load(const std::byte* at, std::uint16_t minor, T& value) noexcept {
        Number number{};
        const Fault fault = Codec<Number>::load(at, minor, number);
        value = static_cast<T>(number);
        return fault;
    }
    [[nodiscard]] static constexpr Fault check(T value) noexcept {
        return Derived::kOpen || Derived::is_known(value) ? Fault{} : Fault{.code = FaultCode::kEnum};
    }
};

/// Whether each number lies in low…high; what is not a number does not.
template <typename T>
[[nodiscard]] constexpr bool in_range(const T& value, std::type_identity_t<T> low,
                                      std::type_identity_t<T> high) noexcept {
    return value >= low && value <= high;
}
template <typename T, std::size_t kCount>
[[nodiscard]] constexpr bool in_range(const std::array<T, kCount>& values, std::type_identity_t<T> low,
                                      std::type_identity_t<T> high) noexcept {
    return std::ranges::all_of(values, [&](const T& value) { return in_range(value, low, high); });
}

/// Writes head and body. `at` has kHeadBytes + Codec<T>::kBytes bytes.
/// Returns what is wrong with `body`; then nothing was written.
template <typename T>
[[nodiscard]] Fault encode(std::byte* at, const Head& head, const T& body) noexcept {
    if (const Fault fault = Codec<T>::check(body)) {
        return fault;
    }
    Codec<std::uint16_t>::put(at, head.major);
    Codec<std::uint16_t>::put(at + 2, head.minor);
    Codec<std::uint32_t>::put(at + 4, head.request);
    Codec<T>::put(at + kHeadBytes, body);
    return {};
}

/// The versions that a reader expects.
struct Expected {
    std::uint16_t major; ///< ours
    std::uint16_t minor; ///< ours
    std::uint16_t since; ///< the minor version that brought this message
};

/// The head of any message of an interface of `ours`.
/// Faults: kLength there is none; kMajor.
[[nodiscard]] inline Fault read_head(std::span<const std::byte> payload, std::uint16_t ours, Head& head) noexcept {
    if (payload.size() < kHeadBytes) {
        return {.code = FaultCode::kLength, .where = "head"};
    }
    std::ignore = Codec<std::uint16_t>::load(payload.data(), 0, head.major);
    std::ignore = Codec<std::uint16_t>::load(payload.data() + 2, 0, head.minor);
    std::ignore = Codec<std::uint32_t>::load(payload.data() + 4, 0, head.request);
    if (head.major != ours) {
        return {.code = FaultCode::kMajor, .where = "head", .theirs = head.major, .ours = ours};
    }
    return {};
}

/// Reads head and body of hostile bytes. Fields that the sender's version does not have keep their first
/// values; what a newer sender has added is not looked at. Of a fault, `body` is unspecified.
/// Faults: all but kSide, kUnknown and kBus.
template <typename T>
[[nodiscard]] Fault decode(std::span<const std::byte> payload, const Expected& expected, Head& head, T& body) noexcept {
    if (const Fault fault = read_head(payload, expected.major, head)) {
        return fault;
    }
    if (head.minor < expected.since) {
        return {.code = FaultCode::kTooNew, .where = Codec<T>::kName, .theirs = head.minor, .ours = expected.since};
    }
    std::size_t bytes = 0;
    for (const Growth& growth : Codec<T>::kGrowth) {
        bytes = growth.minor <= head.minor ? growth.bytes : bytes;
    }
    const std::span<const std::byte> rest = payload.subspan(kHeadBytes);
    const bool newer = head.minor > expected.minor;
    if (newer ? rest.size() < bytes : rest.size() != bytes) {
        return {.code = FaultCode::kLength, .where = Codec<T>::kName};
    }
    body = T{};
    if (const Fault fault = Codec<T>::load(rest.data(), head.minor, body)) {
        return fault.in(Codec<T>::kName);
    }
    return Codec<T>::check(body);
}

} // namespace zeta::figcom::idl
