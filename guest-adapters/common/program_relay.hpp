// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bus for a guest's ordinary programs: they attach to the agent as to a broker, and it passes control messages
// between them and the broker. Each program sees its own requests, services and channels only. Messages of channels
// never come here: a program makes and maps the memory itself. One thread. Layer 2; Agent owns the other end.

#include "figcom-vbus/core/channel_shapes.hpp"
#include "figcom-vbus/core/link.hpp"
#include "figcom-vbus/core/rendezvous.hpp"
#include "figcom-vbus/wire/control.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace zeta::guest {

/// The agent's own control channel, as the relay uses it.
class BrokerSide {
public:
    BrokerSide() = default;
    BrokerSide(const BrokerSide&) = delete;
    BrokerSide& operator=(const BrokerSide&) = delete;
    virtual ~BrokerSide() = default;

    /// Nothing happens without a broker: ProgramRelay::announce() says it to the next one.
    virtual void tell_broker(figcom_control_type type, std::span<const std::byte> payload) = 0;
    /// Messages that the broker has not taken yet.
    [[nodiscard]] virtual std::size_t backlog() const noexcept = 0;
    /// Whether a request or a channel of this number is the agent's own.
    [[nodiscard]] virtual bool has_request(std::uint64_t request) const = 0;
    [[nodiscard]] virtual bool has_channel(std::uint64_t channel) const = 0;
};

class ProgramRelay {
public:
    static constexpr std::size_t kProgramsMax = 64;
    static constexpr std::size_t kServicesPerProgramMax = 16;
    static constexpr std::size_t kServicesMax = 128;
    /// Channels and open requests together, of a program and of all.
    static constexpr std::size_t kHeldPerProgramMax = 1024;
    static constexpr std::size_t kHeldMax = 4096;
    /// A program that lets more than this lie unread loses its control channel.
    static constexpr std::size_t kUnsentPerProgramMax = 4096;
    /// While more than this waits for the broker, who said the most of it loses its control channel.
    static constexpr std::size_t kBacklogMax = 8192;
    /// What the agent's queue to the broker must hold: the backlog, and the end of all that programs may have.
    static constexpr std::size_t kBrokerQueueMax = kBacklogMax + 2 * kHeldMax + 2 * kServicesMax;

    /// Ownership: borrows all, which outlive the relay. `carrier` is the programs' control channels' only.
    ProgramRelay(figcom::EventLoop& loop, figcom::Carrier& carrier, figcom::BrokerRendezvous& rendezvous,
                 BrokerSide& broker);
    ProgramRelay(const ProgramRelay&) = delete;
    ProgramRelay& operator=(const ProgramRelay&) = delete;
    ~ProgramRelay();

    /// Answers every program that is there and listens for more.
    void start();

    // What the agent calls when its control channel changes:
    /// All services, then all channels that are up. Before READY.
    void announce() const;
    /// All requests that are not answered. After READY.
    void announce_requests() const;
    /// Set-ups that were under way end; their programs are told.
    void broker_lost();
    /// A message of the broker's. False: it is the agent's own.
    [[nodiscard]] bool take(std::uint16_t type, std::span<const std::byte> payload);
    /// Whether a program's open request goes by this number at the broker.
    [[nodiscard]] bool has_request(std::uint64_t request) const { return requests_.contains(request); }

    [[nodiscard]] std::size_t program_count() const noexcept { return programs_.size(); }
    [[nodiscard]] std::size_t service_count() const noexcept { return services_.size(); }
    [[nodiscard]] std::size_t request_count() const noexcept { return requests_.size(); }
    [[nodiscard]] std::size_t channel_count() const noexcept { return routes_.size(); }

private:
    struct Program {
        std::string name; // claimed; for the log only
        std::uint64_t epoch{0};
        std::unique_ptr<figcom::Link> link;
        std::map<std::uint64_t, std::uint64_t> requests; // its own number, the broker's
        std::size_t held{0};                             // of what kHeldPerProgramMax counts
        std::size_t services{0};
        std::size_t said{0}; // messages since the broker had taken everything
        bool hello{false};
        bool ready{false};
    };
    struct Request { // by the number that the broker knows
        figcom::PeerId program;
        std::uint64_t own_number{0};
        std::uint64_t channel{0}; // once the broker has opened one
        std::vector<std::byte> message;
        std::string service;
    };
    struct Route {
        std::set<figcom::PeerId> owners; // one, but for claims after our own restart
        std::uint64_t request{0};        // the broker's number, while it is being set up for an asker
        bool claimed{false};             // known from what programs say only
        bool up{false};
        std::vector<std::byte> message; // CHANNEL_UP, for the next broker
    };
    using Programs = std::map<figcom::PeerId, Program>;
    using Routes = std::map<std::uint64_t, Route>;

    // programs and services (program_relay.cpp)
    void read_news();
    [[nodiscard]] Result<void> attach(const figcom::PeerNews& news);
    void program_lost(figcom::PeerId peer, std::string_view why);
    void on_message(figcom::PeerId peer, const figcom::MessageHead& head, std::span<const std::byte> payload);
    [[nodiscard]] bool bear(figcom::PeerId peer);
    [[nodiscard]] Result<void> dispatch(figcom::PeerId peer, Program& program, std::uint16_t type,
                                        std::span<const std::byte> payload);
    [[nodiscard]] Result<void> hello(Program& program, const figcom_hello& hello) const;
    [[nodiscard]] Result<void> register_service(figcom::PeerId peer, Program& program, const figcom_register& message);
    void tell(figcom::PeerId peer, figcom_control_type type, std::span<const std::byte> payload);

    // requests and channels (program_relay_channels.cpp): what a program says
    [[nodiscard]] Result<void> request(figcom::PeerId peer, Program& program,
                                       const figcom::Shaped<figcom_channel_request>& message);
    void cancel(Program& program, std::uint64_t own_number);
    void offer(figcom::PeerId peer, const figcom_channel_offer& offer);
    [[nodiscard]] Result<void> up(figcom::PeerId peer, Program& program,
                                  const figcom::Shaped<figcom_channel_up>& message);
    void close(figcom::PeerId peer, std::uint64_t channel);
    // what the broker says
    [[nodiscard]] bool on_open(std::span<const std::byte> payload);
    [[nodiscard]] bool on_accept(std::span<const std::byte> payload);
    [[nodiscard]] bool on_refused(std::span<const std::byte> payload);
    [[nodiscard]] bool on_channel(std::uint16_t type, std::uint64_t channel, std::span<const std::byte> payload);
    // books
    [[nodiscard]] bool is_full(const Program& program) const noexcept;
    [[nodiscard]] Route& add_route(std::uint64_t channel, figcom::PeerId owner);
    void drop_owner(Routes::iterator route, figcom::PeerId owner);
    void drop_route(Routes::iterator route);
    void drop_request(std::uint64_t number);
    void tell_close(std::uint64_t channel);

    figcom::EventLoop& loop_;
    figcom::Carrier& carrier_;
    figcom::BrokerRendezvous& rendezvous_;
    BrokerSide& broker_;
    Programs programs_;
    std::map<std::string, figcom::PeerId> services_;
    std::map<std::uint64_t, Request> requests_;
    Routes routes_;
    std::uint64_t next_request_;
    bool broker_is_behind_{false};
    std::set<figcom::PeerId> slow_; // that did not read
    figcom::EventLoop::TimerId look_again_{0};
    figcom::EventLoop::TimerId drop_slow_{0};
};

} // namespace zeta::guest
