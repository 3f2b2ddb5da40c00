// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A program on the bus: attaches to the broker as an agent does, opens channels of every kind to services
// by name, accepts those that others ask for, and lets go of those that the broker revokes. One thread, no
// thread of its own: the broker is heard inside its calls, and wherever one of its channels sleeps.
// Layer 1; the C library is built on it.

#include "figcom-vbus/core/channel_shapes.hpp"
#include "figcom-vbus/core/link.hpp"
#include "figcom-vbus/core/rendezvous.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <deque>
#include <map>
#include <set>

namespace zeta::figcom {

class BusClient {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t kServicesMax = 16;
    static constexpr std::size_t kAcceptedMax = 1024; ///< channels that wait for accept(); further ones are closed
    static constexpr std::size_t kChannelsMax = 4096; ///< the broker's quotas are lower unless its policy says else

    struct Wanted {
        std::string guest;
        std::string service;
        figcom_shape shape{default_shape()};
    };
    struct Opened {
        std::uint64_t id;
        Channel channel;
        std::uint32_t own_endpoint;
        std::uint32_t peer_endpoint;
        std::string service;
        figcom_shape shape;
    };

    /// Attaches and offers `services`. `carrier` carries the control channel, `data` the channels; nullptr: the same.
    /// They differ inside a guest, where the control channel ends at the guest's agent and channels do not.
    /// Ownership: borrows the carriers and `rendezvous`, which outlive the client.
    /// Errors: kInvalidArgument a service's name, or too many; kTimeout no broker answers; kCorrupt,
    /// kUnsupported what it answers; the carrier's own.
    [[nodiscard]] static Result<std::unique_ptr<BusClient>> attach(Carrier& carrier, AgentRendezvous& rendezvous,
                                                                   std::vector<std::string> services,
                                                                   Clock::time_point deadline, Carrier* data = nullptr);
    BusClient(const BusClient&) = delete;
    BusClient& operator=(const BusClient&) = delete;
    /// Channels of it stay usable; nobody hears the broker for them any more.
    ~BusClient();

    /// A channel to `service` of `guest`, of the shape that is wanted. Waits until that guest offers it. A request
    /// that is given up is cancelled at the broker.
    /// Errors: kInvalidArgument a name or a shape; kPermissionDenied no rule of the policy allows it;
    /// kResourceExhausted a quota; kUnsupported the guest's agent knows no such channels; kTimeout; kUnavailable the
    /// broker went away meanwhile; the carrier's own.
    [[nodiscard]] Result<Opened> open(const Wanted& wanted, Clock::time_point deadline);
    [[nodiscard]] Result<Opened> open(std::string_view guest, std::string_view service, Clock::time_point deadline) {
        return open({.guest = std::string{guest}, .service = std::string{service}}, deadline);
    }
    /// The same for many at once: one result for each, in their order.
    [[nodiscard]] std::vector<Result<Opened>> open_all(std::span<const Wanted> wanted, Clock::time_point deadline);

    /// The next channel that somebody opened to a service of ours.
    /// Errors: kConflict another program serves one of our services' names, or there are too many; kTimeout; the
    /// carrier's own.
    [[nodiscard]] Result<Opened> accept(Clock::time_point deadline);

    /// Tells the broker that a channel of ours is over; its owner has destroyed it.
    void closed(std::uint64_t id);

    /// Hears the broker now: takes revocations and new channels, attaches to a restarted broker. Never blocks.
    void attend();
    /// The same where something has come: one load where nothing has. For those who never sleep.
    void attend_if_news() {
        if (control_ != nullptr && control_->channel().pending()) {
            attend();
        }
    }
    /// Readable when attend() has something to do.
    [[nodiscard]] int fd() const noexcept { return attention_.get(); }
    /// Whether the broker has revoked this channel. Its memory then reads as zeros and its peer as gone.
    [[nodiscard]] bool revoked(std::uint64_t id) const { return revoked_.contains(id); }
    [[nodiscard]] bool attached() const noexcept { return control_ != nullptr && !lost_; }

private:
    struct Known { // what a restarted broker is told
        std::uint64_t epoch;
        std::uint32_t peer;
        std::uint32_t initiator;
        std::uint32_t own_endpoint;
        std::uint32_t peer_endpoint;
        std::string service;
        figcom_shape shape;
        Channel::Grip grip;
    };
    struct Pending { // an open() that is under way
        std::uint64_t id{0};
        Known known{};
        std::optional<Channel::Half> half;
        std::optional<Result<Opened>> done;
    };
    class Guard; // what our channels hear us through; outlives us
    using PendingMap = std::map<std::uint64_t, Pending>;

    BusClient(Carrier& carrier, Carrier& data, AgentRendezvous& rendezvous, std::vector<std::string> services);

    // the control channel (bus_client.cpp)
    [[nodiscard]] Result<void> ensure_attached(Clock::time_point deadline);
    [[nodiscard]] Result<void> settle();
    [[nodiscard]] Result<void> offer();
    [[nodiscard]] Result<bool> take_answer();
    void announce();
    void tell_up(std::uint64_t id, const Known& known);
    [[nodiscard]] Result<void> turn(Clock::time_point deadline);
    void tell(figcom_control_type type, std::span<const std::byte> payload);
    void tell_close(std::uint64_t id);

    // channels (bus_client_channels.cpp)
    [[nodiscard]] Result<std::uint64_t> ask(const Wanted& wanted);
    [[nodiscard]] Result<void> await(std::span<const std::uint64_t> requests, Clock::time_point deadline);
    [[nodiscard]] Result<Opened> collect(std::uint64_t request, const Result<void>& awaited);
    void on_control(std::uint16_t type, std::span<const std::byte> payload);
    void on_open(std::span<const std::byte> payload);
    void on_connect(std::span<const std::byte> payload);
    void on_accept(std::span<const std::byte> payload);
    void on_refused(std::span<const std::byte> payload);
    void on_close(std::span<const std::byte> payload);
    void on_revoke(std::span<const std::byte> payload);
    [[nodiscard]] PendingMap::iterator find_pending(std::uint64_t channel_id);
    [[nodiscard]] Result<void> make_half(Pending& pending, const Shaped<figcom_channel_open>& open);
    [[nodiscard]] Result<Opened> connect(Pending& pending, const figcom_channel_connect& connect);
    [[nodiscard]] Result<void> take_accept(const Shaped<figcom_channel_accept>& accept);
    [[nodiscard]] Result<Opened> make_known(std::uint64_t id, Known known, Channel channel);

    Carrier& carrier_; // of the control channel
    Carrier& data_;
    AgentRendezvous& rendezvous_;
    std::vector<std::string> services_;
    EventLoop loop_;
    UniqueFd attention_; // an epoll over the control channel and the rendezvous
    std::shared_ptr<ChannelGuard> guard_;
    std::uint64_t epoch_{0};
    std::optional<Channel::Half> half_;
    std::unique_ptr<Link> control_;
    bool lost_{false};
    bool services_refused_{false};
    bool attending_{false};
    std::uint64_t next_request_{1};
    PendingMap pending_;
    std::deque<Opened> accepted_;
    std::map<std::uint64_t, Known> known_;
    std::set<std::uint64_t> revoked_; // whose owners have not said closed() yet
};

} // namespace zeta::figcom
