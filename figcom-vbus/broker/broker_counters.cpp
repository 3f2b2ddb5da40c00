// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Broker: the channels' counters, which the agents tell when they are asked.
#include "figcom-vbus/broker/broker.hpp"

namespace zeta::figcom {

namespace {
constexpr std::size_t kUnsentMax = 16; // an agent that does not listen is not asked again
}

std::uint64_t Broker::ask_counters() {
    const auto now = EventLoop::Clock::now();
    if (counters_round_ != 0 && now - counters_asked_ < kCountersPause) {
        return counters_round_;
    }
    counters_asked_ = now;
    ++counters_round_;
    for (const auto& [peer, session] : sessions_) {
        if (session.ready && session.link->queued() <= kUnsentMax) {
            tell(peer, FIGCOM_COUNTERS_ASK, figcom_counters_ask{.round = counters_round_});
        }
    }
    return counters_round_;
}

// What an agent says of its own end: nobody else's, and of no channel that it has no part in.
Result<void> Broker::counters(PeerId from, const figcom_counters& counters) {
    const auto found = find_channel(counters.channel_id, from);
    if (found == channels_.end()) {
        return {}; // a channel that ended meanwhile
    }
    const std::size_t end = from == found->second.initiator ? 0 : 1;
    found->second.ends.at(end) = ChannelInfo::End{.counters = counters, .heard = EventLoop::Clock::now()};
    return {};
}

} // namespace zeta::figcom
