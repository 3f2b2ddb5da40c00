// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Agents and the broker find each other through XenStore: the agent writes data/figcom/agent
// below its domain's own node, the broker data/figcom/broker beside it. Layer 1.

#include "figcom-vbus/core/rendezvous.hpp"
#include "hypervisor/client/xenstore.hpp"

#include <map>

namespace zeta::figcom {

class XenAgentRendezvous final : public AgentRendezvous {
public:
    /// Errors: kNotFound this is no Xen domain.
    [[nodiscard]] static Result<std::unique_ptr<XenAgentRendezvous>> create();

    [[nodiscard]] Result<void> publish(const AgentOffer& offer) override;
    [[nodiscard]] Result<std::optional<BrokerAnswer>> read_answer() override;
    [[nodiscard]] int fd() const noexcept override { return store_.fd(); }
    [[nodiscard]] PeerId broker() const noexcept override { return PeerId{0}; }

private:
    explicit XenAgentRendezvous(XenStore store) noexcept : store_(std::move(store)) {}
    [[nodiscard]] Result<void> drain_events();
    XenStore store_;
};

class XenBrokerRendezvous final : public BrokerRendezvous {
public:
    [[nodiscard]] static Result<std::unique_ptr<XenBrokerRendezvous>> create();

    [[nodiscard]] Result<std::vector<PeerNews>> take_news() override;
    [[nodiscard]] Result<void> answer(PeerId peer, const BrokerAnswer& answer) override;
    [[nodiscard]] int fd() const noexcept override { return store_.fd(); }
    [[nodiscard]] PeerId self() const noexcept override { return PeerId{0}; }

private:
    explicit XenBrokerRendezvous(XenStore store) noexcept : store_(std::move(store)) {}
    [[nodiscard]] Result<void> rescan(std::vector<PeerNews>& news);
    void look_at(PeerId peer, std::vector<PeerNews>& news);

    XenStore store_;
    std::map<PeerId, std::string> known_; // the text of each domain's offer as last reported
    bool scanned_{false};
};

} // namespace zeta::figcom
