// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Broker: what each peer has used of its quota, and the end of what the policy no longer allows.
#include "figcom-vbus/broker/broker.hpp"
#include "hypervisor/base/log.hpp"

namespace zeta::figcom {

namespace {
PeerId peer_of(const ChannelInfo& channel, Side side) noexcept {
    return side == Side::kAsker ? channel.initiator : channel.target;
}
bool& charged(ChannelInfo& channel, Side side) noexcept { return channel.charged[side == Side::kAsker ? 0 : 1]; }
} // namespace

std::optional<figcom_refusal> Broker::over_quota(PeerId peer, const figcom_shape& shape, Side side) const {
    const auto found = usage_.find(peer);
    const PeerUsage used = found != usage_.end() ? found->second : PeerUsage{};
    const Quota quota = policy_.quota_of(sessions_.at(peer).name);
    if (used.channels >= quota.channels) {
        return FIGCOM_REFUSED_LIMIT;
    }
    const std::uint64_t wanted = region_bytes_of(shape, side).value;
    if (used.memory_bytes > quota.memory_bytes || wanted > quota.memory_bytes - used.memory_bytes) {
        return FIGCOM_REFUSED_MEMORY;
    }
    return std::nullopt;
}

// Each side pays for the region that it makes.
void Broker::charge(ChannelInfo& channel, Side side) {
    if (charged(channel, side)) {
        return;
    }
    charged(channel, side) = true;
    PeerUsage& used = usage_[peer_of(channel, side)];
    ++used.channels;
    used.memory_bytes += region_bytes_of(channel.shape, side).value;
}

void Broker::end_setup(ChannelInfo& channel) {
    if (channel.state != ChannelState::kUp) {
        --usage_[channel.initiator].setups;
    }
}

Broker::Channels::iterator Broker::erase(Channels::iterator entry) {
    ChannelInfo& channel = entry->second;
    end_setup(channel);
    for (const Side side : {Side::kAsker, Side::kServer}) {
        if (charged(channel, side)) {
            PeerUsage& used = usage_[peer_of(channel, side)];
            --used.channels;
            used.memory_bytes -= region_bytes_of(channel.shape, side).value;
        }
    }
    return channels_.erase(entry);
}

// Both sides are told, and neither is asked: each drops its own mapping of the other. A side that never announced
// it is left alone: its channel of this number may be with somebody else.
Broker::Channels::iterator Broker::revoke(Channels::iterator entry, figcom_refusal reason) {
    const ChannelInfo channel = entry->second;
    log(LogLevel::kWarning, "zeta-broker", "revoked: channel {:016x} from guest {} to {} of guest {}; {}", channel.id,
        channel.from, channel.service, channel.to, explain(reason));
    const auto next = erase(entry);
    for (const Side side : {Side::kAsker, Side::kServer}) {
        const PeerId peer = peer_of(channel, side);
        if (!channel.charged[side == Side::kAsker ? 0 : 1]) {
            continue;
        }
        const auto session = sessions_.find(peer);
        if (session != sessions_.end() && session->second.abi_minor >= 2) {
            tell(peer, FIGCOM_CHANNEL_REVOKE,
                 figcom_channel_revoke{
                     .channel_id = channel.id, .reason = static_cast<std::uint32_t>(reason), .reserved = 0});
        } else {
            tell(peer, FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = channel.id});
        }
    }
    return next;
}

std::size_t Broker::revoke(std::uint64_t channel) {
    std::size_t count = 0;
    for (auto [entry, last] = channels_.equal_range(channel); entry != last; ++count) {
        entry = revoke(entry, FIGCOM_REFUSED_REVOKED);
    }
    return count;
}

// Channels that were learned from their other side before this one was there.
void Broker::learn_names(PeerId peer, const std::string& name) {
    for (auto entry = channels_.begin(); entry != channels_.end();) {
        ChannelInfo& channel = entry->second;
        const bool first = channel.initiator == peer && channel.from.empty();
        const bool second = channel.target == peer && channel.to.empty();
        if (!first && !second) {
            ++entry;
            continue;
        }
        (first ? channel.from : channel.to) = name;
        const auto verdict = policy_.decide(channel.from, channel.to, channel.service, channel.shape);
        entry = verdict.rule == nullptr ? revoke(entry, verdict.refusal) : std::next(entry);
    }
}

// Returns how many channels ended.
std::size_t Broker::recheck() {
    std::size_t revoked = 0;
    for (auto entry = channels_.begin(); entry != channels_.end();) {
        const ChannelInfo& channel = entry->second;
        if (channel.from.empty() || channel.to.empty()) {
            ++entry;
            continue;
        }
        const auto verdict = policy_.decide(channel.from, channel.to, channel.service, channel.shape);
        if (verdict.rule != nullptr) {
            ++entry;
            continue;
        }
        entry = revoke(entry, verdict.refusal);
        ++revoked;
    }
    for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
        const auto verdict =
            policy_.decide(sessions_.at(waiting->from).name, waiting->guest, waiting->service, waiting->shape);
        if (verdict.rule == nullptr) {
            --usage_[waiting->from].setups;
            refuse(waiting->from, waiting->request, verdict.refusal);
            waiting = waiting_.erase(waiting);
        } else {
            ++waiting;
        }
    }
    return revoked;
}

Result<PolicyReload> Broker::reload_policy(std::string& why) {
    auto fresh = Policy::load(policy_path_, why);
    if (!fresh) {
        log(LogLevel::kError, "zeta-broker", "policy {}: {}; the old policy stays", policy_path_, why);
        return std::unexpected(fresh.error());
    }
    policy_ = std::move(*fresh);
    const PolicyReload done{.rules = policy_.rules().size(), .revoked = recheck()};
    log(LogLevel::kInfo, "zeta-broker", "policy {}: {} rules; {} channels revoked", policy_path_, done.rules,
        done.revoked);
    return done;
}

} // namespace zeta::figcom
