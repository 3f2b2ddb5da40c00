// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Enums, structs and their codecs in C++.
#include "figcom-vbus/idl/writers.hpp"

#include <algorithm>
#include <format>
#include <set>

namespace zeta::idlgen {

namespace {

std::string_view scalar_type(Scalar scalar) {
    switch (scalar) {
    case Scalar::kBool:
        return "bool";
    case Scalar::kU8:
        return "std::uint8_t";
    case Scalar::kU16:
        return "std::uint16_t";
    case Scalar::kU32:
        return "std::uint32_t";
    case Scalar::kU64:
        return "std::uint64_t";
    case Scalar::kI8:
        return "std::int8_t";
    case Scalar::kI16:
        return "std::int16_t";
    case Scalar::kI32:
        return "std::int32_t";
    case Scalar::kI64:
        return "std::int64_t";
    case Scalar::kF32:
        return "float";
    case Scalar::kF64:
        return "double";
    }
    return "void";
}

std::string type_text(const Interface& interface, const Type& type) {
    std::string text;
    switch (type.kind) {
    case Type::Kind::kScalar:
        text = scalar_type(type.scalar);
        break;
    case Type::Kind::kString:
        text = std::format("zeta::figcom::idl::BoundedString<{}>", type.capacity);
        break;
    case Type::Kind::kBytes:
        text = std::format("zeta::figcom::idl::BoundedBytes<{}>", type.capacity);
        break;
    case Type::Kind::kEnum:
        text = interface.enums[type.index].name;
        break;
    case Type::Kind::kStruct:
        text = interface.structs[type.index].name;
        break;
    }
    return type.count == 0 ? text : std::format("std::array<{}, {}>", text, type.count);
}

std::string literal(Integer number) {
    if (number.negative && number.magnitude == std::uint64_t{1} << 63U) {
        return "std::numeric_limits<std::int64_t>::min()"; // the literal would be the negation of a too large one
    }
    return to_text(number) + (number.magnitude > INT64_MAX ? "U" : "");
}

std::string literal(Scalar scalar, const Number& number) {
    if (const auto* integer = std::get_if<Integer>(&number)) {
        return literal(*integer);
    }
    return to_text(number) + (scalar == Scalar::kF32 ? "F" : "");
}

/// Octal escapes end after three digits, whatever follows.
std::string literal(std::string_view bytes) {
    std::string text = "\"";
    for (const char c : bytes) {
        if (c == '"' || c == '\\') {
            text += '\\';
            text += c;
        } else if (c >= ' ' && c < '\x7f') {
            text += c;
        } else {
            text += std::format("\\{:03o}", static_cast<unsigned char>(c));
        }
    }
    return text + "\"";
}

std::string initial_text(const Interface& interface, const Field& field) {
    if (!field.initial) {
        return "{}";
    }
    if (const auto* flag = std::get_if<bool>(&*field.initial)) {
        return *flag ? "{true}" : "{false}";
    }
    if (const auto* number = std::get_if<Number>(&*field.initial)) {
        return std::format("{{{}}}", literal(field.type.scalar, *number));
    }
    if (const auto* text = std::get_if<std::string>(&*field.initial)) {
        return std::format("{{{}}}", literal(*text));
    }
    const EnumType& type = interface.enums[field.type.index];
    return std::format("{{{}::k{}}}", type.name, camel(type.values[std::get<std::size_t>(*field.initial)].name));
}

std::string enum_text(const EnumType& type) {
    std::string text =
        std::format("\n{}enum class {} : {} {{\n", cpp_comment(type.doc, ""), type.name, scalar_type(type.base));
    std::string names;
    for (const EnumValue& value : type.values) {
        text += cpp_comment(value.doc, "    ");
        text += std::format("    k{} = {},\n", camel(value.name), literal(value.number));
        names += std::format("    case {}::k{}:\n        return \"{}\";\n", type.name, camel(value.name), value.name);
    }
    text += "};\n";
    text += std::format("/// As the interface file writes it; empty for a number that {} does not have.\n"
                        "[[nodiscard]] constexpr std::string_view name({} value) noexcept {{\n    switch (value) {{\n"
                        "{}    }}\n    return {{}};\n}}\n",
                        type.name, type.name, names);
    return text;
}

std::string struct_text(const Interface& interface, const StructType& type) {
    std::string text = std::format("\n{}struct {} {{\n", cpp_comment(type.doc, ""), type.name);
    for (const Field& field : type.fields) {
        std::string bounds;
        if (field.range) {
            bounds = std::format(" ///< {} to {}", to_text(field.range->low), to_text(field.range->high));
        }
        text += cpp_comment(field.doc, "    ");
        text += std::format("    {} {}{};{}\n", type_text(interface, field.type), field.name,
                            initial_text(interface, field), bounds);
    }
    return text + std::format("\n    friend bool operator==(const {0}&, const {0}&) = default;\n}};\n", type.name);
}

std::string check_text(const StructType& type) {
    std::string text;
    for (const Field& field : type.fields) {
        const std::string where = std::format("\"{}.{}\"", type.name, field.name);
        if (field.range) {
            text += std::format("        if (!in_range(value.{}, {}, {})) {{\n"
                                "            return {{.code = FaultCode::kRange, .where = {}}};\n        }}\n",
                                field.name, literal(field.type.scalar, field.range->low),
                                literal(field.type.scalar, field.range->high), where);
        }
        if (field.type.kind == Type::Kind::kEnum || field.type.kind == Type::Kind::kStruct) {
            text += std::format("        if (const Fault fault = Codec<decltype(Value::{0})>::check(value.{0})) {{\n"
                                "            return fault.in({1});\n        }}\n",
                                field.name, where);
        }
    }
    return text;
}

std::string load_text(const StructType& type) {
    std::string text;
    std::uint16_t since = 0;
    for (const Field& field : type.fields) {
        if (field.since != since) {
            since = field.since;
            text += std::format("        if (minor < {}) {{\n            return {{}};\n        }}\n", since);
        }
        text += std::format(
            "        if (const Fault fault = Codec<decltype(Value::{0})>::load(at + kAt{1}, minor, value.{0})) {{\n"
            "            return fault.in(\"{2}.{0}\");\n        }}\n",
            field.name, camel(field.name), type.name);
    }
    return text;
}

/// The offsets are written as numbers and held against the sizes of the C++ types.
std::string offsets_text(const StructType& type) {
    std::string text;
    std::string asserts = std::format("    static_assert(kAt{} == 0);\n", camel(type.fields.front().name));
    std::string before;
    for (const Field& field : type.fields) {
        const std::string at = "kAt" + camel(field.name);
        text += std::format("    static constexpr std::size_t {} = {};\n", at, field.offset);
        if (!before.empty()) {
            asserts += std::format("    static_assert({} == {});\n", at, before);
        }
        before = std::format("{} + Codec<decltype(Value::{})>::kBytes", at, field.name);
    }
    return text + asserts + std::format("    static_assert(kBytes == {});\n", before);
}

std::string struct_codec(const Interface& interface, const StructType& type) {
    std::set<std::uint16_t> minors{0};
    for (const Field& field : type.fields) {
        minors.insert(field.since);
    }
    std::string growth;
    for (const std::uint16_t minor : minors) {
        growth +=
            std::format("{}{{.minor = {}, .bytes = {}}}", growth.empty() ? "" : ", ", minor, bytes_at(type, minor));
    }
    std::string puts;
    for (const Field& field : type.fields) {
        puts += std::format("        Codec<decltype(Value::{0})>::put(at + kAt{1}, value.{0});\n", field.name,
                            camel(field.name));
    }
    const std::string checks = check_text(type);
    return std::format(
        "\ntemplate <>\nstruct Codec<{0}::{1}> {{\n    using Value = {0}::{1};\n"
        "    static constexpr const char* kName = \"{1}\";\n"
        "    static constexpr std::size_t kBytes = {2};\n"
        "    static constexpr std::array<Growth, {3}> kGrowth{{{{{4}}}}};\n{5}\n"
        "    [[nodiscard]] static constexpr Fault check({6}) noexcept {{\n{7}        return {{}};\n    }}\n"
        "    static void put(std::byte* at, const Value& value) noexcept {{\n{8}    }}\n"
        "    [[nodiscard]] static Fault load(const std::byte* at, std::uint16_t minor, Value& value) "
        "noexcept {{\n{9}        return {{}};\n    }}\n}};\n",
        interface.cpp_namespace, type.name, type.bytes, minors.size(), growth, offsets_text(type),
        checks.empty() ? "const Value& /*value*/" : "const Value& value", checks, puts, load_text(type));
}

std::string enum_codec(const Interface& interface, const EnumType& type) {
    const std::string value = std::format("{}::{}", interface.cpp_namespace, type.name);
    return std::format("\ntemplate <>\nstruct Codec<{0}> : EnumCodec<{0}, Codec<{0}>> {{\n"
                       "    static constexpr bool kOpen = {1};\n"
                       "    [[nodiscard]] static constexpr bool is_known({0} value) noexcept {{ return "
                       "!name(value).empty(); }}\n}};\n",
                       value, type.open);
}

} // namespace

std::string cpp_comment(const std::vector<std::string>& doc, std::string_view indent) {
    std::string text;
    for (const std::string& line : doc) {
        text += std::format("{}///{}{}\n", indent, line.empty() ? "" : " ", line);
    }
    return text;
}

std::string cpp_types(const Interface& interface) {
    std::string text;
    for (const Limit& limit : interface.limits) {
        text +=
            std::format("{}{}inline constexpr std::uint32_t k{} = {};\n", &limit == interface.limits.data() ? "\n" : "",
                        cpp_comment(limit.doc, ""), camel(limit.name), limit.value);
    }
    for (const EnumType& type : interface.enums) {
        text += enum_text(type);
    }
    for (const StructType& type : interface.structs) {
        text += struct_text(interface, type);
    }
    return text;
}

std::string cpp_codecs(const Interface& interface) {
    std::string text;
    for (const EnumType& type : interface.enums) {
        text += enum_codec(interface, type);
    }
    for (const StructType& type : interface.structs) {
        text += struct_codec(interface, type);
    }
    return text;
}

} // namespace zeta::idlgen
