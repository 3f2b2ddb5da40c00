// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/bus_client.hpp"

#include "figcom-vbus/core/boot_clock.hpp"
#include "figcom-vbus/core/channel_shapes.hpp"

#include <poll.h>

#include <algorithm>

namespace zeta::figcom {

namespace {

Error refusal(std::uint32_t reason) noexcept {
    switch (reason) {
    case FIGCOM_REFUSED_POLICY:
        return make_error(ErrorCode::kPermissionDenied, "open a channel: no rule of the broker's policy allows it");
    case FIGCOM_REFUSED_LIMIT:
        return make_error(ErrorCode::kResourceExhausted, "open a channel: the broker's quota is used up");
    default:
        return make_error(ErrorCode::kInvalidArgument, "open a channel: the broker could not read the request");
    }
}

} // namespace

Result<std::unique_ptr<BusClient>> BusClient::attach(Carrier& carrier, AgentRendezvous& rendezvous,
                                                     std::vector<std::string> services, Clock::time_point deadline) {
    if (services.size() > kServicesMax || !std::ranges::all_of(services, is_name)) {
        return fail(ErrorCode::kInvalidArgument, "attach to the bus: a service's name, or too many services");
    }
    std::unique_ptr<BusClient> client{new BusClient{carrier, rendezvous, std::move(services)}};
    client->loop_.watch(rendezvous.fd(), POLLIN, [](short /*events*/) {}); // a turn ends; take_answer() looks
    ZETA_TRY(client->ensure_attached(deadline));
    return client;
}

Result<void> BusClient::ensure_attached(Clock::time_point deadline) {
    if (lost_) { // not from inside the link's own call
        control_.reset();
        lost_ = false;
    }
    if (control_ != nullptr) {
        return {};
    }
    ZETA_TRY(offer());
    while (true) {
        ZETA_TRY_ASSIGN(const bool attached, take_answer());
        if (attached) {
            announce();
            return {};
        }
        ZETA_TRY(turn(deadline));
    }
}

Result<void> BusClient::offer() {
    epoch_ = fresh_epoch();
    const PeerId broker = rendezvous_.broker();
    ZETA_TRY_ASSIGN(auto doorbell, carrier_.listen(broker));
    const std::uint64_t port = doorbell->port();
    ZETA_TRY_ASSIGN(half_, Channel::prepare(carrier_, broker, std::move(doorbell), control_spec(epoch_)));
    return rendezvous_.publish({.reference = half_->memory->reference(), .port = port, .epoch = epoch_});
}

Result<bool> BusClient::take_answer() {
    ZETA_TRY_ASSIGN(const auto answer, rendezvous_.read_answer());
    if (!answer || answer->agent_epoch != epoch_) {
        return false; // nothing yet, or an answer to an earlier offer
    }
    Channel::Half half = std::move(*half_);
    half_.reset();
    half.doorbell->meet(answer->broker);
    ZETA_TRY_ASSIGN(auto memory, carrier_.map(answer->broker, answer->reference, kControlRegionMax));
    ZETA_TRY_ASSIGN(Channel channel, Channel::complete(std::move(half), std::move(memory)));
    control_ = std::make_unique<Link>(
        loop_, std::move(channel), Link::Options{.receive_bytes_max = kControlMessageMax},
        [this](const MessageHead& head, std::span<const std::byte> payload) { on_control(head.type, payload); },
        [this] { lost_ = true; });
    return true;
}

void BusClient::announce() {
    tell(FIGCOM_HELLO,
         as_payload(figcom_hello{
             .epoch = epoch_, .abi_major = FIGCOM_ABI_MAJOR, .abi_minor = FIGCOM_ABI_MINOR, .reserved = 0}));
    for (const std::string& service : services_) {
        figcom_register message{};
        std::ignore = write_name(message.service, service); // checked by attach()
        tell(FIGCOM_REGISTER, as_payload(message));
    }
    for (const auto& [id, known] : known_) {
        tell_up(id, known);
    }
    tell(FIGCOM_READY, as_payload(figcom_channel_close{.channel_id = 0}));
}

void BusClient::tell_up(std::uint64_t id, const Known& known) {
    figcom_channel_up up{.channel_id = id,
                         .epoch = known.epoch,
                         .peer = known.peer,
                         .initiator = known.initiator,
                         .own_endpoint = known.own_endpoint,
                         .peer_endpoint = known.peer_endpoint,
                         .service = {}};
    std::ignore = write_name(up.service, known.service);
    tell(FIGCOM_CHANNEL_UP, as_payload(up));
}

// One turn of the loop. Errors: kTimeout the deadline has passed before it.
Result<void> BusClient::turn(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
        return fail(ErrorCode::kTimeout, "wait for the broker");
    }
    return loop_.turn(std::min<std::chrono::milliseconds>(left, std::chrono::hours{1}));
}

Result<BusClient::Opened> BusClient::open(std::string_view guest, std::string_view service,
                                          Clock::time_point deadline) {
    figcom_channel_request request{.request = next_request_, .guest = {}, .service = {}};
    ZETA_TRY(write_name(request.guest, guest));
    ZETA_TRY(write_name(request.service, service));
    if (known_.size() >= kChannelsMax) {
        return fail(ErrorCode::kResourceExhausted, "open a channel: too many");
    }
    ZETA_TRY(ensure_attached(deadline));
    pending_ = {};
    pending_.request = next_request_++;
    pending_.known.service = service;
    tell(FIGCOM_CHANNEL_REQUEST, as_payload(request));
    while (!pending_.done) {
        const Result<void> turned = turn(deadline);
        if (lost_ || !turned) {
            pending_ = {}; // an answer that still comes is closed
            return lost_ ? fail(ErrorCode::kUnavailable, "open a channel: the broker is gone; try again")
                         : std::unexpected(turned.error());
        }
    }
    Result<Opened> done = std::move(*pending_.done);
    pending_ = {};
    return done;
}

Result<BusClient::Opened> BusClient::accept(Clock::time_point deadline) {
    while (accepted_.empty()) {
        ZETA_TRY(ensure_attached(deadline));
        ZETA_TRY(turn(deadline));
    }
    Opened opened = std::move(accepted_.front());
    accepted_.pop_front();
    return opened;
}

void BusClient::closed(std::uint64_t id) {
    if (known_.erase(id) != 0) {
        tell(FIGCOM_CHANNEL_CLOSE, as_payload(figcom_channel_close{.channel_id = id}));
    }
}

void BusClient::tell(figcom_control_type type, std::span<const std::byte> payload) {
    if (control_ == nullptr || lost_) {
        return; // said by announce() when a broker is there
    }
    const MessageHead head{.timestamp_ns = 0,
                           .source = 0,
                           .target = FIGCOM_ENDPOINT_BROKER,
                           .type = static_cast<std::uint16_t>(type),
                           .priority = 0};
    std::ignore = control_->send(head, payload); // fails on a lost link only, which the next call attaches again
}

void BusClient::on_control(std::uint16_t type, std::span<const std::byte> payload) {
    if (type == FIGCOM_CHANNEL_OPEN) {
        const auto open = read_payload<figcom_channel_open>(payload);
        if (open && (open->request != pending_.request || pending_.done)) { // its caller has given up
            tell(FIGCOM_CHANNEL_CLOSE, as_payload(figcom_channel_close{.channel_id = open->channel_id}));
        } else if (open) {
            if (const Result<void> made = make_half(*open); !made) {
                tell(FIGCOM_CHANNEL_CLOSE, as_payload(figcom_channel_close{.channel_id = open->channel_id}));
                pending_.done = std::unexpected(made.error());
            }
        }
    } else if (type == FIGCOM_CHANNEL_CONNECT) {
        const auto message = read_payload<figcom_channel_connect>(payload);
        if (message && pending_.half && message->channel_id == pending_.id) {
            pending_.done = connect(*message);
        }
    } else if (type == FIGCOM_CHANNEL_ACCEPT) {
        const auto message = read_payload<figcom_channel_accept>(payload);
        if (message && !take_accept(*message)) {
            tell(FIGCOM_CHANNEL_CLOSE, as_payload(figcom_channel_close{.channel_id = message->channel_id}));
        }
    } else if (type == FIGCOM_REFUSED) {
        const auto message = read_payload<figcom_refused>(payload);
        if (message && message->request == pending_.request) {
            pending_.done = std::unexpected(refusal(message->reason));
        }
    } else if (type == FIGCOM_CHANNEL_CLOSE) {
        const auto message = read_payload<figcom_channel_close>(payload);
        if (message && pending_.half && message->channel_id == pending_.id) {
            pending_.done = fail(ErrorCode::kUnavailable, "open a channel: the other side could not; try again");
        }
    } // the rest is for agents that run pings, or of a newer minor
}

Result<void> BusClient::make_half(const figcom_channel_open& open) {
    const PeerId peer{open.peer};
    ZETA_TRY_ASSIGN(auto doorbell, carrier_.listen(peer));
    const std::uint64_t port = doorbell->port();
    const RegionSpec spec = data_spec(open.channel_id, open.epoch, open.own_endpoint, open.peer_endpoint);
    ZETA_TRY_ASSIGN(pending_.half, Channel::prepare(carrier_, peer, std::move(doorbell), spec));
    pending_.id = open.channel_id;
    pending_.peer = peer;
    pending_.known = {.epoch = open.epoch,
                      .peer = open.peer,
                      .initiator = 1,
                      .own_endpoint = open.own_endpoint,
                      .peer_endpoint = open.peer_endpoint,
                      .service = pending_.known.service};
    tell(FIGCOM_CHANNEL_OFFER,
         as_payload(figcom_channel_offer{
             .channel_id = open.channel_id, .reference = pending_.half->memory->reference(), .port = port}));
    return {};
}

Result<BusClient::Opened> BusClient::connect(const figcom_channel_connect& connect) {
    Channel::Half half = std::move(*pending_.half);
    pending_.half.reset();
    auto memory = carrier_.map(pending_.peer, connect.reference, kDataRegionMax);
    auto channel = memory ? Channel::complete(std::move(half), std::move(*memory))
                          : Result<Channel>{std::unexpected(memory.error())};
    if (!channel) {
        tell(FIGCOM_CHANNEL_CLOSE, as_payload(figcom_channel_close{.channel_id = connect.channel_id}));
        return std::unexpected(channel.error());
    }
    const Known& known = known_.insert_or_assign(connect.channel_id, pending_.known).first->second;
    tell_up(connect.channel_id, known);
    return Opened{.id = connect.channel_id,
                  .channel = std::move(*channel),
                  .own_endpoint = known.own_endpoint,
                  .peer_endpoint = known.peer_endpoint,
                  .service = known.service};
}

Result<void> BusClient::take_accept(const figcom_channel_accept& accept) {
    ZETA_TRY_ASSIGN(const std::string service, read_name(accept.service));
    if (accepted_.size() >= kAcceptedMax || known_.size() >= kChannelsMax ||
        !std::ranges::contains(services_, service)) {
        return fail(ErrorCode::kResourceExhausted, "accept a channel: too many wait, or no such service");
    }
    const PeerId peer{accept.peer};
    ZETA_TRY_ASSIGN(auto doorbell, carrier_.connect(peer, accept.port));
    const RegionSpec spec = data_spec(accept.channel_id, accept.epoch, accept.own_endpoint, accept.peer_endpoint);
    ZETA_TRY_ASSIGN(auto half, Channel::prepare(carrier_, peer, std::move(doorbell), spec));
    const std::uint64_t reference = half.memory->reference();
    ZETA_TRY_ASSIGN(auto memory, carrier_.map(peer, accept.reference, kDataRegionMax));
    ZETA_TRY_ASSIGN(Channel channel, Channel::complete(std::move(half), std::move(memory)));
    known_.insert_or_assign(accept.channel_id, Known{.epoch = accept.epoch,
                                                     .peer = accept.peer,
                                                     .initiator = 0,
                                                     .own_endpoint = accept.own_endpoint,
                                                     .peer_endpoint = accept.peer_endpoint,
                                                     .service = service});
    accepted_.push_back({.id = accept.channel_id,
                         .channel = std::move(channel),
                         .own_endpoint = accept.own_endpoint,
                         .peer_endpoint = accept.peer_endpoint,
                         .service = service});
    tell(FIGCOM_CHANNEL_OFFER,
         as_payload(figcom_channel_offer{.channel_id = accept.channel_id, .reference = reference, .port = 0}));
    return {};
}

} // namespace zeta::figcom
