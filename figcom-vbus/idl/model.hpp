// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an interface file says, resolved and laid out. Layer 1; made by the parser, read by the writers of
// C++, Python and JSON and by the comparison. docs/reference/figcom-idl.md has the language.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace zeta::idlgen {

inline constexpr std::size_t kFileBytesMax = 256 * 1024;
inline constexpr std::size_t kNameBytesMax = 48;
inline constexpr std::size_t kLimitsMax = 256;
inline constexpr std::size_t kTypesMax = 256; ///< enums and structs together
inline constexpr std::size_t kFieldsMax = 256;
inline constexpr std::size_t kEnumValuesMax = 1024;
inline constexpr std::size_t kServicesMax = 16; ///< as many as one program may offer (BusClient::kServicesMax)
inline constexpr std::size_t kMessagesMax = 256;
inline constexpr std::uint32_t kStreamsMax = 8;         ///< FIGCOM_PRIORITIES_MAX
inline constexpr std::uint32_t kStatesMax = 64;         ///< of each side; FIGCOM_STATES_MAX has room for more
inline constexpr std::uint32_t kCopiesMax = 16;         ///< RedundantWriter::kReplicasMax
inline constexpr std::uint32_t kMessageNumberMin = 256; ///< smaller ones are FIGCOM's own
inline constexpr std::uint32_t kMessageNumberMax = 65535;
inline constexpr std::size_t kHeadBytes = 8; ///< before every body: major, minor, request
inline constexpr std::size_t kBodyBytesMax = 16384 - kHeadBytes;
inline constexpr std::size_t kRecordBytesMax = 4096 - kHeadBytes; ///< of a redundant sync

struct Place {
    std::uint32_t line{1};
    std::uint32_t column{1}; ///< in bytes
};

/// Sign and magnitude, so that the whole ranges of i64 and u64 fit. Zero is never negative.
struct Integer {
    bool negative{false};
    std::uint64_t magnitude{0};
    friend bool operator==(Integer, Integer) = default;
    friend std::strong_ordering operator<=>(Integer a, Integer b) noexcept {
        if (a.negative != b.negative) {
            return a.negative ? std::strong_ordering::less : std::strong_ordering::greater;
        }
        return a.negative ? b.magnitude <=> a.magnitude : a.magnitude <=> b.magnitude;
    }
};
[[nodiscard]] std::string to_text(Integer number);

using Number = std::variant<Integer, double>;
[[nodiscard]] std::string to_text(const Number& number);

enum class Scalar : std::uint8_t { kBool, kU8, kU16, kU32, kU64, kI8, kI16, kI32, kI64, kF32, kF64 };
[[nodiscard]] std::string_view name(Scalar scalar) noexcept;
[[nodiscard]] std::optional<Scalar> scalar_of(std::string_view name) noexcept;
[[nodiscard]] std::size_t bytes_of(Scalar scalar) noexcept;
[[nodiscard]] bool is_float(Scalar scalar) noexcept;
[[nodiscard]] bool is_integer(Scalar scalar) noexcept;
/// The least and the greatest value of an integer type.
[[nodiscard]] Integer least(Scalar scalar) noexcept;
[[nodiscard]] Integer greatest(Scalar scalar) noexcept;

struct Type {
    enum class Kind : std::uint8_t { kScalar, kString, kBytes, kEnum, kStruct };
    Kind kind{Kind::kScalar};
    Scalar scalar{Scalar::kU8};
    std::uint32_t capacity{0}; ///< of a string or bytes
    std::size_t index{0};      ///< of an enum or a struct
    std::uint32_t count{0};    ///< elements of an array; 0: no array
};

struct Range {
    Number low;
    Number high;
};

/// A bool, a number, the bytes of a string, or the index of an enum's value.
using Default = std::variant<bool, Number, std::string, std::size_t>;

struct Field {
    Place place;
    std::vector<std::string> doc;
    std::string name;
    Type type;
    std::optional<Range> range;
    std::optional<Default> initial;
    std::uint16_t since{0}; ///< the minor version that added it
    std::size_t offset{0};
    std::size_t bytes{0};
};

struct EnumValue {
    std::vector<std::string> doc;
    std::string name;
    Integer number;
    std::uint16_t since{0};
};

struct EnumType {
    Place place;
    std::vector<std::string> doc;
    std::string name;
    Scalar base{Scalar::kU8};
    bool open{false};
    std::vector<EnumValue> values;
};

struct StructType {
    Place place;
    std::vector<std::string> doc;
    std::string name;
    std::vector<Field> fields;
    std::size_t bytes{0};
    bool nested{false}; ///< lies inside another one, so that it cannot grow

    [[nodiscard]] bool grows() const noexcept { return !fields.empty() && fields.back().since != 0; }
};

enum class Side : std::uint8_t { kClient, kServer };
[[nodiscard]] std::string_view name(Side side) noexcept;
[[nodiscard]] constexpr Side other(Side side) noexcept { return side == Side::kClient ? Side::kServer : Side::kClient; }

enum class Policy : std::uint8_t { kBlock, kFail, kDropOldest, kLatestOnly };
[[nodiscard]] std::string_view name(Policy policy) noexcept;

struct Reply {
    std::uint16_t number{0};
    std::size_t body{0};
};

struct Message {
    Place place;
    std::vector<std::string> doc;
    std::string name;
    std::uint16_t number{0};
    std::size_t body{0}; ///< index of a struct
    Side from{Side::kClient};
    std::optional<Reply> reply; ///< of a request; it comes from the other side
    std::uint16_t since{0};
};

struct Stream {
    std::vector<std::string> doc;
    std::string name;
    std::uint8_t priority{0};
    Policy policy{Policy::kBlock};
    std::vector<Message> messages;
};

/// A meta sync: the newest value of `body`, written by one side.
struct Meta {
    std::vector<std::string> doc;
    std::string name;
    std::uint32_t index{0};
    std::size_t body{0};
    Side from{Side::kServer};
    std::uint16_t since{0};
};

/// A redundant sync: records of `body`, each kept by `copies` replicas.
struct Redundant {
    std::vector<std::string> doc;
    std::string name;
    std::uint64_t stream{0};
    std::size_t body{0};
    std::uint32_t copies{1};
    std::uint16_t since{0};
};

struct Service {
    Place place;
    std::vector<std::string> doc;
    std::string name;
    std::vector<Stream> streams;
    std::vector<Meta> metas;
    std::vector<Redundant> redundants;
};

struct Limit {
    Place place;
    std::vector<std::string> doc;
    std::string name;
    std::uint32_t value{0};
};

struct Interface {
    std::vector<std::string> licence; ///< the SPDX comment lines of the file's start
    std::vector<std::string> doc;
    std::vector<std::string> path; ///< its name, one or two words
    std::string cpp_namespace;     ///< "interfaces::" and the name, unless the caller of to_cpp changes it
    std::uint16_t major{0};
    std::uint16_t minor{0};
    std::vector<Limit> limits;
    std::vector<EnumType> enums;
    std::vector<StructType> structs;
    std::vector<Service> services;

    [[nodiscard]] std::string name() const;
};

/// What is wrong with a file, and what to do about it.
struct Problem {
    Place place;
    std::string what;
    std::string remedy;
};
/// FILE:LINE:COLUMN: what; what to do
[[nodiscard]] std::string to_line(std::string_view file, const Problem& problem);

/// "u32[4]", "string<16>", "Kind": as the file writes it.
[[nodiscard]] std::string to_text(const Interface& interface, const Type& type);

/// snake_case to CamelCase.
[[nodiscard]] std::string camel(std::string_view snake);
/// snake_case to UPPER_CASE.
[[nodiscard]] std::string upper(std::string_view snake);

/// What a struct had grown to at a minor version, in bytes.
[[nodiscard]] std::size_t bytes_at(const StructType& type, std::uint16_t minor) noexcept;

/// A service's messages and requests, each with its stream.
struct Placed {
    const Stream* stream;
    const Message* message;
};
[[nodiscard]] std::vector<Placed> messages_of(const Service& service);

} // namespace zeta::idlgen
