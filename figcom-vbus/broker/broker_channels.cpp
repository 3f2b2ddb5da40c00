// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Broker: set-up and end of the channels between guests.
#include "figcom-vbus/broker/broker.hpp"
#include "hypervisor/base/log.hpp"

#include <algorithm>
#include <format>

namespace zeta::figcom {

namespace {
std::uint32_t endpoint_of(PeerId peer) noexcept { return (peer.value << 8) + 16; }
} // namespace

Result<void> Broker::request(PeerId from, const figcom_channel_request& request) {
    const auto guest = read_name(request.guest);
    const auto service = read_name(request.service);
    if (!guest || !service) {
        refuse(from, request.request, FIGCOM_REFUSED_MALFORMED);
        return fail(ErrorCode::kCorrupt, "request a channel: malformed name");
    }
    const std::string& asker = sessions_.at(from).name;
    if (!policy_.allows(asker, *guest, *service)) {
        log(LogLevel::kWarning, "zeta-broker", "denied: guest {} asked for {} of guest {}; no policy rule allows it",
            asker, *service, *guest);
        refuse(from, request.request, FIGCOM_REFUSED_POLICY);
        return {};
    }
    const auto same_request = [&](const auto& other) { return other.from == from && other.request == request.request; };
    const bool opening = std::ranges::any_of(channels_, [&](const auto& entry) {
        return entry.second.initiator == from && entry.second.request == request.request;
    });
    if (opening || std::ranges::any_of(waiting_, same_request)) {
        return {}; // asked again while it is under way
    }
    const auto waits = std::ranges::count_if(waiting_, [&](const Waiting& other) { return other.from == from; });
    if (channels_of(from) >= kChannelsPerPeerMax || static_cast<std::size_t>(waits) >= kWaitingPerPeerMax) {
        refuse(from, request.request, FIGCOM_REFUSED_LIMIT);
        return fail(ErrorCode::kResourceExhausted, "request a channel: quota used up");
    }
    waiting_.push_back({.from = from, .request = request.request, .guest = *guest, .service = *service});
    serve_waiting();
    return {};
}

void Broker::serve_waiting() {
    for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
        const auto target = find_ready(waiting->guest);
        if (!target || !sessions_.at(*target).services.contains(waiting->service) ||
            channels_of(*target) >= kChannelsPerPeerMax) {
            ++waiting;
            continue;
        }
        const Waiting served = std::move(*waiting);
        waiting = waiting_.erase(waiting);
        introduce(served.from, served.request, *target, served.service);
    }
}

void Broker::introduce(PeerId from, std::uint64_t request, PeerId to, const std::string& service) {
    const std::uint64_t id = next_channel_++;
    channels_[id] = {.id = id,
                     .epoch = id, // each channel lives once
                     .request = request,
                     .initiator = from,
                     .target = to,
                     .from = sessions_.at(from).name,
                     .to = sessions_.at(to).name,
                     .service = service,
                     .state = ChannelState::kOpening};
    tell(from, FIGCOM_CHANNEL_OPEN,
         figcom_channel_open{.request = request,
                             .channel_id = id,
                             .epoch = id,
                             .peer = to.value,
                             .own_endpoint = endpoint_of(from),
                             .peer_endpoint = endpoint_of(to),
                             .reserved = 0});
}

// The first offer comes from the initiator, the second from the target.
Result<void> Broker::offer(PeerId from, const figcom_channel_offer& offer) {
    const auto found = channels_.find(offer.channel_id);
    if (found == channels_.end()) {
        return fail(ErrorCode::kNotFound, "pass on a channel offer: no such channel");
    }
    ChannelInfo& channel = found->second;
    if (channel.state == ChannelState::kOpening && from == channel.initiator) {
        channel.state = ChannelState::kAccepting;
        figcom_channel_accept accept{.channel_id = channel.id,
                                     .epoch = channel.epoch,
                                     .reference = offer.reference,
                                     .port = offer.port,
                                     .peer = channel.initiator.value,
                                     .own_endpoint = endpoint_of(channel.target),
                                     .peer_endpoint = endpoint_of(channel.initiator),
                                     .reserved = 0,
                                     .service = {}};
        ZETA_TRY(write_name(accept.service, channel.service));
        tell(channel.target, FIGCOM_CHANNEL_ACCEPT, accept);
        return {};
    }
    if (channel.state == ChannelState::kAccepting && from == channel.target) {
        channel.state = ChannelState::kConnecting;
        tell(channel.initiator, FIGCOM_CHANNEL_CONNECT,
             figcom_channel_connect{.channel_id = channel.id, .reference = offer.reference});
        return {};
    }
    return fail(ErrorCode::kConflict, "pass on a channel offer: not this guest's turn");
}

Result<void> Broker::up(PeerId from, const figcom_channel_up& up) {
    const auto found = channels_.find(up.channel_id);
    if (found != channels_.end()) {
        ChannelInfo& channel = found->second;
        if (from != channel.initiator && from != channel.target) {
            return fail(ErrorCode::kPermissionDenied, "note a live channel: it belongs to others");
        }
        channel.state = ChannelState::kUp;
        return {};
    }
    // A live channel of before our restart.
    if (channels_of(from) >= kChannelsPerPeerMax) {
        return fail(ErrorCode::kResourceExhausted, "note a live channel: quota used up");
    }
    ChannelInfo channel{.id = up.channel_id,
                        .epoch = up.epoch,
                        .request = 0,
                        .initiator = up.initiator != 0 ? from : PeerId{up.peer},
                        .target = up.initiator != 0 ? PeerId{up.peer} : from,
                        .from = {},
                        .to = {},
                        .service = {},
                        .state = ChannelState::kUp};
    ZETA_TRY_ASSIGN(channel.service, read_name(up.service));
    const auto name_of = [&](PeerId peer) {
        const auto session = sessions_.find(peer);
        return session != sessions_.end() ? session->second.name : std::format("peer-{}", peer.value);
    };
    channel.from = name_of(channel.initiator);
    channel.to = name_of(channel.target);
    channels_[up.channel_id] = std::move(channel);
    return {};
}

void Broker::close(PeerId from, std::uint64_t id) {
    const auto found = channels_.find(id);
    if (found == channels_.end() || (from != found->second.initiator && from != found->second.target)) {
        return;
    }
    const PeerId other = from == found->second.initiator ? found->second.target : found->second.initiator;
    channels_.erase(found);
    tell(other, FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = id});
}

void Broker::drop_channels(PeerId peer, bool tell_others) {
    for (auto entry = channels_.begin(); entry != channels_.end();) {
        const ChannelInfo& channel = entry->second;
        if (channel.initiator != peer && channel.target != peer) {
            ++entry;
            continue;
        }
        // A channel that was not yet up has no doorbell that could tell the other side.
        if (tell_others || channel.state != ChannelState::kUp) {
            const PeerId other = channel.initiator == peer ? channel.target : channel.initiator;
            tell(other, FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = channel.id});
        }
        entry = channels_.erase(entry);
    }
}

void Broker::refuse(PeerId peer, std::uint64_t request, figcom_refusal reason) {
    tell(peer, FIGCOM_REFUSED,
         figcom_refused{.request = request, .reason = static_cast<std::uint32_t>(reason), .reserved = 0});
}

std::size_t Broker::channels_of(PeerId peer) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        channels_, [&](const auto& entry) { return entry.second.initiator == peer || entry.second.target == peer; }));
}

} // namespace zeta::figcom
