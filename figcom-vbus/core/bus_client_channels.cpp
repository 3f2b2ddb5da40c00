// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// BusClient: set-up, end and revocation of channels.
#include "figcom-vbus/core/bus_client.hpp"

#include <algorithm>

namespace zeta::figcom {

namespace {

Error refusal(std::uint32_t reason) noexcept {
    switch (reason) {
    case FIGCOM_REFUSED_POLICY:
        return make_error(ErrorCode::kPermissionDenied, "open a channel: no rule of the broker's policy allows it");
    case FIGCOM_REFUSED_DIRECTION:
        return make_error(ErrorCode::kPermissionDenied, "open a channel: the policy allows the other direction only");
    case FIGCOM_REFUSED_KIND:
        return make_error(ErrorCode::kPermissionDenied,
                          "open a channel: the policy allows other kinds of traffic only");
    case FIGCOM_REFUSED_AMOUNT:
        return make_error(ErrorCode::kPermissionDenied, "open a channel: larger than the policy allows");
    case FIGCOM_REFUSED_REVOKED:
        return make_error(ErrorCode::kPermissionDenied, "open a channel: an operator revoked it");
    case FIGCOM_REFUSED_LIMIT:
        return make_error(ErrorCode::kResourceExhausted, "open a channel: our quota of channels is used up");
    case FIGCOM_REFUSED_MEMORY:
        return make_error(ErrorCode::kResourceExhausted, "open a channel: our quota of shared memory is used up");
    case FIGCOM_REFUSED_SETUPS:
        return make_error(ErrorCode::kResourceExhausted, "open a channel: our quota of set-ups at one time is used up");
    case FIGCOM_REFUSED_TARGET:
        return make_error(ErrorCode::kResourceExhausted, "open a channel: the serving side's quota is used up");
    case FIGCOM_REFUSED_OLD_PEER:
        return make_error(ErrorCode::kUnsupported, "open a channel: the serving side's agent is too old for its kind");
    default:
        return make_error(ErrorCode::kInvalidArgument, "open a channel: the broker could not read the request");
    }
}

} // namespace

Result<BusClient::Opened> BusClient::open(const Wanted& wanted, Clock::time_point deadline) {
    return std::move(open_all({&wanted, 1}, deadline).front());
}

std::vector<Result<BusClient::Opened>> BusClient::open_all(std::span<const Wanted> wanted, Clock::time_point deadline) {
    const Result<void> there = ensure_attached(deadline);
    std::vector<Result<std::uint64_t>> asked;
    std::vector<std::uint64_t> requests;
    for (const Wanted& one : wanted) {
        asked.push_back(there ? ask(one) : std::unexpected(there.error()));
        if (asked.back()) {
            requests.push_back(*asked.back());
        }
    }
    const Result<void> awaited = await(requests, deadline);
    // What we said last must not wait for our next call: the control channel may have been full.
    while (attached() && control_->queued() != 0 && turn(deadline)) {
    }
    std::vector<Result<Opened>> opened;
    for (const Result<std::uint64_t>& request : asked) {
        opened.push_back(request ? collect(*request, awaited) : std::unexpected(request.error()));
    }
    return opened;
}

Result<std::uint64_t> BusClient::ask(const Wanted& wanted) {
    figcom_channel_request request{.request = next_request_, .guest = {}, .service = {}};
    ZETA_TRY(write_name(request.guest, wanted.guest));
    ZETA_TRY(write_name(request.service, wanted.service));
    if (!check_shape(wanted.shape)) {
        return fail(ErrorCode::kInvalidArgument, "open a channel: a value of its shape is out of range");
    }
    if (known_.size() + pending_.size() >= kChannelsMax) {
        return fail(ErrorCode::kResourceExhausted, "open a channel: too many");
    }
    Pending& pending = pending_[next_request_];
    pending.known.service = wanted.service;
    pending.known.shape = wanted.shape;
    tell(FIGCOM_CHANNEL_REQUEST, shaped_payload(request, wanted.shape));
    return next_request_++;
}

// Until each of them is done one way or the other.
Result<void> BusClient::await(std::span<const std::uint64_t> requests, Clock::time_point deadline) {
    for (const std::uint64_t request : requests) {
        while (!pending_.at(request).done) {
            ZETA_TRY(turn(deadline));
            if (lost_) {
                ZETA_TRY(settle()); // says so to each of them
            }
        }
    }
    return {};
}

Result<BusClient::Opened> BusClient::collect(std::uint64_t request, const Result<void>& awaited) {
    const auto found = pending_.find(request);
    if (found->second.done) {
        Result<Opened> done = std::move(*found->second.done);
        pending_.erase(found);
        return done;
    }
    pending_.erase(found); // an answer that still comes is closed
    tell(FIGCOM_REQUEST_CANCEL, as_payload(figcom_request_cancel{.request = request}));
    return std::unexpected(awaited.error());
}

Result<BusClient::Opened> BusClient::accept(Clock::time_point deadline) {
    while (accepted_.empty()) {
        if (services_refused_) {
            return fail(ErrorCode::kConflict, "accept a channel: another program serves that name, or too many do");
        }
        ZETA_TRY(ensure_attached(deadline));
        ZETA_TRY(turn(deadline));
    }
    Opened opened = std::move(accepted_.front());
    accepted_.pop_front();
    return opened;
}

void BusClient::closed(std::uint64_t id) {
    revoked_.erase(id);
    if (known_.erase(id) != 0) {
        tell_close(id);
    }
}

void BusClient::on_control(std::uint16_t type, std::span<const std::byte> payload) {
    switch (type) {
    case FIGCOM_CHANNEL_OPEN:
        return on_open(payload);
    case FIGCOM_CHANNEL_CONNECT:
        return on_connect(payload);
    case FIGCOM_CHANNEL_ACCEPT:
        return on_accept(payload);
    case FIGCOM_REFUSED:
        return on_refused(payload);
    case FIGCOM_CHANNEL_CLOSE:
        return on_close(payload);
    case FIGCOM_CHANNEL_REVOKE:
        return on_revoke(payload);
    default:
        return; // for agents that run pings, or of a newer minor
    }
}

void BusClient::on_open(std::span<const std::byte> payload) {
    const auto open = read_shaped<figcom_channel_open>(payload);
    if (!open) {
        return;
    }
    const auto pending = pending_.find(open->head.request);
    if (pending == pending_.end() || pending->second.done) { // its caller has given up
        tell_close(open->head.channel_id);
    } else if (const Result<void> made = make_half(pending->second, *open); !made) {
        tell_close(open->head.channel_id);
        pending->second.done = std::unexpected(made.error());
    }
}

void BusClient::on_connect(std::span<const std::byte> payload) {
    const auto message = read_payload<figcom_channel_connect>(payload);
    if (!message) {
        return;
    }
    const auto pending = find_pending(message->channel_id);
    if (pending == pending_.end()) {
        tell_close(message->channel_id);
    } else if (pending->second.half) {
        pending->second.done = connect(pending->second, *message);
        if (!*pending->second.done) {
            tell_close(message->channel_id);
        }
    }
}

void BusClient::on_accept(std::span<const std::byte> payload) {
    const auto message = read_shaped<figcom_channel_accept>(payload);
    if (message && !take_accept(*message)) {
        tell_close(message->head.channel_id);
    }
}

void BusClient::on_refused(std::span<const std::byte> payload) {
    const auto message = read_payload<figcom_refused>(payload);
    if (!message) {
        return;
    }
    if (message->request == 0) { // no request of ours has this number
        services_refused_ = services_refused_ || message->reason == FIGCOM_REFUSED_SERVICE;
    } else if (const auto pending = pending_.find(message->request);
               pending != pending_.end() && !pending->second.done) {
        pending->second.done = std::unexpected(refusal(message->reason));
    }
}

// The peer says the same in its region, behind all that it sent: the channel itself is left to its owner.
void BusClient::on_close(std::span<const std::byte> payload) {
    const auto message = read_payload<figcom_channel_close>(payload);
    if (!message) {
        return;
    }
    if (const auto pending = find_pending(message->channel_id); pending != pending_.end()) {
        if (!pending->second.done) {
            pending->second.done = fail(ErrorCode::kUnavailable, "open a channel: the other side could not; try again");
        }
    }
    known_.erase(message->channel_id);
}

// Nobody else is asked: our region says that we are dead and leaves the peer's sight, and the peer's leaves ours.
void BusClient::on_revoke(std::span<const std::byte> payload) {
    const auto message = read_payload<figcom_channel_revoke>(payload);
    if (!message) {
        return;
    }
    const std::uint64_t id = message->channel_id;
    if (const auto pending = find_pending(id); pending != pending_.end()) {
        pending->second.half.reset();
        pending->second.done = std::unexpected(refusal(message->reason));
    }
    std::erase_if(accepted_, [&](const Opened& opened) { return opened.id == id; });
    const auto known = known_.find(id);
    if (known == known_.end()) {
        return;
    }
    if (const auto own = known->second.grip.own.lock()) {
        figcom_life& life = header_of(own->bytes()).life;
        store_release(life.closed, 1);
        store_release(life.alive, 0);
        std::ignore = own->revoke();
        revoked_.insert(id);
    }
    if (const auto peer = known->second.grip.peer.lock()) {
        std::ignore = peer->revoke();
    }
    known_.erase(known);
}

BusClient::PendingMap::iterator BusClient::find_pending(std::uint64_t channel_id) {
    return std::ranges::find_if(pending_, [&](const auto& entry) { return entry.second.id == channel_id; });
}

Result<void> BusClient::make_half(Pending& pending, const Shaped<figcom_channel_open>& open) {
    const PeerId peer{open.head.peer};
    const ChannelNames names{.channel_id = open.head.channel_id,
                             .epoch = open.head.epoch,
                             .own_endpoint = open.head.own_endpoint,
                             .peer_endpoint = open.head.peer_endpoint};
    ZETA_TRY_ASSIGN(auto doorbell, data_.listen(peer));
    const std::uint64_t port = doorbell->port();
    ZETA_TRY_ASSIGN(pending.half,
                    Channel::prepare(data_, peer, std::move(doorbell), spec_of(open.shape, Side::kAsker, names),
                                     rights_of(open.shape, Side::kAsker)));
    pending.id = open.head.channel_id;
    pending.known = {.epoch = open.head.epoch,
                     .peer = open.head.peer,
                     .initiator = 1,
                     .own_endpoint = open.head.own_endpoint,
                     .peer_endpoint = open.head.peer_endpoint,
                     .service = std::move(pending.known.service),
                     .shape = open.shape,
                     .grip = {}};
    tell(FIGCOM_CHANNEL_OFFER,
         as_payload(figcom_channel_offer{
             .channel_id = pending.id, .reference = pending.half->memory->reference(), .port = port}));
    return {};
}

Result<BusClient::Opened> BusClient::connect(Pending& pending, const figcom_channel_connect& connect) {
    Channel::Half half = std::move(*pending.half);
    pending.half.reset();
    ZETA_TRY_ASSIGN(auto memory, data_.map(PeerId{pending.known.peer}, connect.reference,
                                           map_limit_of(pending.known.shape, Side::kAsker)));
    ZETA_TRY_ASSIGN(Channel channel, Channel::complete(std::move(half), std::move(memory)));
    ZETA_TRY_ASSIGN(Opened opened, make_known(pending.id, pending.known, std::move(channel)));
    tell_up(pending.id, known_.at(pending.id));
    return opened;
}

Result<BusClient::Opened> BusClient::make_known(std::uint64_t id, Known known, Channel channel) {
    ZETA_TRY(set_policies(channel, known.shape));
    known.grip = channel.grip();
    channel.set_guard(guard_);
    Opened opened{.id = id,
                  .channel = std::move(channel),
                  .own_endpoint = known.own_endpoint,
                  .peer_endpoint = known.peer_endpoint,
                  .service = known.service,
                  .shape = known.shape};
    known_.insert_or_assign(id, std::move(known));
    return opened;
}

Result<void> BusClient::take_accept(const Shaped<figcom_channel_accept>& message) {
    const figcom_channel_accept& accept = message.head;
    ZETA_TRY_ASSIGN(const std::string service, read_name(accept.service));
    if (accepted_.size() >= kAcceptedMax || known_.size() >= kChannelsMax || known_.contains(accept.channel_id) ||
        !std::ranges::contains(services_, service)) {
        return fail(ErrorCode::kResourceExhausted, "accept a channel: too many wait, or no such service");
    }
    const PeerId peer{accept.peer};
    const ChannelNames names{.channel_id = accept.channel_id,
                             .epoch = accept.epoch,
                             .own_endpoint = accept.own_endpoint,
                             .peer_endpoint = accept.peer_endpoint};
    ZETA_TRY_ASSIGN(auto doorbell, data_.connect(peer, accept.port));
    ZETA_TRY_ASSIGN(auto half,
                    Channel::prepare(data_, peer, std::move(doorbell), spec_of(message.shape, Side::kServer, names),
                                     rights_of(message.shape, Side::kServer)));
    const std::uint64_t reference = half.memory->reference();
    ZETA_TRY_ASSIGN(auto memory, data_.map(peer, accept.reference, map_limit_of(message.shape, Side::kServer)));
    ZETA_TRY_ASSIGN(Channel channel, Channel::complete(std::move(half), std::move(memory)));
    ZETA_TRY_ASSIGN(Opened opened, make_known(accept.channel_id,
                                              {.epoch = accept.epoch,
                                               .peer = accept.peer,
                                               .initiator = 0,
                                               .own_endpoint = accept.own_endpoint,
                                               .peer_endpoint = accept.peer_endpoint,
                                               .service = service,
                                               .shape = message.shape,
                                               .grip = {}},
                                              std::move(channel)));
    accepted_.push_back(std::move(opened));
    tell(FIGCOM_CHANNEL_OFFER,
         as_payload(figcom_channel_offer{.channel_id = accept.channel_id, .reference = reference, .port = 0}));
    return {};
}

} // namespace zeta::figcom
