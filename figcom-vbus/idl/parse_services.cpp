// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Services: what travels on their channels, under which number, from which side.
#include "figcom-vbus/idl/parse_state.hpp"

#include <algorithm>
#include <format>

namespace zeta::idlgen {

namespace {

/// Every named thing of a service has its own name: the ports' methods are made of them.
bool need_fresh_name(ParseState& state, const Service& service, Place place, const std::string& name) {
    bool taken = std::ranges::contains(service.streams, name, &Stream::name) ||
                 std::ranges::contains(service.metas, name, &Meta::name) ||
                 std::ranges::contains(service.redundants, name, &Redundant::name);
    for (const Placed& one : messages_of(service)) {
        taken = taken || one.message->name == name ||
                (one.message->reply && (one.message->name + "_reply" == name || one.message->name == name + "_reply"));
    }
    return !taken || state.complain(place, std::format("a second \"{}\" in service {}", name, service.name),
                                    "give it another name (a request's answer is called NAME_reply)");
}

bool need_message_number(ParseState& state, const Service& service, std::uint16_t& number) {
    const Place place = state.peek().place;
    std::uint64_t wanted = 0;
    if (!state.need_count("a message's number", kMessageNumberMin, kMessageNumberMax, wanted)) {
        return false;
    }
    number = static_cast<std::uint16_t>(wanted);
    for (const Placed& one : messages_of(service)) {
        if (one.message->number == number || (one.message->reply && one.message->reply->number == number)) {
            return state.complain(place, std::format("message number {} is taken by {}", number, one.message->name),
                                  "choose another number; numbers of removed messages stay unused");
        }
    }
    return true;
}

bool parse_reply(ParseState& state, const Service& service, Message& message) {
    if (!state.need_word("reply", "a request's struct")) {
        return false;
    }
    Reply reply;
    const Place place = state.peek().place;
    if (!need_message_number(state, service, reply.number)) {
        return false;
    }
    if (reply.number == message.number) {
        return state.complain(place, "a request and its reply have the same number", "choose another one");
    }
    if (!state.need_sign(":", "a reply's number") || !state.need_body(kBodyBytesMax, reply.body)) {
        return false;
    }
    message.reply = reply;
    return true;
}

bool parse_message(ParseState& state, Service& service, Stream& stream, bool request) {
    Message message;
    message.doc = state.peek().doc;
    std::ignore = state.take(); // the word
    message.place = state.peek().place;
    if (!state.need_name("a message", message.name) || !need_fresh_name(state, service, message.place, message.name) ||
        !state.need_sign("=", "a message's name") || !need_message_number(state, service, message.number) ||
        !state.need_sign(":", "a message's number") || !state.need_body(kBodyBytesMax, message.body) ||
        (request && !parse_reply(state, service, message))) {
        return false;
    }
    if (request && stream.policy != Policy::kBlock && stream.policy != Policy::kFail) {
        return state.complain(message.place, std::format("request {} on a stream that drops messages", message.name),
                              "move it to a stream with policy block or fail");
    }
    if (!state.need_word("from", "a message's struct") || !state.need_side(message.from) ||
        !state.read_since(message.since)) {
        return false;
    }
    if (messages_of(service).size() == kMessagesMax) {
        return state.complain(message.place, std::format("more than {} messages", kMessagesMax), "divide the service");
    }
    stream.messages.push_back(std::move(message));
    return state.need_sign(";", "a message");
}

bool need_policy(ParseState& state, Policy& policy) {
    for (const Policy one : {Policy::kBlock, Policy::kFail, Policy::kDropOldest, Policy::kLatestOnly}) {
        if (state.skip_word(name(one))) {
            policy = one;
            return true;
        }
    }
    return state.complain(state.peek().place, "no such policy", "write block, fail, drop_oldest or latest_only");
}

bool parse_stream(ParseState& state, Service& service) {
    Stream stream;
    stream.doc = state.peek().doc;
    std::ignore = state.take();
    const Place place = state.peek().place;
    std::uint64_t priority = 0;
    if (!state.need_name("a stream", stream.name) || !need_fresh_name(state, service, place, stream.name) ||
        !state.need_word("priority", "a stream's name") ||
        !state.need_count("a priority", 0, kStreamsMax - 1, priority) || !state.need_word("policy", "the priority") ||
        !need_policy(state, stream.policy) || !state.need_sign("{", "the policy")) {
        return false;
    }
    stream.priority = static_cast<std::uint8_t>(priority);
    if (stream.priority != service.streams.size()) {
        return state.complain(
            place, std::format("stream {} has priority {}", stream.name, priority),
            std::format("number the streams of a service 0, 1, 2 …: here {}", service.streams.size()));
    }
    service.streams.push_back(std::move(stream)); // its messages see each other's names and numbers
    while (!state.skip_sign("}")) {
        const bool request = state.is_word("request");
        if (!request && !state.is_word("message")) {
            return state.complain(state.peek().place, "neither a message nor a request",
                                  "begin with \"message\" or \"request\", or end the stream with \"}\"");
        }
        if (!parse_message(state, service, service.streams.back(), request)) {
            return false;
        }
    }
    return !service.streams.back().messages.empty() ||
           state.complain(place, std::format("stream {} has no message", service.streams.back().name), "add one");
}

bool parse_meta(ParseState& state, Service& service) {
    Meta meta;
    meta.doc = state.peek().doc;
    std::ignore = state.take();
    const Place place = state.peek().place;
    std::uint64_t index = 0;
    if (!state.need_name("a meta sync", meta.name) || !need_fresh_name(state, service, place, meta.name) ||
        !state.need_sign("=", "a meta sync's name") ||
        !state.need_count("a meta sync's number", 0, kStatesMax - 1, index) ||
        !state.need_sign(":", "a meta sync's number") || !state.need_body(kBodyBytesMax, meta.body) ||
        !state.need_word("from", "a meta sync's struct") || !state.need_side(meta.from) ||
        !state.read_since(meta.since)) {
        return false;
    }
    meta.index = static_cast<std::uint32_t>(index);
    // Each side's states are counted from 0, without holes: their number is the region's.
    const auto before = std::ranges::count(service.metas, meta.from, &Meta::from);
    if (meta.index != static_cast<std::uint32_t>(before)) {
        return state.complain(place,
                              std::format("meta sync {} of the {} has number {}", meta.name, name(meta.from), index),
                              std::format("number the meta syncs of a side 0, 1, 2 …: here {}", before));
    }
    service.metas.push_back(std::move(meta));
    return state.need_sign(";", "a meta sync");
}

bool parse_redundant(ParseState& state, Service& service) {
    Redundant redundant;
    redundant.doc = state.peek().doc;
    std::ignore = state.take();
    const Place place = state.peek().place;
    std::uint64_t copies = 0;
    if (!state.need_name("a redundant sync", redundant.name) ||
        !need_fresh_name(state, service, place, redundant.name) || !state.need_sign("=", "a redundant sync's name") ||
        !state.need_count("a redundant sync's stream number", 1, UINT64_MAX, redundant.stream) ||
        !state.need_sign(":", "the stream number") || !state.need_body(kRecordBytesMax, redundant.body) ||
        !state.need_word("copies", "the record's struct") || !state.need_count("copies", 1, kCopiesMax, copies) ||
        !state.read_since(redundant.since)) {
        return false;
    }
    if (std::ranges::contains(service.redundants, redundant.stream, &Redundant::stream)) {
        return state.complain(place, std::format("a second redundant sync with number {}", redundant.stream),
                              "choose another number");
    }
    redundant.copies = static_cast<std::uint32_t>(copies);
    service.redundants.push_back(std::move(redundant));
    return state.need_sign(";", "a redundant sync");
}

} // namespace

bool parse_service(ParseState& state, std::vector<std::string> doc) {
    Service service;
    service.doc = std::move(doc);
    service.place = state.peek().place;
    if (!state.need_name("a service", service.name)) {
        return false;
    }
    if (std::ranges::contains(state.interface.services, service.name, &Service::name) ||
        state.interface.services.size() == kServicesMax) {
        return state.complain(service.place,
                              std::format("a second service \"{}\", or more than {}", service.name, kServicesMax),
                              "give it another name, or divide the interface");
    }
    if (!state.need_sign("{", "a service's name")) {
        return false;
    }
    while (!state.skip_sign("}")) {
        bool going = false;
        if (state.is_word("stream")) {
            going = parse_stream(state, service);
        } else if (state.is_word("meta")) {
            going = parse_meta(state, service);
        } else if (state.is_word("redundant")) {
            going = parse_redundant(state, service);
        } else {
            going = state.complain(state.peek().place, "no stream, no meta sync, no redundant sync",
                                   "begin with stream, meta or redundant, or end the service with \"}\"");
        }
        if (!going) {
            return false;
        }
    }
    if (service.streams.empty() && service.metas.empty() && service.redundants.empty()) {
        return state.complain(service.place, std::format("service {} has nothing", service.name), "add a stream");
    }
    state.interface.services.push_back(std::move(service));
    return true;
}

} // namespace zeta::idlgen
