// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A guest's FIGCOM agent, whatever the operating system: keeps a control channel to the broker,
// sets up channels to other guests as the broker directs, serves "echo", runs pings, and lets the guest's
// programs onto the bus. One thread. Layer 2; guest-adapters/linux/zeta-agent is its first program.

#include "figcom-vbus/core/channel_shapes.hpp"
#include "figcom-vbus/core/link.hpp"
#include "figcom-vbus/core/rendezvous.hpp"
#include "guest-adapters/common/echo_service.hpp"
#include "guest-adapters/common/ping_job.hpp"
#include "guest-adapters/common/program_relay.hpp"

#include <map>
#include <memory>
#include <vector>

namespace zeta::guest {

class Agent final : private BrokerSide {
public:
    static constexpr std::size_t kChannelsMax = 64;
    static constexpr std::size_t kJobsMax = 16;

    /// Ownership: borrows all three, which outlive the agent.
    Agent(figcom::EventLoop& loop, figcom::Carrier& carrier, figcom::AgentRendezvous& rendezvous);
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;
    ~Agent() override;

    /// Offers a control channel; everything else happens in the loop. When the broker dies, a new
    /// offer is made at once and channels to other guests live on.
    [[nodiscard]] Result<void> start();

    /// From then on programs of this guest may attach through `rendezvous`.
    /// Ownership: borrows both, which outlive the agent. `carrier` is the programs' control channels'.
    void serve_programs(figcom::Carrier& carrier, figcom::BrokerRendezvous& rendezvous);

    [[nodiscard]] bool attached() const noexcept { return control_ != nullptr; }
    [[nodiscard]] std::size_t channel_count() const noexcept { return channels_.size(); }
    /// nullptr: no programs are served.
    [[nodiscard]] const ProgramRelay* programs() const noexcept { return programs_.get(); }

private:
    struct DataChannel {
        figcom::PeerId peer;
        std::uint64_t epoch{0};
        std::uint64_t job{0}; // the ping that asked for it; 0 where the other side asked
        std::uint32_t own_endpoint{0};
        std::uint32_t peer_endpoint{0};
        std::string service;
        figcom_shape shape{figcom::default_shape()};
        std::optional<figcom::Channel::Half> half; // until the peer's region is known
        std::unique_ptr<figcom::Link> link;
        EchoService echo;
    };

    // control channel
    [[nodiscard]] Result<void> offer_control();
    void read_rendezvous();
    [[nodiscard]] Result<void> attach(const figcom::BrokerAnswer& answer);
    void announce();
    void control_lost();
    void on_control(const figcom::MessageHead& head, std::span<const std::byte> payload);
    [[nodiscard]] Result<void> dispatch(std::uint16_t type, std::span<const std::byte> payload);
    [[nodiscard]] Result<void> or_close(std::uint64_t id, Result<void> done);
    template <typename T>
    void tell(figcom_control_type type, const T& message) {
        tell_bytes(type, figcom::as_payload(message));
    }
    void tell_bytes(figcom_control_type type, std::span<const std::byte> payload);

    // for the programs' relay
    void tell_broker(figcom_control_type type, std::span<const std::byte> payload) override {
        tell_bytes(type, payload);
    }
    [[nodiscard]] std::size_t backlog() const noexcept override;
    [[nodiscard]] bool has_request(std::uint64_t request) const override { return jobs_.contains(request); }
    [[nodiscard]] bool has_channel(std::uint64_t channel) const override { return channels_.contains(channel); }

    // channels to other guests
    [[nodiscard]] Result<void> open_channel(const figcom::Shaped<figcom_channel_open>& message);
    [[nodiscard]] Result<void> accept_channel(const figcom::Shaped<figcom_channel_accept>& message);
    [[nodiscard]] Result<void> connect_channel(const figcom_channel_connect& connect);
    [[nodiscard]] Result<void> go_live(std::uint64_t id, DataChannel& channel,
                                       std::unique_ptr<figcom::MappedMemory> peer);
    void tell_up(std::uint64_t id, const DataChannel& channel);
    void on_data(std::uint64_t id, const figcom::MessageHead& head, std::span<const std::byte> payload);
    void close_channel(std::uint64_t id, bool tell_broker);
    void tell_counters(std::uint64_t round);

    // pings
    void start_ping(const figcom_ping& ping);
    void request_channel(const PingJob& job);
    void drive(PingJob& job);
    void report(const PingJob& job);
    void tick();
    void close_finished();

    figcom::EventLoop& loop_;
    figcom::Carrier& carrier_;
    figcom::AgentRendezvous& rendezvous_;
    std::uint64_t epoch_{0};
    std::optional<figcom::Channel::Half> control_half_;
    std::unique_ptr<figcom::Link> control_;
    std::map<std::uint64_t, DataChannel> channels_;
    std::map<std::uint64_t, PingJob> jobs_;
    std::unique_ptr<ProgramRelay> programs_;
    std::vector<std::uint64_t> finished_; // channels of pings that are over
    figcom::EventLoop::TimerId tick_{0};
    figcom::EventLoop::TimerId retry_{0};
    figcom::EventLoop::TimerId close_finished_{0};
};

} // namespace zeta::guest
