// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Broker: set-up and end of the channels between guests.
#include "figcom-vbus/broker/broker.hpp"
#include "hypervisor/base/log.hpp"

#include <algorithm>

namespace zeta::figcom {

namespace {

std::uint32_t endpoint_of(PeerId peer) noexcept { return (peer.value << 8) + 16; }

// Who is at the other end and has said so, or was introduced by us. What one side claims alone after our restart is
// told to nobody else.
std::optional<PeerId> other_side(const ChannelInfo& channel, PeerId peer) noexcept {
    const bool asker = channel.initiator == peer;
    if (!channel.charged[asker ? 1 : 0]) {
        return std::nullopt;
    }
    return asker ? channel.target : channel.initiator;
}

// Agents of before shapes are told what they know.
figcom_refusal in_words_of(std::uint16_t abi_minor, figcom_refusal reason) noexcept {
    if (abi_minor >= 2 || reason <= FIGCOM_REFUSED_MALFORMED) {
        return reason;
    }
    const bool policy = reason == FIGCOM_REFUSED_DIRECTION || reason == FIGCOM_REFUSED_KIND ||
                        reason == FIGCOM_REFUSED_AMOUNT || reason == FIGCOM_REFUSED_REVOKED;
    return policy ? FIGCOM_REFUSED_POLICY : FIGCOM_REFUSED_LIMIT;
}

} // namespace

Result<void> Broker::request(PeerId from, const Shaped<figcom_channel_request>& request) {
    const std::uint64_t number = request.head.request;
    const auto guest = read_name(request.head.guest);
    const auto service = read_name(request.head.service);
    if (!guest || !service) {
        refuse(from, number, FIGCOM_REFUSED_MALFORMED);
        return fail(ErrorCode::kCorrupt, "request a channel: malformed name");
    }
    const std::string& asker = sessions_.at(from).name;
    const Policy::Verdict verdict = policy_.decide(asker, *guest, *service, request.shape);
    if (verdict.rule == nullptr) {
        log(LogLevel::kWarning, "zeta-broker", "denied: guest {} asked for {} of guest {}; {}", asker, *service, *guest,
            explain(verdict.refusal));
        refuse(from, number, verdict.refusal);
        return {};
    }
    const bool opening = std::ranges::any_of(channels_, [&](const auto& entry) {
        return entry.second.initiator == from && entry.second.request == number &&
               entry.second.state != ChannelState::kUp;
    });
    if (opening || std::ranges::any_of(
                       waiting_, [&](const Waiting& other) { return other.from == from && other.request == number; })) {
        return {}; // asked again while it is under way
    }
    auto over = over_quota(from, request.shape, Side::kAsker);
    if (!over && usage_[from].setups >= policy_.quota_of(asker).setups) {
        over = FIGCOM_REFUSED_SETUPS;
    }
    if (over) {
        log(LogLevel::kWarning, "zeta-broker", "refused: guest {} asked for {} of guest {}; {}", asker, *service,
            *guest, explain(*over));
        refuse(from, number, *over);
        return {};
    }
    ++usage_[from].setups;
    waiting_.push_back({.from = from, .request = number, .guest = *guest, .service = *service, .shape = request.shape});
    if (serve(waiting_.back())) {
        waiting_.pop_back();
    }
    return {};
}

void Broker::serve_waiting() {
    for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
        waiting = serve(*waiting) ? waiting_.erase(waiting) : std::next(waiting);
    }
}

// False: its target is not there yet. What the policy and the quotas say may have changed while it waited.
bool Broker::serve(const Waiting& waiting) {
    const auto target = find_ready(waiting.guest);
    if (!target || !sessions_.at(*target).services.contains(waiting.service)) {
        return false;
    }
    const Session& asker = sessions_.at(waiting.from);
    const Policy::Verdict verdict = policy_.decide(asker.name, waiting.guest, waiting.service, waiting.shape);
    std::optional<figcom_refusal> refusal;
    figcom_shape shape = waiting.shape;
    if (verdict.rule == nullptr) {
        refusal = verdict.refusal;
    } else {
        shape.notifications_per_s = verdict.rule->notifications_per_s;
        shape.notification_burst = verdict.rule->notification_burst;
        refusal = over_quota(waiting.from, shape, Side::kAsker);
        if (!refusal && over_quota(*target, shape, Side::kServer)) {
            refusal = FIGCOM_REFUSED_TARGET;
        }
    }
    if (!refusal && std::min(asker.abi_minor, sessions_.at(*target).abi_minor) < 2) {
        shape.notifications_per_s = shape.notification_burst = 0; // not understood there; nothing else is lost by it
        refusal = is_default(shape) ? std::nullopt : std::optional{FIGCOM_REFUSED_OLD_PEER};
    }
    if (refusal) {
        --usage_[waiting.from].setups;
        refuse(waiting.from, waiting.request, *refusal);
        return true;
    }
    introduce(waiting, *target, shape);
    return true;
}

void Broker::introduce(const Waiting& waiting, PeerId to, const figcom_shape& shape) {
    const std::uint64_t id = next_channel_++;
    const PeerId from = waiting.from;
    ChannelInfo& channel = channels_
                               .emplace(id, ChannelInfo{.id = id,
                                                        .epoch = id, // each channel lives once
                                                        .request = waiting.request,
                                                        .initiator = from,
                                                        .target = to,
                                                        .from = sessions_.at(from).name,
                                                        .to = sessions_.at(to).name,
                                                        .service = waiting.service,
                                                        .state = ChannelState::kOpening,
                                                        .shape = shape,
                                                        .charged = {}})
                               ->second;
    charge(channel, Side::kAsker);
    charge(channel, Side::kServer);
    const figcom_channel_open open{.request = waiting.request,
                                   .channel_id = id,
                                   .epoch = id,
                                   .peer = to.value,
                                   .own_endpoint = endpoint_of(from),
                                   .peer_endpoint = endpoint_of(to),
                                   .reserved = 0};
    tell_bytes(from, FIGCOM_CHANNEL_OPEN, shaped_payload(open, shape));
}

// Nobody waits for the answer: what the request held is free again. A channel that is up already is closed by its
// owner, who hears of it.
void Broker::cancel(PeerId from, std::uint64_t request) {
    const auto waiting =
        std::ranges::find_if(waiting_, [&](const Waiting& one) { return one.from == from && one.request == request; });
    if (waiting != waiting_.end()) {
        waiting_.erase(waiting);
        --usage_[from].setups;
        return;
    }
    const auto found = std::ranges::find_if(channels_, [&](const auto& entry) {
        const ChannelInfo& channel = entry.second;
        return channel.initiator == from && channel.request == request && channel.state != ChannelState::kUp;
    });
    if (found != channels_.end()) {
        if (found->second.state != ChannelState::kOpening) {
            tell(found->second.target, FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = found->first});
        }
        erase(found);
    }
}

// The first offer comes from the initiator, the second from the target.
Result<void> Broker::offer(PeerId from, const figcom_channel_offer& offer) {
    const auto found = find_channel(offer.channel_id, from);
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
        tell_bytes(channel.target, FIGCOM_CHANNEL_ACCEPT, shaped_payload(accept, channel.shape));
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

Result<void> Broker::up(PeerId from, const Shaped<figcom_channel_up>& up) {
    // Both ends must be the same: another peer may have claimed this number after our restart.
    const bool asked = up.head.initiator != 0;
    const PeerId other{up.head.peer};
    const auto [first, last] = channels_.equal_range(up.head.channel_id);
    const auto found = std::find_if(first, last, [&](const auto& entry) {
        return entry.second.initiator == (asked ? from : other) && entry.second.target == (asked ? other : from);
    });
    if (found == last) {
        return learn(from, up);
    }
    ChannelInfo& channel = found->second;
    if (channel.state == ChannelState::kConnecting) {
        end_setup(channel);
        channel.state = ChannelState::kUp;
    } else if (channel.state != ChannelState::kUp) {
        return fail(ErrorCode::kConflict, "note a live channel: its set-up is not that far");
    }
    charge(channel, asked ? Side::kAsker : Side::kServer); // learned from its other side before
    return {};
}

// A live channel of before our restart, as one side tells it. It counts against that side alone until the other
// says the same, so that nobody can fill another's quota.
Result<void> Broker::learn(PeerId from, const Shaped<figcom_channel_up>& up) {
    if (up.head.channel_id >= next_channel_) { // it would stand in the way of the channel that gets the number
        return fail(ErrorCode::kCorrupt, "note a live channel: no broker has given out this number");
    }
    const bool asked = up.head.initiator != 0;
    const Side side = asked ? Side::kAsker : Side::kServer;
    ChannelInfo channel{.id = up.head.channel_id,
                        .epoch = up.head.epoch,
                        .request = 0,
                        .initiator = asked ? from : PeerId{up.head.peer},
                        .target = asked ? PeerId{up.head.peer} : from,
                        .from = {},
                        .to = {},
                        .service = {},
                        .state = ChannelState::kUp,
                        .shape = up.shape,
                        .charged = {}};
    ZETA_TRY_ASSIGN(channel.service, read_name(up.head.service));
    const auto name_of = [&](PeerId peer) {
        const auto session = sessions_.find(peer);
        return session != sessions_.end() ? session->second.name : std::string{};
    };
    channel.from = name_of(channel.initiator);
    channel.to = name_of(channel.target);
    const auto over = over_quota(from, channel.shape, side);
    const auto added = channels_.emplace(up.head.channel_id, std::move(channel));
    charge(added->second, side);
    if (over) {
        revoke(added, *over);
    } else if (!added->second.from.empty() && !added->second.to.empty()) {
        const ChannelInfo& known = added->second;
        const auto verdict = policy_.decide(known.from, known.to, known.service, known.shape);
        if (verdict.rule == nullptr) {
            revoke(added, verdict.refusal);
        }
    } // else once the other side's name is known: learn_names()
    return {};
}

void Broker::close(PeerId from, std::uint64_t id) {
    for (auto found = find_channel(id, from); found != channels_.end(); found = find_channel(id, from)) {
        const auto other = other_side(found->second, from);
        erase(found);
        if (other) {
            tell(*other, FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = id});
        }
    }
}

void Broker::drop_channels(PeerId peer, bool tell_others) {
    for (auto entry = channels_.begin(); entry != channels_.end();) {
        const ChannelInfo& channel = entry->second;
        if (channel.initiator != peer && channel.target != peer) {
            ++entry;
            continue;
        }
        // A channel that was not yet up has no doorbell that could tell the other side.
        const auto other = other_side(channel, peer);
        if (other && (tell_others || channel.state != ChannelState::kUp)) {
            tell(*other, FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = channel.id});
        }
        entry = erase(entry);
    }
}

void Broker::refuse(PeerId peer, std::uint64_t request, figcom_refusal reason) {
    const figcom_refusal said = in_words_of(sessions_.at(peer).abi_minor, reason);
    tell(peer, FIGCOM_REFUSED,
         figcom_refused{.request = request, .reason = static_cast<std::uint32_t>(said), .reserved = 0});
}

// Whoever waits for an answer gets one, if the message at least names the request.
void Broker::refuse_unread(PeerId peer, std::span<const std::byte> request) {
    static_assert(offsetof(figcom_channel_request, request) == 0);
    std::uint64_t number = 0;
    if (request.size() >= sizeof number) {
        std::memcpy(&number, request.data(), sizeof number);
        refuse(peer, number, FIGCOM_REFUSED_MALFORMED);
    }
}

Broker::Channels::iterator Broker::find_channel(std::uint64_t id, PeerId peer) {
    const auto [first, last] = channels_.equal_range(id);
    const auto found = std::find_if(
        first, last, [&](const auto& entry) { return entry.second.initiator == peer || entry.second.target == peer; });
    return found == last ? channels_.end() : found;
}

} // namespace zeta::figcom
