// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/idl/writers.hpp"

#include <format>
#include <nlohmann/json.hpp>

namespace zeta::idlgen {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Number& number) {
    if (const auto* integer = std::get_if<Integer>(&number)) {
        // Negative magnitudes reach 2^63, which is the least i64.
        return integer->negative ? Json(static_cast<std::int64_t>(0 - integer->magnitude)) : Json(integer->magnitude);
    }
    return std::get<double>(number);
}

Json json_of(const Interface& interface, const Field& field) {
    Json json = {{"name", field.name},
                 {"type", to_text(interface, field.type)},
                 {"offset", field.offset},
                 {"bytes", field.bytes},
                 {"since", field.since}};
    if (field.range) {
        json["range"] = {json_of(field.range->low), json_of(field.range->high)};
    }
    if (field.initial) {
        if (const auto* flag = std::get_if<bool>(&*field.initial)) {
            json["initial"] = *flag;
        } else if (const auto* number = std::get_if<Number>(&*field.initial)) {
            json["initial"] = json_of(*number);
        } else if (const auto* text = std::get_if<std::string>(&*field.initial)) {
            json["initial"] = *text;
        } else {
            const std::size_t which = std::get<std::size_t>(*field.initial);
            json["initial"] = interface.enums[field.type.index].values[which].name;
        }
    }
    return json;
}

Json json_of(const EnumType& type) {
    Json values = Json::array();
    for (const EnumValue& value : type.values) {
        values.push_back({{"name", value.name}, {"number", json_of(Number{value.number})}, {"since", value.since}});
    }
    return {{"name", type.name}, {"type", name(type.base)}, {"open", type.open}, {"values", values}};
}

Json json_of(const Interface& interface, const Service& service) {
    const auto body = [&](std::size_t index) { return interface.structs[index].name; };
    Json streams = Json::array();
    for (const Stream& stream : service.streams) {
        Json messages = Json::array();
        for (const Message& message : stream.messages) {
            Json one = {{"name", message.name},
                        {"number", message.number},
                        {"body", body(message.body)},
                        {"from", name(message.from)},
                        {"since", message.since}};
            if (message.reply) {
                one["reply"] = {{"number", message.reply->number}, {"body", body(message.reply->body)}};
            }
            messages.push_back(std::move(one));
        }
        streams.push_back({{"name", stream.name},
                           {"priority", stream.priority},
                           {"policy", name(stream.policy)},
                           {"messages", std::move(messages)}});
    }
    Json metas = Json::array();
    for (const Meta& meta : service.metas) {
        metas.push_back({{"name", meta.name},
                         {"index", meta.index},
                         {"body", body(meta.body)},
                         {"from", name(meta.from)},
                         {"since", meta.since}});
    }
    Json redundants = Json::array();
    for (const Redundant& one : service.redundants) {
        redundants.push_back({{"name", one.name},
                              {"stream", one.stream},
                              {"body", body(one.body)},
                              {"copies", one.copies},
                              {"since", one.since}});
    }
    return {{"name", service.name}, {"streams", streams}, {"meta_syncs", metas}, {"redundant_syncs", redundants}};
}

} // namespace

std::string to_json(const Interface& interface) {
    Json json = {{"interface", interface.name()},
                 {"major", interface.major},
                 {"minor", interface.minor},
                 {"head_bytes", kHeadBytes}};
    json["limits"] = Json::object();
    for (const Limit& limit : interface.limits) {
        json["limits"][limit.name] = limit.value;
    }
    json["enums"] = Json::array();
    for (const EnumType& type : interface.enums) {
        json["enums"].push_back(json_of(type));
    }
    json["structs"] = Json::array();
    for (const StructType& type : interface.structs) {
        Json fields = Json::array();
        for (const Field& field : type.fields) {
            fields.push_back(json_of(interface, field));
        }
        json["structs"].push_back({{"name", type.name}, {"bytes", type.bytes}, {"fields", std::move(fields)}});
    }
    json["services"] = Json::array();
    for (const Service& service : interface.services) {
        json["services"].push_back(json_of(interface, service));
    }
    // A string's first value may be any bytes.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace zeta::idlgen
