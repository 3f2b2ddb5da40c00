// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/idl/parser.hpp"

#include "figcom-vbus/idl/parse_state.hpp"

#include <algorithm>
#include <format>
#include <map>

namespace zeta::idlgen {

namespace {

bool parse_heading(ParseState& state) {
    state.interface.doc = state.peek().doc;
    if (!state.need_word("interface", "the start of the file")) {
        return false;
    }
    do {
        std::string part;
        const Place place = state.peek().place;
        if (!state.need_name("an interface", part)) {
            return false;
        }
        if (state.interface.path.size() == 2) {
            return state.complain(place, "an interface's name of more than two parts", "write one or two words");
        }
        state.interface.path.push_back(std::move(part));
    } while (state.skip_sign("."));
    const std::vector<std::string>& path = state.interface.path;
    state.interface.cpp_namespace = "interfaces::" + path.front() + (path.size() == 2 ? "_" + path.back() : "");
    return state.need_word("version", "the interface's name") &&
           state.need_version(state.interface.major, state.interface.minor) && state.need_sign(";", "the version");
}

bool parse_limit(ParseState& state, std::vector<std::string> doc) {
    const Place place = state.peek().place;
    Limit limit{.place = place, .doc = std::move(doc), .name = {}, .value = 0};
    std::uint64_t value = 0;
    if (!state.need_name("a limit", limit.name)) {
        return false;
    }
    if (std::ranges::contains(state.interface.limits, limit.name, &Limit::name)) {
        return state.complain(place, std::format("a second limit \"{}\"", limit.name), "give it another name");
    }
    if (state.interface.limits.size() == kLimitsMax) {
        return state.complain(place, std::format("more than {} limits", kLimitsMax), "use fewer");
    }
    if (!state.need_sign("=", "a limit's name") || !state.need_count("a limit", 1, kBodyBytesMax, value)) {
        return false;
    }
    limit.value = static_cast<std::uint32_t>(value);
    state.interface.limits.push_back(std::move(limit));
    return state.need_sign(";", "a limit");
}

bool parse_item(ParseState& state) {
    const Token word = state.take();
    if (word.kind == Token::Kind::kWord) {
        if (word.text == "limit") {
            return parse_limit(state, word.doc);
        }
        if (word.text == "enum") {
            return parse_enum(state, word.doc);
        }
        if (word.text == "struct") {
            return parse_struct(state, word.doc);
        }
        if (word.text == "service") {
            return parse_service(state, word.doc);
        }
    }
    return state.complain(word.place, std::format("\"{}\" begins no declaration", word.text.substr(0, kNameBytesMax)),
                          "begin with limit, enum, struct or service");
}

/// The classes, functions and constants of the generated code have names made of these; each must differ.
bool check_generated_names(ParseState& state) {
    std::map<std::string, std::string> taken;
    for (const char* const own : {"Interface", "INTERFACE", "MAJOR", "MINOR"}) {
        taken.emplace(own, "the generated code's own name");
    }
    const auto claim = [&](const std::string& name, const std::string& by, Place place) {
        const auto [entry, fresh] = taken.emplace(name, by);
        return fresh || state.complain(place, std::format("{} and {} would both be called {}", entry->second, by, name),
                                       "give one of them another name");
    };
    for (const Limit& limit : state.interface.limits) {
        for (const std::string& name : {"k" + camel(limit.name), upper(limit.name)}) {
            if (!claim(name, "limit " + limit.name, limit.place)) {
                return false;
            }
        }
    }
    for (const EnumType& type : state.interface.enums) {
        if (!claim(type.name, "enum " + type.name, type.place)) {
            return false;
        }
    }
    for (const StructType& type : state.interface.structs) {
        if (!claim(type.name, "struct " + type.name, type.place)) {
            return false;
        }
    }
    for (const Service& service : state.interface.services) {
        std::vector<std::string> names{camel(service.name) + "Client", camel(service.name) + "Server",
                                       upper(service.name) + "_RECORDS"};
        for (const Redundant& one : service.redundants) {
            names.push_back(camel(service.name) + camel(one.name) + "Writer");
            names.push_back(camel(service.name) + camel(one.name) + "Reader");
        }
        for (const std::string& name : names) {
            if (!claim(name, "service " + service.name, service.place)) {
                return false;
            }
        }
    }
    return true;
}

} // namespace

bool type_exists(const Interface& interface, std::string_view name) noexcept {
    return std::ranges::contains(interface.enums, name, &EnumType::name) ||
           std::ranges::contains(interface.structs, name, &StructType::name);
}

std::expected<Interface, Problem> parse(std::string_view text) {
    auto tokens = tokenize(text);
    if (!tokens) {
        return std::unexpected(tokens.error());
    }
    ParseState state{std::move(tokens->list)};
    state.interface.licence = std::move(tokens->licence);
    bool going = parse_heading(state);
    while (going && state.peek().kind != Token::Kind::kEnd) {
        going = parse_item(state);
    }
    if (!going || !check_generated_names(state)) {
        return std::unexpected(*state.problem);
    }
    return std::move(state.interface);
}

} // namespace zeta::idlgen
