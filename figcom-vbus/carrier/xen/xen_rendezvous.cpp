// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/carrier/xen/xen_rendezvous.hpp"

#include "figcom-vbus/core/control_message.hpp"

#include <charconv>
#include <format>
#include <set>

namespace zeta::figcom {

namespace {

constexpr std::string_view kAgentNode = "data/figcom/agent";
constexpr std::string_view kBrokerNode = "data/figcom/broker";
constexpr std::string_view kDomainsToken = "domains";
constexpr std::string_view kOfferTokenPrefix = "offer/";

std::string path_of(PeerId peer, std::string_view node) { return std::format("/local/domain/{}/{}", peer.value, node); }

std::optional<PeerId> parse_peer(std::string_view text) noexcept {
    PeerId peer;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), peer.value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return peer;
}

} // namespace

Result<std::unique_ptr<XenAgentRendezvous>> XenAgentRendezvous::create() {
    ZETA_TRY_ASSIGN(XenStore store, XenStore::open());
    std::unique_ptr<XenAgentRendezvous> made{new XenAgentRendezvous{std::move(store)}};
    ZETA_TRY(made->store_.watch(kBrokerNode, "broker"));
    return made;
}

Result<void> XenAgentRendezvous::publish(const AgentOffer& offer) { return store_.write(kAgentNode, to_text(offer)); }

// Reading the node can bring an event along with its reply; then the device has nothing left to wake us with, so the
// node is read again until no event is kept.
Result<std::optional<BrokerAnswer>> XenAgentRendezvous::read_answer() {
    while (true) {
        ZETA_TRY(drain_events());
        const Result<std::string> text = store_.read(kBrokerNode);
        ZETA_TRY_ASSIGN(const auto late, store_.take_event());
        if (late) {
            continue;
        }
        if (!text) {
            return text.error().code == ErrorCode::kNotFound ? Result<std::optional<BrokerAnswer>>{std::nullopt}
                                                             : std::unexpected(text.error());
        }
        ZETA_TRY_ASSIGN(const BrokerAnswer answer, parse_broker_answer(*text));
        return answer;
    }
}

Result<void> XenAgentRendezvous::drain_events() {
    while (true) {
        ZETA_TRY_ASSIGN(const auto event, store_.take_event());
        if (!event) {
            return {};
        }
    }
}

Result<std::unique_ptr<XenBrokerRendezvous>> XenBrokerRendezvous::create() {
    ZETA_TRY_ASSIGN(XenStore store, XenStore::open());
    std::unique_ptr<XenBrokerRendezvous> made{new XenBrokerRendezvous{std::move(store)}};
    ZETA_TRY(made->store_.watch("@introduceDomain", kDomainsToken));
    ZETA_TRY(made->store_.watch("@releaseDomain", kDomainsToken));
    return made;
}

Result<std::vector<PeerNews>> XenBrokerRendezvous::take_news() {
    std::vector<PeerNews> news;
    if (!scanned_) {
        ZETA_TRY(rescan(news));
        scanned_ = true;
    }
    while (true) {
        ZETA_TRY_ASSIGN(const auto event, store_.take_event());
        if (!event) {
            return news;
        }
        if (event->token == kDomainsToken) {
            ZETA_TRY(rescan(news));
        } else if (event->token.starts_with(kOfferTokenPrefix)) {
            if (const auto peer = parse_peer(std::string_view{event->token}.substr(kOfferTokenPrefix.size()))) {
                look_at(*peer, news);
            }
        }
    }
}

// Domains that came get a watch; domains that went are reported.
Result<void> XenBrokerRendezvous::rescan(std::vector<PeerNews>& news) {
    ZETA_TRY_ASSIGN(const std::vector<std::string> names, store_.list("/local/domain"));
    std::set<PeerId> present;
    for (const std::string& name : names) {
        const auto peer = parse_peer(name);
        if (!peer || *peer == self()) {
            continue;
        }
        present.insert(*peer);
        if (!known_.contains(*peer)) {
            ZETA_TRY(store_.watch(path_of(*peer, kAgentNode), std::format("{}{}", kOfferTokenPrefix, peer->value)));
            known_[*peer] = {};
            look_at(*peer, news); // not left to the watch's first event: start-up must see all guests at once
        }
    }
    for (auto known = known_.begin(); known != known_.end();) {
        if (present.contains(known->first)) {
            ++known;
            continue;
        }
        const PeerId gone = known->first;
        std::ignore = store_.unwatch(path_of(gone, kAgentNode), std::format("{}{}", kOfferTokenPrefix, gone.value));
        news.push_back({.peer = gone, .name = {}, .offer = std::nullopt, .gone = true});
        known = known_.erase(known);
    }
    return {};
}

void XenBrokerRendezvous::look_at(PeerId peer, std::vector<PeerNews>& news) {
    const auto known = known_.find(peer);
    if (known == known_.end()) {
        return;
    }
    const std::string text = store_.read(path_of(peer, kAgentNode)).value_or("");
    if (text == known->second) {
        return;
    }
    known->second = text;
    PeerNews one{
        .peer = peer, .name = store_.read(path_of(peer, "name")).value_or(""), .offer = std::nullopt, .gone = false};
    if (const auto offer = parse_agent_offer(text); offer && is_name(one.name)) {
        one.offer = *offer;
    }
    news.push_back(std::move(one));
}

Result<void> XenBrokerRendezvous::answer(PeerId peer, const BrokerAnswer& answer) {
    return store_.write(path_of(peer, kBrokerNode), to_text(answer));
}

} // namespace zeta::figcom
