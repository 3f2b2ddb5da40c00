// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Enums and structs: names, numbers, growth and layout.
#include "figcom-vbus/idl/parse_state.hpp"

#include <algorithm>
#include <format>

namespace zeta::idlgen {

namespace {

bool need_fresh_type(ParseState& state, Place place, const std::string& name) {
    if (type_exists(state.interface, name)) {
        return state.complain(place, std::format("a second type \"{}\"", name), "give it another name");
    }
    if (state.interface.enums.size() + state.interface.structs.size() == kTypesMax) {
        return state.complain(place, std::format("more than {} enums and structs", kTypesMax), "divide the interface");
    }
    return true;
}

bool parse_enum_value(ParseState& state, EnumType& type) {
    EnumValue value;
    value.doc = state.peek().doc;
    const Place place = state.peek().place;
    Number number = Integer{};
    if (!state.need_name("an enum's value", value.name) || !state.need_sign("=", "a value's name")) {
        return false;
    }
    const Place at = state.peek().place;
    if (!state.need_number("a value", number) || !state.read_since(value.since)) {
        return false;
    }
    const auto* integer = std::get_if<Integer>(&number);
    if (integer == nullptr || *integer < least(type.base) || *integer > greatest(type.base)) {
        return state.complain(
            at, std::format("{} is no {}", to_text(number), name(type.base)),
            std::format("use a whole number from {} to {}", to_text(least(type.base)), to_text(greatest(type.base))));
    }
    value.number = *integer;
    for (const EnumValue& other : type.values) {
        if (other.number == value.number || camel(other.name) == camel(value.name)) {
            return state.complain(place, std::format("{} and {} have the same name or number", other.name, value.name),
                                  "change one of them");
        }
    }
    if (value.since != 0 && !type.open) {
        return state.complain(place, std::format("a later value of the closed enum {}", type.name),
                              "make the enum open, or raise the interface's major version");
    }
    if (type.values.size() == kEnumValuesMax) {
        return state.complain(place, std::format("more than {} values", kEnumValuesMax), "use a number and constants");
    }
    type.values.push_back(std::move(value));
    return state.need_sign(";", "a value");
}

bool parse_base_type(ParseState& state, Type& type) {
    const Token token = state.take();
    const Interface& interface = state.interface;
    if (const auto scalar = scalar_of(token.text); scalar && token.kind == Token::Kind::kWord) {
        type.scalar = *scalar;
        return true;
    }
    if (token.kind == Token::Kind::kWord && (token.text == "string" || token.text == "bytes")) {
        type.kind = token.text == "string" ? Type::Kind::kString : Type::Kind::kBytes;
        std::uint64_t capacity = 0;
        if (!state.need_sign("<", token.text) || !state.need_count("the capacity", 1, kBodyBytesMax - 2, capacity) ||
            !state.need_sign(">", "the capacity")) {
            return false;
        }
        type.capacity = static_cast<std::uint32_t>(capacity);
        return true;
    }
    const auto as_enum = std::ranges::find(interface.enums, token.text, &EnumType::name);
    const auto as_struct = std::ranges::find(interface.structs, token.text, &StructType::name);
    if (token.kind == Token::Kind::kWord && as_enum != interface.enums.end()) {
        type.kind = Type::Kind::kEnum;
        type.index = static_cast<std::size_t>(as_enum - interface.enums.begin());
        return true;
    }
    if (token.kind == Token::Kind::kWord && as_struct != interface.structs.end()) {
        type.kind = Type::Kind::kStruct;
        type.index = static_cast<std::size_t>(as_struct - interface.structs.begin());
        return true;
    }
    return state.complain(token.place, std::format("no type \"{}\" is known here", token.text.substr(0, kNameBytesMax)),
                          "use bool, u8 to u64, i8 to i64, f32, f64, string<N>, bytes<N>, or a type declared above");
}

std::size_t element_bytes(const Interface& interface, const Type& type) {
    switch (type.kind) {
    case Type::Kind::kScalar:
        return bytes_of(type.scalar);
    case Type::Kind::kString:
    case Type::Kind::kBytes:
        return 2 + std::size_t{type.capacity};
    case Type::Kind::kEnum:
        return bytes_of(interface.enums[type.index].base);
    case Type::Kind::kStruct:
        return interface.structs[type.index].bytes;
    }
    return 0;
}

bool parse_type(ParseState& state, Field& field) {
    const Place place = state.peek().place;
    if (!parse_base_type(state, field.type)) {
        return false;
    }
    if (state.skip_sign("[")) {
        std::uint64_t count = 0;
        if (!state.need_count("an array's length", 1, kBodyBytesMax, count) ||
            !state.need_sign("]", "an array's length")) {
            return false;
        }
        field.type.count = static_cast<std::uint32_t>(count);
    }
    if (field.type.kind == Type::Kind::kStruct) {
        StructType& inner = state.interface.structs[field.type.index];
        if (inner.grows()) {
            return state.complain(place,
                                  std::format("{} has grown, so that it cannot lie inside another struct", inner.name),
                                  "nest a struct without \"since\"");
        }
        inner.nested = true;
    }
    const std::size_t count = std::max<std::size_t>(field.type.count, 1);
    field.bytes = element_bytes(state.interface, field.type) * count; // both at most 16 Ki
    return true;
}

bool place_field(ParseState& state, StructType& type, Field field) {
    for (const Field& other : type.fields) {
        if (camel(other.name) == camel(field.name)) { // the offsets are called so
            return state.complain(field.place,
                                  std::format("fields {} and {} differ too little", other.name, field.name),
                                  "give one of them another name");
        }
    }
    if (!type.fields.empty() && field.since < type.fields.back().since) {
        return state.complain(field.place, std::format("field {} is older than the one before it", field.name),
                              "move later fields to the end of the struct");
    }
    if (type.fields.size() == kFieldsMax) {
        return state.complain(field.place, std::format("more than {} fields", kFieldsMax), "nest a struct");
    }
    field.offset = type.bytes;
    type.bytes += field.bytes;
    if (type.bytes > kBodyBytesMax) {
        return state.complain(field.place, std::format("struct {} has more than {} bytes", type.name, kBodyBytesMax),
                              "make its strings, bytes or arrays smaller");
    }
    type.fields.push_back(std::move(field));
    return true;
}

bool parse_field(ParseState& state, StructType& type) {
    Field field;
    field.doc = state.peek().doc;
    field.place = state.peek().place;
    return state.need_name("a field", field.name) && state.need_sign(":", "a field's name") &&
           parse_type(state, field) && parse_range(state, field) && parse_default(state, field) &&
           state.read_since(field.since) && check_absent(state, field) && state.need_sign(";", "a field") &&
           place_field(state, type, std::move(field));
}

} // namespace

bool parse_enum(ParseState& state, std::vector<std::string> doc) {
    EnumType type;
    type.doc = std::move(doc);
    type.place = state.peek().place;
    if (!state.need_type_name("an enum", type.name) || !need_fresh_type(state, type.place, type.name) ||
        !state.need_sign(":", "an enum's name")) {
        return false;
    }
    const Token base = state.take();
    const auto scalar = scalar_of(base.text);
    if (base.kind != Token::Kind::kWord || !scalar || !is_integer(*scalar)) {
        return state.complain(base.place, "an enum needs a whole number as its type",
                              "write one of u8 to u64, i8 to i64");
    }
    type.base = *scalar;
    type.open = state.skip_word("open");
    if (!type.open && !state.skip_word("closed")) {
        return state.complain(state.peek().place, "an enum must say what unknown values mean",
                              "write \"open\" (they are handed on) or \"closed\" (they are refused)");
    }
    if (!state.need_sign("{", "open or closed")) {
        return false;
    }
    while (!state.skip_sign("}")) {
        if (!parse_enum_value(state, type)) {
            return false;
        }
    }
    if (type.values.empty()) {
        return state.complain(type.place, std::format("enum {} has no value", type.name), "add one");
    }
    state.interface.enums.push_back(std::move(type));
    return true;
}

bool parse_struct(ParseState& state, std::vector<std::string> doc) {
    StructType type;
    type.doc = std::move(doc);
    type.place = state.peek().place;
    if (!state.need_type_name("a struct", type.name) || !need_fresh_type(state, type.place, type.name) ||
        !state.need_sign("{", "a struct's name")) {
        return false;
    }
    while (!state.skip_sign("}")) {
        if (!parse_field(state, type)) {
            return false;
        }
    }
    if (type.fields.empty()) {
        return state.complain(type.place, std::format("struct {} has no field", type.name), "add one");
    }
    if (type.fields.front().since != 0) {
        return state.complain(type.fields.front().place,
                              std::format("the first field of {} has a \"since\"", type.name),
                              "put \"since\" on what uses the struct");
    }
    state.interface.structs.push_back(std::move(type));
    return true;
}

} // namespace zeta::idlgen
