// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Ranges and first values of fields.
#include "figcom-vbus/idl/parse_state.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace zeta::idlgen {

namespace {

double real_of(const Number& number) noexcept {
    if (const auto* integer = std::get_if<Integer>(&number)) {
        const auto magnitude = static_cast<double>(integer->magnitude);
        return integer->negative ? -magnitude : magnitude;
    }
    return std::get<double>(number);
}

/// Makes `number` one that a field of this type can hold: a whole one, or rounded to f32.
bool fit(ParseState& state, Place place, Scalar scalar, Number& number) {
    if (is_float(scalar)) {
        number = real_of(number);
        if (scalar == Scalar::kF32) {
            if (std::abs(std::get<double>(number)) > 3.4028234663852886e38) { // FLT_MAX
                return state.complain(place, "a number outside of what f32 holds", "write a smaller one");
            }
            number = static_cast<double>(static_cast<float>(std::get<double>(number)));
        }
        return true;
    }
    const auto* integer = std::get_if<Integer>(&number);
    if (integer == nullptr || *integer < least(scalar) || *integer > greatest(scalar)) {
        return state.complain(
            place, std::format("{} is no {}", to_text(number), name(scalar)),
            std::format("use a whole number from {} to {}", to_text(least(scalar)), to_text(greatest(scalar))));
    }
    return true;
}

// Both numbers fit the same type, so that both are whole or both are not.
bool inside(const Range& range, const Number& number) noexcept {
    if (const auto* integer = std::get_if<Integer>(&number)) {
        return std::get<Integer>(range.low) <= *integer && *integer <= std::get<Integer>(range.high);
    }
    return real_of(range.low) <= real_of(number) && real_of(number) <= real_of(range.high);
}

bool parse_enum_default(ParseState& state, const EnumType& type, Field& field) {
    const Token token = state.take();
    const auto found = std::ranges::find(type.values, token.text, &EnumValue::name);
    if (token.kind != Token::Kind::kWord || found == type.values.end()) {
        return state.complain(token.place, std::format("{} has no value of that name", type.name),
                              std::format("write one of its names, such as {}", type.values.front().name));
    }
    field.initial = static_cast<std::size_t>(found - type.values.begin());
    return true;
}

bool parse_string_default(ParseState& state, Field& field) {
    const Token token = state.take();
    if (token.kind != Token::Kind::kString) {
        return state.complain(token.place, "a string's first value is no string", "write it between \"");
    }
    if (token.text.size() > field.type.capacity) {
        return state.complain(token.place,
                              std::format("{} bytes in a string of at most {}", token.text.size(), field.type.capacity),
                              "shorten it");
    }
    field.initial = token.text;
    return true;
}

bool parse_scalar_default(ParseState& state, Field& field) {
    if (field.type.scalar == Scalar::kBool) {
        const Token token = state.take();
        if (token.kind != Token::Kind::kWord || (token.text != "true" && token.text != "false")) {
            return state.complain(token.place, "a bool's first value is neither true nor false", "write one of them");
        }
        field.initial = token.text == "true";
        return true;
    }
    const Place place = state.peek().place;
    Number number = Integer{};
    if (!state.need_number("a first value", number) || !fit(state, place, field.type.scalar, number)) {
        return false;
    }
    if (field.range && !inside(*field.range, number)) {
        return state.complain(place, std::format("the first value {} lies outside of the range", to_text(number)),
                              "move one of them");
    }
    field.initial = number;
    return true;
}

} // namespace

bool parse_range(ParseState& state, Field& field) {
    const Place place = state.peek().place;
    if (!state.skip_word("in")) {
        return true;
    }
    if (field.type.kind != Type::Kind::kScalar || field.type.scalar == Scalar::kBool) {
        return state.complain(place, "a range of something that is no number", "remove it");
    }
    Range range{.low = Integer{}, .high = Integer{}};
    const Place low = state.peek().place;
    if (!state.need_number("a range", range.low) || !fit(state, low, field.type.scalar, range.low) ||
        !state.need_sign("..", "the least value")) {
        return false;
    }
    const Place high = state.peek().place;
    if (!state.need_number("a range", range.high) || !fit(state, high, field.type.scalar, range.high)) {
        return false;
    }
    if (!inside(range, range.low)) {
        return state.complain(place, std::format("the range {}..{} is empty", to_text(range.low), to_text(range.high)),
                              "write the smaller number first");
    }
    field.range = range;
    return true;
}

bool parse_default(ParseState& state, Field& field) {
    const Place place = state.peek().place;
    if (!state.skip_sign("=")) {
        return true;
    }
    const bool single = field.type.count == 0;
    if (single && field.type.kind == Type::Kind::kScalar) {
        return parse_scalar_default(state, field);
    }
    if (single && field.type.kind == Type::Kind::kString) {
        return parse_string_default(state, field);
    }
    if (single && field.type.kind == Type::Kind::kEnum) {
        return parse_enum_default(state, state.interface.enums[field.type.index], field);
    }
    return state.complain(place, "a first value of an array, of bytes or of a struct",
                          "remove it; they begin as zeros");
}

// Zero is what an absent field has where nothing else is said.
bool check_absent(ParseState& state, const Field& field) {
    if (field.since == 0 || field.initial) {
        return true;
    }
    const auto zero_fits = [&](const Field& one) {
        if (one.initial) {
            return true;
        }
        if (one.type.kind == Type::Kind::kEnum) {
            const EnumType& type = state.interface.enums[one.type.index];
            return type.open || std::ranges::contains(type.values, Integer{}, &EnumValue::number);
        }
        const Number zero = is_float(one.type.scalar) ? Number{0.0} : Number{Integer{}};
        return !one.range || inside(*one.range, zero);
    };
    // A nested struct was checked field by field where its own fields are numbers; its depth is bounded by the file.
    std::vector<const Field*> open{&field};
    while (!open.empty()) {
        const Field& one = *open.back();
        open.pop_back();
        if (one.type.kind == Type::Kind::kStruct) {
            for (const Field& inner : state.interface.structs[one.type.index].fields) {
                open.push_back(&inner);
            }
        } else if (!zero_fits(one)) {
            return state.complain(
                field.place,
                std::format("senders of older versions leave {} out, and {} may not be 0", field.name, one.name),
                std::format("give {} a first value: = VALUE", one.name));
        }
    }
    return true;
}

} // namespace zeta::idlgen
