// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/idl/model.hpp"

#include <algorithm>
#include <array>
#include <format>

namespace zeta::idlgen {

namespace {

struct ScalarRow {
    std::string_view name;
    std::size_t bytes;
    bool is_signed;
};

// In the order of Scalar.
constexpr std::array<ScalarRow, 11> kScalars{{{"bool", 1, false},
                                              {"u8", 1, false},
                                              {"u16", 2, false},
                                              {"u32", 4, false},
                                              {"u64", 8, false},
                                              {"i8", 1, true},
                                              {"i16", 2, true},
                                              {"i32", 4, true},
                                              {"i64", 8, true},
                                              {"f32", 4, true},
                                              {"f64", 8, true}}};

const ScalarRow& row(Scalar scalar) noexcept { return kScalars.at(static_cast<std::size_t>(scalar)); }

} // namespace

std::string to_text(Integer number) { return std::format("{}{}", number.negative ? "-" : "", number.magnitude); }

std::string to_text(const Number& number) {
    if (const auto* integer = std::get_if<Integer>(&number)) {
        return to_text(*integer);
    }
    const std::string text = std::format("{}", std::get<double>(number));
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string_view name(Scalar scalar) noexcept { return row(scalar).name; }

std::optional<Scalar> scalar_of(std::string_view name) noexcept {
    const auto found = std::ranges::find(kScalars, name, &ScalarRow::name);
    return found == kScalars.end() ? std::nullopt : std::optional{static_cast<Scalar>(found - kScalars.begin())};
}

std::size_t bytes_of(Scalar scalar) noexcept { return row(scalar).bytes; }
bool is_float(Scalar scalar) noexcept { return scalar == Scalar::kF32 || scalar == Scalar::kF64; }
bool is_integer(Scalar scalar) noexcept { return scalar != Scalar::kBool && !is_float(scalar); }

Integer least(Scalar scalar) noexcept {
    return row(scalar).is_signed ? Integer{true, std::uint64_t{1} << (bytes_of(scalar) * 8 - 1)} : Integer{};
}

Integer greatest(Scalar scalar) noexcept {
    const std::size_t bits = bytes_of(scalar) * 8 - (row(scalar).is_signed ? 1 : 0);
    return {false, bits == 64 ? UINT64_MAX : (std::uint64_t{1} << bits) - 1};
}

std::string_view name(Side side) noexcept { return side == Side::kClient ? "client" : "server"; }

std::string_view name(Policy policy) noexcept {
    switch (policy) {
    case Policy::kBlock:
        return "block";
    case Policy::kFail:
        return "fail";
    case Policy::kDropOldest:
        return "drop_oldest";
    case Policy::kLatestOnly:
        return "latest_only";
    }
    return "unknown";
}

std::string Interface::name() const { return path.size() == 2 ? path[0] + "." + path[1] : path[0]; }

std::string to_line(std::string_view file, const Problem& problem) {
    return std::format("{}:{}:{}: {}; {}", file, problem.place.line, problem.place.column, problem.what,
                       problem.remedy);
}

std::string to_text(const Interface& interface, const Type& type) {
    std::string text;
    switch (type.kind) {
    case Type::Kind::kScalar:
        text = name(type.scalar);
        break;
    case Type::Kind::kString:
        text = std::format("string<{}>", type.capacity);
        break;
    case Type::Kind::kBytes:
        text = std::format("bytes<{}>", type.capacity);
        break;
    case Type::Kind::kEnum:
        text = interface.enums[type.index].name;
        break;
    case Type::Kind::kStruct:
        text = interface.structs[type.index].name;
        break;
    }
    return type.count == 0 ? text : std::format("{}[{}]", text, type.count);
}

std::string camel(std::string_view snake) {
    std::string text;
    bool upper = true;
    for (const char letter : snake) {
        if (letter == '_') {
            upper = true;
            continue;
        }
        text += upper && letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
        upper = false;
    }
    return text;
}

std::string upper(std::string_view snake) {
    std::string text{snake};
    for (char& letter : text) {
        letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    return text;
}

std::size_t bytes_at(const StructType& type, std::uint16_t minor) noexcept {
    std::size_t bytes = 0;
    for (const Field& field : type.fields) {
        bytes += field.since <= minor ? field.bytes : 0;
    }
    return bytes;
}

std::vector<Placed> messages_of(const Service& service) {
    std::vector<Placed> list;
    for (const Stream& stream : service.streams) {
        for (const Message& message : stream.messages) {
            list.push_back({&stream, &message});
        }
    }
    return list;
}

} // namespace zeta::idlgen
