// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program on the bus: attaches to the broker as an agent does, opens channels to services by name
// and accepts those that others ask for. One thread, no thread of its own. Layer 1; the C library is
// built on it.

#include "figcom-vbus/core/control_message.hpp"
#include "figcom-vbus/core/link.hpp"
#include "figcom-vbus/core/rendezvous.hpp"

#include <deque>
#include <map>

namespace zeta::figcom {

class BusClient {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t kServicesMax = 16;
    static constexpr std::size_t kAcceptedMax = 16; ///< channels that wait for accept(); further ones are closed
    static constexpr std::size_t kChannelsMax = 64;

    struct Opened {
        std::uint64_t id;
        Channel channel;
        std::uint32_t own_endpoint;
        std::uint32_t peer_endpoint;
        std::string service;
    };

    /// Attaches and offers `services`.
    /// Ownership: borrows `carrier` and `rendezvous`, which outlive the client.
    /// Errors: kInvalidArgument a service's name, or too many; kTimeout no broker answers; kCorrupt,
    /// kUnsupported what it answers; the carrier's own.
    [[nodiscard]] static Result<std::unique_ptr<BusClient>> attach(Carrier& carrier, AgentRendezvous& rendezvous,
                                                                   std::vector<std::string> services,
                                                                   Clock::time_point deadline);

    /// A channel to `service` of `guest`. Waits until that guest offers it.
    /// Errors: kInvalidArgument a name; kPermissionDenied no rule of the policy allows it; kResourceExhausted
    /// a quota; kTimeout; kUnavailable the broker went away meanwhile; the carrier's own.
    [[nodiscard]] Result<Opened> open(std::string_view guest, std::string_view service, Clock::time_point deadline);

    /// The next channel that somebody opened to a service of ours.
    /// Errors: kTimeout; the carrier's own.
    [[nodiscard]] Result<Opened> accept(Clock::time_point deadline);

    /// Tells the broker that a channel of ours is over; its owner has destroyed it.
    void closed(std::uint64_t id);

private:
    struct Known { // what a restarted broker is told
        std::uint64_t epoch;
        std::uint32_t peer;
        std::uint32_t initiator;
        std::uint32_t own_endpoint;
        std::uint32_t peer_endpoint;
        std::string service;
    };
    struct Pending { // the one open() that is under way
        std::uint64_t request{0};
        std::uint64_t id{0};
        PeerId peer;
        Known known{};
        std::optional<Channel::Half> half;
        std::optional<Result<Opened>> done;
    };
    BusClient(Carrier& carrier, AgentRendezvous& rendezvous, std::vector<std::string> services)
        : carrier_(carrier), rendezvous_(rendezvous), services_(std::move(services)) {}

    [[nodiscard]] Result<void> ensure_attached(Clock::time_point deadline);
    [[nodiscard]] Result<void> offer();
    [[nodiscard]] Result<bool> take_answer();
    void announce();
    void tell_up(std::uint64_t id, const Known& known);
    [[nodiscard]] Result<void> turn(Clock::time_point deadline);
    void on_control(std::uint16_t type, std::span<const std::byte> payload);
    [[nodiscard]] Result<void> make_half(const figcom_channel_open& open);
    [[nodiscard]] Result<Opened> connect(const figcom_channel_connect& connect);
    [[nodiscard]] Result<void> take_accept(const figcom_channel_accept& accept);
    void tell(figcom_control_type type, std::span<const std::byte> payload);

    Carrier& carrier_;
    AgentRendezvous& rendezvous_;
    std::vector<std::string> services_;
    EventLoop loop_;
    std::uint64_t epoch_{0};
    std::optional<Channel::Half> half_;
    std::unique_ptr<Link> control_;
    bool lost_{false};
    std::uint64_t next_request_{1};
    Pending pending_;
    std::deque<Opened> accepted_;
    std::map<std::uint64_t, Known> known_;
};

} // namespace zeta::figcom
