// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Any interface that grows by the rules is laid out without holes, and the comparison agrees. Any other change of a
// field breaks. RapidCheck prints the seed.
#include "figcom-vbus/idl/compare.hpp"
#include "figcom-vbus/idl/parser.hpp"
#include "figcom-vbus/idl/writers.hpp"

#include <rapidcheck.h>

#include <format>

using namespace zeta::idlgen;

namespace {

struct Piece {
    std::string type;
    std::size_t bytes;
};

rc::Gen<Piece> piece() {
    return rc::gen::exec([] {
        static const std::vector<Piece> kPlain{{"bool", 1}, {"u8", 1},   {"u16", 2},  {"u32", 4}, {"u64", 8},
                                               {"i8", 1},   {"i16", 2},  {"i32", 4},  {"i64", 8}, {"f32", 4},
                                               {"f64", 8},  {"Kind", 2}, {"Inner", 5}};
        Piece one = *rc::gen::elementOf(kPlain);
        const auto capacity = *rc::gen::inRange<std::size_t>(0, 40);
        if (capacity > 20) {
            one = {std::format("{}<{}>", capacity % 2 == 0 ? "string" : "bytes", capacity), capacity + 2};
        }
        const auto count = *rc::gen::inRange<std::size_t>(0, 6);
        return count < 3 ? one : Piece{std::format("{}[{}]", one.type, count), one.bytes * count};
    });
}

/// The file at a minor version: `base` fields, then those of each version up to it.
std::string file_of(const std::vector<std::vector<Piece>>& growth, std::size_t minor) {
    std::string text = std::format("interface grown version 1.{};\nenum Kind : u16 open {{ zero = 0; }}\n"
                                   "struct Inner {{ a: u8; b: f32; }}\nstruct S {{\n",
                                   minor);
    std::size_t number = 0;
    for (std::size_t at = 0; at <= minor; ++at) {
        for (const Piece& one : growth[at]) {
            text += std::format("f{}: {}{};\n", number++, one.type, at == 0 ? "" : std::format(" since 1.{}", at));
        }
    }
    return text + "}\n";
}

void grows_without_holes(const std::vector<std::vector<Piece>>& growth) {
    const std::size_t last = growth.size() - 1;
    const auto newest = parse(file_of(growth, last));
    RC_ASSERT(newest.has_value());
    const StructType& type = newest->structs.at(1);
    std::size_t sum = 0;
    std::size_t field = 0;
    for (std::size_t minor = 0; minor <= last; ++minor) {
        for (const Piece& one : growth[minor]) {
            RC_ASSERT(type.fields.at(field).offset == sum && type.fields.at(field).bytes == one.bytes);
            ++field;
            sum += one.bytes;
        }
        RC_ASSERT(bytes_at(type, static_cast<std::uint16_t>(minor)) == sum);
    }
    RC_ASSERT(type.bytes == sum);
    for (std::size_t minor = 0; minor <= last; ++minor) {
        const auto older = parse(file_of(growth, minor));
        RC_ASSERT(older.has_value());
        const Comparison up = compare(*older, *newest);
        RC_ASSERT(up.sound() && up.changes.size() == type.fields.size() - older->structs.at(1).fields.size());
        RC_ASSERT(compare(*newest, *older).sound() == (minor == last));
    }
    RC_ASSERT(to_cpp(*newest, "x") == to_cpp(*parse(file_of(growth, last)), "x"));
}

} // namespace

int main() {
    const bool grown = rc::check("an interface grows without holes", [] {
        const auto versions = *rc::gen::inRange<std::size_t>(1, 5);
        std::vector<std::vector<Piece>> growth(versions);
        for (std::size_t i = 0; i < versions; ++i) {
            growth[i] =
                *rc::gen::container<std::vector<Piece>>(*rc::gen::inRange<std::size_t>(i == 0 ? 1 : 0, 6), piece());
        }
        grows_without_holes(growth);
    });
    const bool broken = rc::check("another field in its place breaks", [] {
        auto fields = *rc::gen::container<std::vector<Piece>>(*rc::gen::inRange<std::size_t>(1, 8), piece());
        const std::string was = file_of({fields}, 0);
        Piece& changed = fields[*rc::gen::inRange<std::size_t>(0, fields.size())];
        const Piece other = *piece();
        RC_PRE(other.type != changed.type);
        changed = other;
        const auto older = parse(was);
        const auto newer = parse(file_of({fields}, 0));
        RC_ASSERT(older.has_value() && newer.has_value());
        RC_ASSERT(!compare(*older, *newer).sound());
    });
    const bool safe = rc::check("any text has a verdict of one line", [](const std::string& text) {
        const auto parsed = parse("interface a version 1.0;" + text);
        const std::string line = parsed ? "" : to_line("x", parsed.error());
        RC_ASSERT(parsed.has_value() == line.empty());
        RC_ASSERT(line.find('\n') == std::string::npos);
    });
    return grown && broken && safe ? 0 : 1;
}
