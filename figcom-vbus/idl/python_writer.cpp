// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// An interface as a Python module over figcom-vbus/python/figcom_idl.py.
#include "figcom-vbus/idl/writers.hpp"

#include <algorithm>
#include <format>
#include <iterator>

namespace zeta::idlgen {

namespace {

std::string comment(const std::vector<std::string>& doc, std::string_view indent) {
    std::string text;
    for (const std::string& line : doc) {
        text += std::format("{}#{}{}\n", indent, line.empty() ? "" : " ", line);
    }
    return text;
}

/// A bytes literal; for strings it is decoded as the runtime decodes what arrives.
std::string literal(std::string_view bytes) {
    std::string text = "b\"";
    for (const char c : bytes) {
        if (c >= ' ' && c < '\x7f' && c != '"' && c != '\\') {
            text += c;
        } else {
            text += std::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
    return text + "\"";
}

/// The runtime's description of a type: _r.U16, _r.Text(32), _r.Array(_r.F32, 3).
std::string kind_text(const Interface& interface, const Field& field) {
    const Type& type = field.type;
    std::string text;
    switch (type.kind) {
    case Type::Kind::kScalar: {
        text = "_r." + upper(name(type.scalar));
        if (field.range) {
            text = std::format("_r.Range({}, {}, {})", text, to_text(field.range->low), to_text(field.range->high));
        }
        break;
    }
    case Type::Kind::kString:
        text = std::format("_r.Text({})", type.capacity);
        break;
    case Type::Kind::kBytes:
        text = std::format("_r.Bytes({})", type.capacity);
        break;
    case Type::Kind::kEnum: {
        const EnumType& which = interface.enums[type.index];
        text =
            std::format("_r.Enum({}, _r.{}, {})", which.name, upper(name(which.base)), which.open ? "True" : "False");
        break;
    }
    case Type::Kind::kStruct:
        text = std::format("_r.Nested({})", interface.structs[type.index].name);
        break;
    }
    return type.count == 0 ? text : std::format("_r.Array({}, {})", text, type.count);
}

/// The first value as an expression; None lets the runtime take the kind's zero.
std::string initial_text(const Interface& interface, const Field& field) {
    if (!field.initial) {
        return "None";
    }
    if (const auto* flag = std::get_if<bool>(&*field.initial)) {
        return *flag ? "True" : "False";
    }
    if (const auto* number = std::get_if<Number>(&*field.initial)) {
        return to_text(*number);
    }
    if (const auto* text = std::get_if<std::string>(&*field.initial)) {
        return std::format("_r.text({})", literal(*text));
    }
    const EnumType& type = interface.enums[field.type.index];
    return std::format("{}.{}", type.name, upper(type.values[std::get<std::size_t>(*field.initial)].name));
}

std::string message_rows(const Interface& interface, const Service& service, Side from) {
    std::string text;
    const auto row = [&](const Message& message, const Stream& stream, std::uint16_t number, std::size_t body,
                         std::string_view end) {
        text += std::format("        {}: _r.Arrival(\"{}{}\", {}, {}, {}),\n", number, message.name, end,
                            interface.structs[body].name, stream.priority, message.since);
    };
    for (const auto& [stream, message] : messages_of(service)) {
        if (message->from == from) {
            row(*message, *stream, message->number, message->body, "");
        } else if (message->reply) {
            row(*message, *stream, message->reply->number, message->reply->body, "_reply");
        }
    }
    return text;
}

std::string methods_text(const Interface& interface, const Service& service, Side side) {
    std::string text;
    for (const auto& [stream, message] : messages_of(service)) {
        const std::string& body = interface.structs[message->body].name;
        const std::string doc = comment(message->doc, "    ");
        if (message->from == side && message->reply) {
            text += std::format("\n{0}    def request_{1}(self, body: {2}):\n"
                                "        \"\"\"Asks; returns the number that the answer will carry.\"\"\"\n"
                                "        return self._request({3}, {4}, body, {2})\n"
                                "\n    def call_{1}(self, body: {2}, others=None):\n"
                                "        \"\"\"Asks and waits for the answer; other events go to others(event).\"\"\"\n"
                                "        return self._call({3}, {4}, body, {2}, {5}, others)\n",
                                doc, message->name, body, message->number, stream->priority, message->reply->number);
        } else if (message->from == side) {
            text += std::format("\n{0}    def send_{1}(self, body: {2}):\n        self._send({3}, {4}, 0, body, {2})\n",
                                doc, message->name, body, message->number, stream->priority);
        } else if (message->reply) {
            text += std::format("\n    def reply_{0}(self, request, body: {1}):\n"
                                "        \"\"\"Answers the event whose `request` this is.\"\"\"\n"
                                "        self._send({2}, {3}, request, body, {1})\n",
                                message->name, interface.structs[message->reply->body].name, message->reply->number,
                                stream->priority);
        }
    }
    return text;
}

std::string states_text(const Interface& interface, const Service& service) {
    std::string text;
    for (const Meta& meta : service.metas) {
        text +=
            std::format("    \"{}\": _r.Record({}, {}),\n", meta.name, interface.structs[meta.body].name, meta.since);
    }
    for (const Redundant& one : service.redundants) {
        text += std::format("    \"{}\": _r.Record({}, {}),\n", one.name, interface.structs[one.body].name, one.since);
    }
    return text;
}

} // namespace

std::string python_types(const Interface& interface) {
    std::string text;
    for (const Limit& limit : interface.limits) {
        text += std::format("{}{} = {}\n", comment(limit.doc, ""), upper(limit.name), limit.value);
    }
    for (const EnumType& type : interface.enums) {
        text += std::format("\n\n{}class {}(_enum.IntEnum):\n", comment(type.doc, ""), type.name);
        for (const EnumValue& value : type.values) {
            text +=
                std::format("{}    {} = {}\n", comment(value.doc, "    "), upper(value.name), to_text(value.number));
        }
    }
    for (const StructType& type : interface.structs) {
        text += std::format("\n\n{}@_r.layout(\n    bytes={},\n    growth={{", comment(type.doc, ""), type.bytes);
        std::uint16_t since = 0;
        text += std::format("0: {}", bytes_at(type, 0));
        for (const Field& field : type.fields) {
            if (field.since != since) {
                since = field.since;
                text += std::format(", {}: {}", since, bytes_at(type, since));
            }
        }
        text += "},\n)\n";
        text += std::format("class {}(_r.Struct):\n", type.name);
        for (const Field& field : type.fields) {
            text += std::format("{}    {} = _r.Field({}, {}, {}, {})\n", comment(field.doc, "    "), field.name,
                                kind_text(interface, field), field.offset, field.since, initial_text(interface, field));
        }
    }
    return text;
}

std::string python_ports(const Interface& interface) {
    std::string text;
    for (const Service& service : interface.services) {
        for (const Side side : {Side::kClient, Side::kServer}) {
            if (service.streams.empty()) {
                continue;
            }
            text += std::format(
                "\n\n{}class {}{}(_r.Port):\n    \"\"\"The {} side of the service \"{}\", over a "
                "figcom.Channel.\"\"\"\n\n    SERVICE = \"{}\"\n    VERSION = (MAJOR, MINOR)\n    ARRIVALS = "
                "{{\n{}    }}\n    OWN = {{",
                comment(service.doc, ""), camel(service.name), side == Side::kClient ? "Client" : "Server",
                side == Side::kClient ? "opening" : "offering", service.name, service.name,
                message_rows(interface, service, other(side)));
            std::string own;
            for (const auto& [stream, message] : messages_of(service)) {
                if (message->from == side || message->reply) {
                    own += std::format("{}{}", own.empty() ? "" : ", ",
                                       message->from == side ? message->number : message->reply->number);
                }
            }
            text += own.empty() ? "}\n" : own + "}\n";
            text += methods_text(interface, service, side);
        }
        if (const std::string states = states_text(interface, service); !states.empty()) {
            text += std::format(
                "\n\n# What meta syncs and redundant syncs of \"{}\" hold: pack_record() and unpack_record().\n"
                "{}_RECORDS = {{\n{}}}\n",
                service.name, upper(service.name), states);
        }
    }
    if (std::ranges::any_of(interface.services, [](const Service& service) {
            return !service.metas.empty() || !service.redundants.empty();
        })) {
        text += "\n\ndef pack_record(record, body):\n"
                "    \"\"\"The bytes of a meta sync's state or of a redundant record.\"\"\"\n"
                "    return _r.pack(body, record.body, (MAJOR, MINOR), 0)\n"
                "\n\ndef unpack_record(record, payload):\n"
                "    \"\"\"Its value; raises figcom_idl.Invalid.\"\"\"\n"
                "    return _r.unpack(payload, record.body, (MAJOR, MINOR), record.since)[0]\n";
    }
    return text;
}

std::string to_python(const Interface& interface, std::string_view source) {
    std::string text;
    for (const std::string& line : interface.licence) {
        text += std::format("# {}\n", line);
    }
    text += std::format("# Made by figcom-idl from {} (interface {} {}.{}); do not edit.\n{}\nimport enum as _enum\n\n"
                        "import figcom_idl as _r\n\nINTERFACE = \"{}\"\nMAJOR = {}\nMINOR = {}\n",
                        source, interface.name(), interface.major, interface.minor, comment(interface.doc, ""),
                        interface.name(), interface.major, interface.minor);
    return text + python_types(interface) + python_ports(interface);
}

} // namespace zeta::idlgen
