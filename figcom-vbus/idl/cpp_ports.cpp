// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// The ports of an interface's services in C++, and the header as a whole.
#include "figcom-vbus/idl/writers.hpp"

#include <algorithm>
#include <format>

namespace zeta::idlgen {

namespace {

/// One message type as one side meets it.
struct Arrival {
    std::string name;
    std::string body;
    std::uint16_t number;
    std::uint8_t priority;
    std::uint16_t since;
};

struct Half {
    const Interface& interface;
    const Service& service;
    Side side;

    [[nodiscard]] std::string class_name() const {
        return camel(service.name) + (side == Side::kClient ? "Client" : "Server");
    }
    [[nodiscard]] const std::string& struct_name(std::size_t index) const { return interface.structs[index].name; }

    /// What `from` sends, replies included.
    [[nodiscard]] std::vector<Arrival> sent_by(Side from) const {
        std::vector<Arrival> list;
        for (const auto& [stream, message] : messages_of(service)) {
            if (message->from == from) {
                list.push_back(
                    {message->name, struct_name(message->body), message->number, stream->priority, message->since});
            } else if (message->reply) {
                list.push_back({message->name + "_reply", struct_name(message->reply->body), message->reply->number,
                                stream->priority, message->since});
            }
        }
        return list;
    }
    [[nodiscard]] std::size_t sent_bytes_max() const {
        std::size_t most = 0;
        for (const Arrival& one : sent_by(side)) {
            const auto type = std::ranges::find(interface.structs, one.body, &StructType::name);
            most = std::max(most, kHeadBytes + type->bytes);
        }
        return most;
    }
};

std::string_view policy_text(Policy policy) {
    switch (policy) {
    case Policy::kBlock:
        return "kBlock";
    case Policy::kFail:
        return "kFail";
    case Policy::kDropOldest:
        return "kDropOldest";
    case Policy::kLatestOnly:
        return "kLatestOnly";
    }
    return "kBlock";
}

std::string shape_text(const Half& half) {
    std::string policies;
    for (const Stream& stream : half.service.streams) {
        policies +=
            std::format("{}zeta::figcom::BackPressure::{}", policies.empty() ? "" : ", ", policy_text(stream.policy));
    }
    std::size_t own_bytes = 0;
    std::uint32_t own = 0;
    std::uint32_t peers = 0;
    for (const Meta& meta : half.service.metas) {
        if (meta.from == half.side) {
            ++own;
            own_bytes = std::max(own_bytes, kHeadBytes + half.interface.structs[meta.body].bytes);
        } else {
            peers += meta.since == 0 ? 1 : 0;
        }
    }
    return std::format(
        "    static constexpr std::array<zeta::figcom::BackPressure, {}> kPolicies{{{}}};\n"
        "    static constexpr zeta::figcom::idl::Shape kShape{{.policies = kPolicies, .sent_bytes_max = {}, "
        ".own_states = {},\n        .own_state_bytes = {}, .peer_states = {}}};\n",
        half.service.streams.size(), policies, half.sent_bytes_max(), own, own_bytes, peers);
}

std::string visitor_text(const Half& half) {
    std::string text = "    /// What a visitor may handle: derive from it and write the handlers that matter.\n"
                       "    struct Visitor {\n";
    for (const Arrival& one : half.sent_by(other(half.side))) {
        text += std::format("        void on_{}(const {}& /*body*/, const zeta::figcom::idl::Info& /*info*/) {{}}\n",
                            one.name, one.body);
    }
    return text + "        void on_unknown(std::uint16_t /*type*/, const zeta::figcom::idl::Info& /*info*/) {}\n"
                  "        void on_invalid(const zeta::figcom::idl::Fault& /*fault*/, const zeta::figcom::idl::Info& "
                  "/*info*/) "
                  "{}\n    };\n";
}

std::string request_text(const Half& half, const Stream& stream, const Message& message) {
    const std::string& body = half.struct_name(message.body);
    const std::string& reply = half.struct_name(message.reply->body);
    std::string text = cpp_comment(message.doc, "    ");
    text += std::format(
        "    /// Asks; the answer comes as on_{0}_reply with the number that is returned.\n"
        "    [[nodiscard]] zeta::Result<std::uint32_t> request_{0}(const {1}& body, zeta::figcom::idl::Deadline "
        "deadline) {{\n        const std::uint32_t request = next_request();\n"
        "        ZETA_TRY(send({2}, {3}, request, body, deadline));\n        return request;\n    }}\n",
        message.name, body, message.number, stream.priority);
    text += std::format(
        "    /// Asks and waits for the answer; other messages go to `visitor` meanwhile.\n"
        "    template <typename V>\n"
        "    [[nodiscard]] zeta::Result<{2}> call_{0}(const {1}& body, zeta::figcom::idl::Deadline deadline, "
        "V& visitor) {{\n        ZETA_TRY_ASSIGN(const std::uint32_t request, request_{0}(body, deadline));\n"
        "        return await<{2}>({3}, request, {4}, {5}, deadline,\n"
        "            [&](const zeta::figcom::idl::Arrived& arrived) {{ hand_out(arrived, visitor); }});\n    }}\n",
        message.name, body, reply, message.reply->number, message.since, stream.priority);
    return text;
}

std::string sends_text(const Half& half) {
    std::string text;
    for (const auto& [stream, message] : messages_of(half.service)) {
        if (message->from == half.side && message->reply) {
            text += request_text(half, *stream, *message);
        } else if (message->from == half.side) {
            text += std::format(
                "{}    [[nodiscard]] zeta::Result<void> send_{}(const {}& body, zeta::figcom::idl::Deadline "
                "deadline) {{\n        return send({}, {}, 0, body, deadline);\n    }}\n",
                cpp_comment(message->doc, "    "), message->name, half.struct_name(message->body), message->number,
                stream->priority);
        } else if (message->reply) {
            text += std::format(
                "    /// Answers on_{0}; `request` is the number in its Info.\n"
                "    [[nodiscard]] zeta::Result<void> reply_{0}(std::uint32_t request, const {1}& body,\n"
                "                                                zeta::figcom::idl::Deadline deadline) {{\n"
                "        return send({2}, {3}, request, body, deadline);\n    }}\n",
                message->name, half.struct_name(message->reply->body), message->reply->number, stream->priority);
        }
    }
    return text;
}

std::string metas_text(const Half& half) {
    std::string text;
    for (const Meta& meta : half.service.metas) {
        const std::string& body = half.struct_name(meta.body);
        text += cpp_comment(meta.doc, "    ");
        if (meta.from == half.side) {
            text += std::format(
                "    /// Replaces the state; returns its version.\n"
                "    [[nodiscard]] zeta::Result<std::uint64_t> write_{}(const {}& body) {{ return write({}, "
                "body); }}\n",
                meta.name, body, meta.index);
        } else {
            text += std::format(
                "    /// The peer's newest one. A peer that wrote none, or does not have it: kBus with kNotFound "
                "or kInvalidArgument.\n"
                "    [[nodiscard]] std::expected<zeta::figcom::StateHead, zeta::figcom::idl::Fault> "
                "read_{}({}& body) {{\n        return read({}, {}, body);\n    }}\n",
                meta.name, body, meta.index, meta.since);
        }
    }
    return text;
}

std::string hand_out_text(const Half& half) {
    std::string text = "    template <typename V>\n"
                       "    void hand_out(const zeta::figcom::idl::Arrived& arrived, V& visitor) {\n"
                       "        switch (arrived.broken ? 0 : arrived.head.type) {\n";
    for (const Arrival& one : half.sent_by(other(half.side))) {
        text += std::format("        case {0}:\n            deliver<{1}>(arrived, {2}, {3}, visitor,\n"
                            "                [&](const {1}& body, const zeta::figcom::idl::Info& info) {{ "
                            "visitor.on_{4}(body, info); }});\n            break;\n",
                            one.number, one.body, one.since, one.priority, one.name);
    }
    const std::vector<Arrival> own = half.sent_by(half.side);
    for (const Arrival& one : own) {
        text += std::format("        case {}:\n", one.number);
    }
    if (!own.empty()) {
        text += "            deliver_other(arrived, true, visitor);\n            break;\n";
    }
    return text + "        default:\n            deliver_other(arrived, false, visitor);\n            break;\n"
                  "        }\n    }\n";
}

std::string port_text(const Half& half) {
    const std::string name = half.class_name();
    std::string text = "\n" + cpp_comment(half.service.doc, "");
    text += std::format("/// The {} of the service \"{}\". Borrows its channel.\n"
                        "class {} : public zeta::figcom::idl::Port {{\npublic:\n",
                        half.side == Side::kClient ? "side that opens" : "side that offers", half.service.name, name);
    text += std::format("    static constexpr std::string_view kService = \"{}\";\n{}\n{}\n", half.service.name,
                        shape_text(half), visitor_text(half));
    text += std::format(
        "    /// Errors: kUnsupported a channel without the streams or states of this service.\n"
        "    [[nodiscard]] static zeta::Result<{0}> create(zeta::figcom::Channel& channel) {{\n"
        "        ZETA_TRY(prepare(channel, kShape));\n        return {0}{{channel}};\n    }}\n"
        "    /// `spec` with room for this side's streams and states.\n"
        "    [[nodiscard]] static zeta::figcom::RegionSpec region(zeta::figcom::RegionSpec spec) noexcept {{\n"
        "        return shaped(spec, kShape);\n    }}\n\n",
        name);
    text += sends_text(half) + metas_text(half);
    text += "    /// Takes one message and calls its handler. False: there is none. Never blocks.\n"
            "    template <typename V>\n    bool receive(V& visitor) {\n        zeta::figcom::idl::Arrived arrived;\n"
            "        if (!take(arrived)) {\n            return false;\n        }\n        hand_out(arrived, visitor);\n"
            "        return true;\n    }\n";
    text += std::format("\nprivate:\n    explicit {}(zeta::figcom::Channel& channel)\n"
                        "        : Port(channel, Interface::kMajor, Interface::kMinor) {{}}\n",
                        name);
    return text + hand_out_text(half) + "};\n";
}

std::string redundants_text(const Interface& interface, const Service& service) {
    std::string text;
    for (const Redundant& one : service.redundants) {
        const std::string stream =
            std::format("zeta::figcom::idl::RecordStream{{.stream = {}U, .copies = {}, .major = {}, "
                        ".minor = {}, .since = {}}}",
                        one.stream, one.copies, interface.major, interface.minor, one.since);
        text += "\n" + cpp_comment(one.doc, "");
        for (const char* const end : {"Writer", "Reader"}) {
            text += std::format("using {0}{1}{2} = zeta::figcom::idl::Record{2}<{3},\n    {4}>;\n", camel(service.name),
                                camel(one.name), end, interface.structs[one.body].name, stream);
        }
    }
    return text;
}

std::string includes_text(const Interface& interface) {
    const bool ports = std::ranges::any_of(
        interface.services, [](const Service& service) { return !service.streams.empty() || !service.metas.empty(); });
    const bool records =
        std::ranges::any_of(interface.services, [](const Service& service) { return !service.redundants.empty(); });
    std::string text = "#include \"figcom-vbus/idl/runtime/codec.hpp\"\n";
    text += ports ? "#include \"figcom-vbus/idl/runtime/port.hpp\"\n" : "";
    text += records ? "#include \"figcom-vbus/idl/runtime/redundant.hpp\"\n" : "";
    return text + "\n#include <array>\n#include <cstddef>\n#include <cstdint>\n#include <limits>\n#include "
                  "<string_view>\n";
}

} // namespace

std::string cpp_ports(const Interface& interface) {
    std::string text;
    for (const Service& service : interface.services) {
        for (const Side side : {Side::kClient, Side::kServer}) {
            if (!service.streams.empty() || !service.metas.empty()) {
                text += port_text({interface, service, side});
            }
        }
        text += redundants_text(interface, service);
    }
    return text;
}

std::string to_cpp(const Interface& interface, std::string_view source) {
    std::string text;
    for (const std::string& line : interface.licence) {
        text += std::format("// {}\n", line);
    }
    text += std::format("// Made by figcom-idl from {} (interface {} {}.{}); do not edit.\n#pragma once\n\n", source,
                        interface.name(), interface.major, interface.minor);
    text += includes_text(interface);
    const std::string& space = interface.cpp_namespace;
    text += std::format(
        "\nnamespace {} {{\n\n{}struct Interface {{\n    static constexpr std::string_view kName = \"{}\";\n"
        "    static constexpr std::uint16_t kMajor = {};\n    static constexpr std::uint16_t kMinor = {};\n"
        "}};\n",
        space, cpp_comment(interface.doc, ""), interface.name(), interface.major, interface.minor);
    text += cpp_types(interface);
    text +=
        std::format("\n}} // namespace {}\n\nnamespace zeta::figcom::idl {{\n{}\n}} // namespace zeta::figcom::idl\n",
                    space, cpp_codecs(interface));
    const std::string ports = cpp_ports(interface);
    if (!ports.empty()) {
        text += std::format("\nnamespace {} {{\n{}\n}} // namespace {}\n", space, ports, space);
    }
    return text;
}

} // namespace zeta::idlgen
