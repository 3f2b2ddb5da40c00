// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Agents and a broker on one host find each other through files of a directory that only
// their user may enter: agent.PID holds a name and an offer, answer.PID the answer. Layer 1.

#include "figcom-vbus/core/rendezvous.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <map>

namespace zeta::figcom {

/// Where a guest's programs find its agent, which makes the directory.
inline constexpr const char* kAgentDirectory = "/run/zeta/figcom";

class LocalAgentRendezvous final : public AgentRendezvous {
public:
    /// Errors: kNotFound no such directory; kInvalidArgument `name` is no name.
    [[nodiscard]] static Result<std::unique_ptr<LocalAgentRendezvous>> create(std::string directory, std::string name);

    [[nodiscard]] Result<void> publish(const AgentOffer& offer) override;
    [[nodiscard]] Result<std::optional<BrokerAnswer>> read_answer() override;
    [[nodiscard]] int fd() const noexcept override { return changes_.get(); }
    /// 0: named by the answer.
    [[nodiscard]] PeerId broker() const noexcept override { return {}; }

private:
    std::string directory_;
    std::string name_;
    UniqueFd changes_;
};

class LocalBrokerRendezvous final : public BrokerRendezvous {
public:
    [[nodiscard]] static Result<std::unique_ptr<LocalBrokerRendezvous>> create(std::string directory);

    [[nodiscard]] Result<std::vector<PeerNews>> take_news() override;
    [[nodiscard]] Result<void> answer(PeerId peer, const BrokerAnswer& answer) override;
    [[nodiscard]] int fd() const noexcept override { return changes_.get(); }
    [[nodiscard]] PeerId self() const noexcept override;

private:
    [[nodiscard]] std::map<PeerId, std::string> scan() const;

    std::string directory_;
    UniqueFd changes_;
    std::map<PeerId, std::string> known_; // file contents as last reported
};

} // namespace zeta::figcom
