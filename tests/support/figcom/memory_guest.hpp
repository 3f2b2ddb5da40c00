// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A guest on a MemoryBus: the real agent with its relay, and a door for programs, which a test makes of RawAgent.

#include "guest-adapters/common/agent.hpp"

#include "tests/support/figcom/memory_bus.hpp"

namespace zeta::figcom::support {

/// Brings the agent's offers to the bus. Its descriptor is always readable, so that each turn looks for an answer.
class MemoryAgentRendezvous final : public AgentRendezvous {
public:
    MemoryAgentRendezvous(MemoryBus& bus, std::uint32_t peer, std::string name)
        : bus_(bus), peer_{peer}, name_(std::move(name)) {
        std::array<int, 2> made{};
        if (::pipe2(made.data(), O_CLOEXEC | O_NONBLOCK) != 0 || ::write(made[1], "a", 1) != 1) {
            std::abort();
        }
        read_.reset(made[0]);
        write_.reset(made[1]);
    }
    Result<void> publish(const AgentOffer& offer) override {
        bus_.rendezvous.bring({.peer = peer_, .name = name_, .offer = offer, .gone = false});
        return {};
    }
    Result<std::optional<BrokerAnswer>> read_answer() override {
        const auto found = bus_.rendezvous.answers.find(peer_);
        return found != bus_.rendezvous.answers.end() ? std::optional{found->second} : std::nullopt;
    }
    int fd() const noexcept override { return read_.get(); }
    PeerId broker() const noexcept override { return PeerId{1}; }

private:
    MemoryBus& bus_;
    PeerId peer_;
    std::string name_;
    UniqueFd read_;
    UniqueFd write_;
};

struct MemoryGuest {
    MemoryGuest(MemoryBus& on, std::uint32_t peer, const std::string& name) : bus(on), rendezvous(on, peer, name) {
        start();
    }
    void start() {
        agent = std::make_unique<guest::Agent>(bus.loop, bus.carrier, rendezvous);
        agent->serve_programs(bus.carrier, door);
        if (!agent->start()) {
            std::abort();
        }
        settle();
    }
    /// What the kernel does to a killed agent; its programs see their control channels end.
    void kill() {
        agent.reset();
        door.answers.clear();
        settle();
    }
    [[nodiscard]] RawAgent program(std::uint32_t process, std::vector<std::string> services = {}, bool ready = true) {
        return {bus, process, "program", std::move(services), FIGCOM_ABI_MINOR, ready, &door};
    }
    /// The same for one that is to die before its test does.
    void enter(std::unique_ptr<RawAgent>& place, std::uint32_t process, std::vector<std::string> services = {},
               bool ready = true) {
        place.reset();
        place =
            std::make_unique<RawAgent>(bus, process, "program", std::move(services), FIGCOM_ABI_MINOR, ready, &door);
    }
    /// A question by way of the agent takes twice the turns.
    void settle() const {
        bus.settle();
        bus.settle();
    }

    MemoryBus& bus;
    MemoryAgentRendezvous rendezvous;
    MemoryRendezvous door;
    std::unique_ptr<guest::Agent> agent;
};

} // namespace zeta::figcom::support
