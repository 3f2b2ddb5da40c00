// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// How an agent and the broker find each other before they share a channel: XenStore nodes, or
// files on one host. Written by the other side, so read as hostile. Layer 1; implemented in
// figcom-vbus/carrier.

#include "figcom-vbus/core/carrier.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zeta::figcom {

/// An agent's half of a control channel: its region and its doorbell.
struct AgentOffer {
    std::uint64_t reference{0};
    std::uint64_t port{0};
    std::uint64_t epoch{0};
};
/// The broker's half in answer to the offer of `agent_epoch`.
struct BrokerAnswer {
    std::uint64_t reference{0};
    std::uint64_t agent_epoch{0};
    PeerId broker;
};

/// "figcom/1 offer REF PORT EPOCH" and "figcom/1 answer REF EPOCH BROKER", decimal.
[[nodiscard]] std::string to_text(const AgentOffer& offer);
[[nodiscard]] std::string to_text(const BrokerAnswer& answer);
/// Errors: kCorrupt anything else, numbers beyond 64 bits and epoch 0 included.
[[nodiscard]] Result<AgentOffer> parse_agent_offer(std::string_view text);
[[nodiscard]] Result<BrokerAnswer> parse_broker_answer(std::string_view text);

class AgentRendezvous {
public:
    AgentRendezvous() = default;
    AgentRendezvous(const AgentRendezvous&) = delete;
    AgentRendezvous& operator=(const AgentRendezvous&) = delete;
    virtual ~AgentRendezvous() = default;

    [[nodiscard]] virtual Result<void> publish(const AgentOffer& offer) = 0;
    /// The broker's newest answer, or nothing. Never blocks for the broker.
    [[nodiscard]] virtual Result<std::optional<BrokerAnswer>> read_answer() = 0;
    /// Readable when read_answer() may have news.
    [[nodiscard]] virtual int fd() const noexcept = 0;
    /// Whom to grant the control channel's region to.
    [[nodiscard]] virtual PeerId broker() const noexcept = 0;
};

/// Who a process is, as its kernel says.
struct ProcessIdentity {
    std::uint32_t uid{0};
    std::string executable; ///< absolute path; empty where the kernel does not tell us
};

/// What happened to a possible peer of the broker.
struct PeerNews {
    PeerId peer;
    std::string name;                ///< vouched for by the control domain; a process only claims it
    std::optional<AgentOffer> offer; ///< nothing: the peer is gone, or has no agent
    bool gone{false};
    std::optional<ProcessIdentity> process{}; ///< where the peer is a process: the policy checks its claim
};

class BrokerRendezvous {
public:
    BrokerRendezvous() = default;
    BrokerRendezvous(const BrokerRendezvous&) = delete;
    BrokerRendezvous& operator=(const BrokerRendezvous&) = delete;
    virtual ~BrokerRendezvous() = default;

    /// What changed since the last call; at first everything that is there.
    [[nodiscard]] virtual Result<std::vector<PeerNews>> take_news() = 0;
    [[nodiscard]] virtual Result<void> answer(PeerId peer, const BrokerAnswer& answer) = 0;
    [[nodiscard]] virtual int fd() const noexcept = 0;
    /// What the peers know us as.
    [[nodiscard]] virtual PeerId self() const noexcept = 0;
};

} // namespace zeta::figcom
