// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// ProgramRelay: requests and channels.
#include "guest-adapters/common/echo_service.hpp"
#include "guest-adapters/common/program_relay.hpp"
#include "hypervisor/base/log.hpp"

namespace zeta::guest {

using namespace figcom;

// The broker knows the request by a number of ours, since programs choose theirs alike.
Result<void> ProgramRelay::request(PeerId peer, Program& program, const Shaped<figcom_channel_request>& message) {
    const std::uint64_t own_number = message.head.request;
    ZETA_TRY(read_name(message.head.guest));
    ZETA_TRY_ASSIGN(std::string service, read_name(message.head.service));
    if (own_number == 0) {
        return fail(ErrorCode::kCorrupt, "pass on a request: it has no number");
    }
    if (program.requests.contains(own_number)) {
        return {}; // asked again while it is under way
    }
    if (is_full(program)) {
        log(LogLevel::kWarning, "zeta-agent", "program {} (process {}): refused a channel to {}: too many channels",
            program.name, peer.value, service);
        tell(peer, FIGCOM_REFUSED,
             as_payload(figcom_refused{.request = own_number, .reason = FIGCOM_REFUSED_LIMIT, .reserved = 0}));
        return {};
    }
    while (next_request_ == 0 || requests_.contains(next_request_) || broker_.has_request(next_request_)) {
        ++next_request_;
    }
    figcom_channel_request translated = message.head;
    translated.request = next_request_++;
    program.requests.emplace(own_number, translated.request);
    ++program.held;
    const Request& kept = requests_
                              .emplace(translated.request, Request{.program = peer,
                                                                   .own_number = own_number,
                                                                   .channel = 0,
                                                                   .message = shaped_payload(translated, message.shape),
                                                                   .service = std::move(service)})
                              .first->second;
    broker_.tell_broker(FIGCOM_CHANNEL_REQUEST, kept.message);
    return {};
}

// The broker ends a set-up of this request too, if it is that far.
void ProgramRelay::cancel(Program& program, std::uint64_t own_number) {
    const auto found = program.requests.find(own_number);
    if (found == program.requests.end()) {
        return; // answered meanwhile
    }
    const std::uint64_t number = found->second;
    if (const auto route = routes_.find(requests_.at(number).channel); route != routes_.end()) {
        drop_route(route); // and the request with it
    } else {
        drop_request(number);
    }
    broker_.tell_broker(FIGCOM_REQUEST_CANCEL, as_payload(figcom_request_cancel{.request = number}));
}

void ProgramRelay::offer(PeerId peer, const figcom_channel_offer& offer) {
    const auto route = routes_.find(offer.channel_id);
    if (route == routes_.end() || !route->second.owners.contains(peer) || route->second.up) {
        return; // closed meanwhile, or not its own
    }
    // The serving side has mapped the other one already: for it the channel is up, as it is for BusClient.
    route->second.up = route->second.request == 0;
    broker_.tell_broker(FIGCOM_CHANNEL_OFFER, as_payload(offer));
}

// Either the end of a set-up, or, before READY, a channel that the program had before we were there. That claim cannot
// be checked, so it takes nothing from others who claim the same: the channel lives until the last of them ends it.
Result<void> ProgramRelay::up(PeerId peer, Program& program, const Shaped<figcom_channel_up>& message) {
    ZETA_TRY(read_name(message.head.service));
    const std::uint64_t id = message.head.channel_id;
    const auto route = routes_.find(id);
    if (route != routes_.end() && !route->second.claimed) {
        if (route->second.owners.contains(peer) && !route->second.up) {
            route->second.up = true;
            drop_request(route->second.request);
            route->second.request = 0;
            broker_.tell_broker(FIGCOM_CHANNEL_UP, route->second.message);
        }
        return {};
    }
    if (program.ready || broker_.has_channel(id) || (route != routes_.end() && route->second.owners.contains(peer))) {
        return {};
    }
    if (is_full(program)) {
        log(LogLevel::kWarning, "zeta-agent", "program {} (process {}): too many channels; {:016x} is not in the books",
            program.name, peer.value, id);
        return {};
    }
    if (route != routes_.end()) {
        route->second.owners.insert(peer);
        ++program.held;
    } else {
        Route& claimed = add_route(id, peer);
        claimed.claimed = claimed.up = true;
        claimed.message = shaped_payload(message.head, message.shape);
    }
    broker_.tell_broker(FIGCOM_CHANNEL_UP, shaped_payload(message.head, message.shape));
    return {};
}

void ProgramRelay::close(PeerId peer, std::uint64_t channel) {
    if (const auto route = routes_.find(channel); route != routes_.end() && route->second.owners.contains(peer)) {
        drop_owner(route, peer);
    }
}

bool ProgramRelay::on_open(std::span<const std::byte> payload) {
    auto message = read_shaped<figcom_channel_open>(payload);
    if (!message) {
        return false;
    }
    figcom_channel_open& open = message->head;
    const auto found = requests_.find(open.request);
    if (found == requests_.end()) {
        if (broker_.has_request(open.request)) {
            return false;
        }
        tell_close(open.channel_id); // cancelled meanwhile
        return true;
    }
    Request& request = found->second;
    if (request.channel != 0 || broker_.has_channel(open.channel_id)) {
        return true; // no honest broker says this
    }
    Route& route = add_route(open.channel_id, request.program);
    --programs_.at(request.program).held; // the request's share is the channel's now
    request.channel = open.channel_id;
    route.request = found->first;
    figcom_channel_up up{.channel_id = open.channel_id,
                         .epoch = open.epoch,
                         .peer = open.peer,
                         .initiator = 1,
                         .own_endpoint = open.own_endpoint,
                         .peer_endpoint = open.peer_endpoint,
                         .service = {}};
    std::ignore = write_name(up.service, request.service);
    route.message = shaped_payload(up, message->shape);
    open.request = request.own_number;
    tell(request.program, FIGCOM_CHANNEL_OPEN, shaped_payload(open, message->shape));
    return true;
}

bool ProgramRelay::on_accept(std::span<const std::byte> payload) {
    const auto message = read_shaped<figcom_channel_accept>(payload);
    const auto service = message ? read_name(message->head.service) : std::unexpected(message.error());
    if (!service || *service == EchoService::kName) {
        return false;
    }
    const figcom_channel_accept& accept = message->head;
    const auto owner = services_.find(*service);
    if (owner == services_.end() || is_full(programs_.at(owner->second)) || broker_.has_channel(accept.channel_id)) {
        tell_close(accept.channel_id); // its program has died, or has enough
        return true;
    }
    Route& route = add_route(accept.channel_id, owner->second);
    figcom_channel_up up{.channel_id = accept.channel_id,
                         .epoch = accept.epoch,
                         .peer = accept.peer,
                         .initiator = 0,
                         .own_endpoint = accept.own_endpoint,
                         .peer_endpoint = accept.peer_endpoint,
                         .service = {}};
    std::ignore = write_name(up.service, *service);
    route.message = shaped_payload(up, message->shape);
    tell(owner->second, FIGCOM_CHANNEL_ACCEPT, payload);
    return true;
}

bool ProgramRelay::on_refused(std::span<const std::byte> payload) {
    auto message = read_payload<figcom_refused>(payload);
    const auto found = message ? requests_.find(message->request) : requests_.end();
    if (found == requests_.end()) {
        return false;
    }
    const PeerId peer = found->second.program;
    message->request = found->second.own_number;
    if (const auto route = routes_.find(found->second.channel); route != routes_.end()) {
        drop_route(route);
    } else {
        drop_request(found->first);
    }
    tell(peer, FIGCOM_REFUSED, as_payload(*message));
    return true;
}

// CONNECT goes on with a set-up; CLOSE and REVOKE end the channel for everybody who has it.
bool ProgramRelay::on_channel(std::uint16_t type, std::uint64_t channel, std::span<const std::byte> payload) {
    const auto route = routes_.find(channel);
    if (route == routes_.end()) {
        return false;
    }
    for (const PeerId owner : route->second.owners) {
        tell(owner, static_cast<figcom_control_type>(type), payload);
    }
    if (type != FIGCOM_CHANNEL_CONNECT) {
        drop_route(route);
    }
    return true;
}

bool ProgramRelay::is_full(const Program& program) const noexcept {
    return program.held >= kHeldPerProgramMax || requests_.size() + routes_.size() >= kHeldMax;
}

// The broker's word counts more than a program's claim to the same number.
ProgramRelay::Route& ProgramRelay::add_route(std::uint64_t channel, PeerId owner) {
    if (const auto claimed = routes_.find(channel); claimed != routes_.end()) {
        drop_route(claimed);
    }
    Route& route = routes_[channel];
    route.owners.insert(owner);
    ++programs_.at(owner).held;
    return route;
}

void ProgramRelay::drop_owner(Routes::iterator route, PeerId owner) {
    const std::uint64_t channel = route->first;
    if (route->second.owners.size() == 1) {
        drop_route(route);
        tell_close(channel);
        return;
    }
    route->second.owners.erase(owner);
    --programs_.at(owner).held;
}

void ProgramRelay::drop_route(Routes::iterator route) {
    const Route dropped = std::move(route->second);
    routes_.erase(route);
    for (const PeerId owner : dropped.owners) {
        --programs_.at(owner).held;
    }
    drop_request(dropped.request);
}

// Its program's number is free again. Nothing happens where there is none.
void ProgramRelay::drop_request(std::uint64_t number) {
    const auto found = requests_.find(number);
    if (found == requests_.end()) {
        return;
    }
    Program& program = programs_.at(found->second.program);
    program.requests.erase(found->second.own_number);
    if (found->second.channel == 0) {
        --program.held; // otherwise the channel's, which counts for itself
    }
    requests_.erase(found);
}

void ProgramRelay::tell_close(std::uint64_t channel) {
    broker_.tell_broker(FIGCOM_CHANNEL_CLOSE, as_payload(figcom_channel_close{.channel_id = channel}));
}

} // namespace zeta::guest
