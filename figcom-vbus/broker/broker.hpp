// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The broker: knows the guests' agents, decides who may talk to whom, introduces them to each
// other, and keeps pings going over the death of any of them. One thread; no message between
// guests passes through it. Layer 1; the daemon zeta-broker is its thin main.

#include "figcom-vbus/broker/policy.hpp"
#include "figcom-vbus/core/channel_shapes.hpp"
#include "figcom-vbus/core/link.hpp"
#include "figcom-vbus/core/rendezvous.hpp"
#include "figcom-vbus/wire/control.h"

#include <array>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace zeta::figcom {

struct EndpointInfo {
    std::string guest;
    std::string service;
    std::uint32_t number{0};
    PeerId peer;
    std::uint64_t epoch{0};
    bool attached{false};
};

enum class ChannelState : std::uint8_t { kOpening, kAccepting, kConnecting, kUp };

struct ChannelInfo {
    std::uint64_t id{0};
    std::uint64_t epoch{0};
    std::uint64_t request{0}; ///< the initiator's own number
    PeerId initiator;
    PeerId target;
    std::string from;
    std::string to;
    std::string service;
    ChannelState state{ChannelState::kOpening};
    figcom_shape shape{};
    std::array<bool, 2> charged{}; ///< to the initiator's quota, to the target's
    /// The initiator's end and the target's, as each last told; nothing before somebody asked.
    struct End {
        figcom_counters counters{};
        EventLoop::Clock::time_point heard;
    };
    std::array<std::optional<End>, 2> ends{};
};
[[nodiscard]] std::string_view name(ChannelState state) noexcept;

/// What a peer has of what its quota counts.
struct PeerUsage {
    std::size_t channels{0};
    std::size_t setups{0}; ///< that it asked for and that are not up yet
    std::uint64_t memory_bytes{0};
};
struct PeerInfo {
    std::string guest;
    PeerId peer;
    PeerUsage used;
    Quota quota;
};

struct PolicyReload {
    std::size_t rules{0};
    std::size_t revoked{0}; ///< channels that the new policy forbids
};

struct PingRequest {
    std::uint64_t job{0};
    std::string source;
    std::string target;
    std::uint64_t count{0};
    std::uint32_t payload_bytes{0};
    std::uint32_t window{1};
    std::chrono::nanoseconds timeout{};
};

struct JobInfo {
    std::string source;
    std::string target;
    figcom_ping ping{};
};

class Broker {
public:
    static constexpr std::size_t kPeersMax = 1024;
    /// A peer that lets more than this lie unread loses its control channel.
    static constexpr std::size_t kUnsentPerPeerMax = 16384;
    static constexpr std::size_t kServicesPerPeerMax = 256;
    static constexpr std::size_t kJobsMax = 64;
    static constexpr std::chrono::milliseconds kCountersPause{100};

    /// Told of each report of a ping, the last one included (its state says so).
    using PingWatcher = std::function<void(const figcom_ping&)>;

    /// Ownership: borrows loop, carrier and rendezvous, which outlive the broker.
    /// `policy_path` is what reload_policy() reads.
    Broker(EventLoop& loop, Carrier& carrier, BrokerRendezvous& rendezvous, Policy policy,
           std::string policy_path = {});

    /// Answers every agent that is there and listens for more.
    [[nodiscard]] Result<void> start();

    [[nodiscard]] std::vector<EndpointInfo> endpoints() const;
    [[nodiscard]] std::vector<ChannelInfo> channels() const;
    /// Asks each agent for its channels' counters, unless that was done within kCountersPause. The answers change
    /// channels(). Returns the number of the newest round of questions.
    std::uint64_t ask_counters();
    /// Running pings, and finished ones whose report nobody has fetched.
    [[nodiscard]] std::vector<JobInfo> jobs() const;
    [[nodiscard]] std::vector<PeerInfo> peers() const;
    [[nodiscard]] const Policy& policy() const noexcept { return policy_; }

    /// Reads the policy file again. Channels and requests that it forbids end at once.
    /// Errors: as Policy::load; then the old policy stays as it is, and `why` says in one line what is wrong.
    [[nodiscard]] Result<PolicyReload> reload_policy(std::string& why);
    /// Ends a channel, whatever its sides say. Returns how many had this number: more than one only where a peer
    /// claims another's channel after our restart.
    std::size_t revoke(std::uint64_t channel);

    /// Starts a ping, or joins the one that already has this job number. The watcher is called from
    /// the loop until unwatch_ping().
    /// Errors: kNotFound no agent of the source or target guest is known; kPermissionDenied the policy
    /// denies it; kResourceExhausted kJobsMax pings run; kConflict the number belongs to another ping.
    /// `why` then says so in one line.
    [[nodiscard]] Result<void> ping(const PingRequest& request, std::uint64_t watcher, PingWatcher told,
                                    std::string& why);
    void unwatch_ping(std::uint64_t watcher);

private:
    struct Session {
        std::string name;
        std::uint64_t agent_epoch{0};
        std::unique_ptr<Link> link;
        std::set<std::string> services;
        std::uint16_t abi_minor{0};
        bool hello{false};
        bool ready{false};
    };
    struct Waiting { // a channel request whose target is not there
        PeerId from;
        std::uint64_t request{0};
        std::string guest;
        std::string service;
        figcom_shape shape{};
    };
    struct Job {
        PingRequest request;
        figcom_ping last{};
        EventLoop::Clock::time_point last_report;
        EventLoop::Clock::time_point deadline;
        PeerId runs_on;
        bool delivered_final{false};
        bool interrupted{false}; // its agent went away since the last report
        std::map<std::uint64_t, PingWatcher> watchers;
    };

    // peers (broker.cpp)
    void read_news();
    void take_in(const PeerNews& one);
    [[nodiscard]] Result<void> attach(const PeerNews& news);
    void session_lost(PeerId peer, bool domain_gone);
    void on_message(PeerId peer, const MessageHead& head, std::span<const std::byte> payload);
    [[nodiscard]] Result<void> dispatch(PeerId peer, Session& session, std::uint16_t type,
                                        std::span<const std::byte> payload);
    [[nodiscard]] Result<void> hello(Session& session, const figcom_hello& hello);
    [[nodiscard]] Result<void> register_service(Session& session, const figcom_register& service);
    [[nodiscard]] Result<void> unregister_service(Session& session, const figcom_register& service);
    void ready(PeerId peer, Session& session);
    template <typename T>
    void tell(PeerId peer, figcom_control_type type, const T& message) {
        tell_bytes(peer, type, as_payload(message));
    }
    void tell_bytes(PeerId peer, figcom_control_type type, std::span<const std::byte> payload);
    [[nodiscard]] std::optional<PeerId> find_ready(std::string_view guest) const;

    void lose_later(PeerId peer);

    // channels (broker_channels.cpp)
    using Channels = std::multimap<std::uint64_t, ChannelInfo>; // one of a number, but for false claims
    [[nodiscard]] Result<void> request(PeerId from, const Shaped<figcom_channel_request>& request);
    void serve_waiting();
    [[nodiscard]] bool serve(const Waiting& waiting);
    void introduce(const Waiting& waiting, PeerId to, const figcom_shape& shape);
    void cancel(PeerId from, std::uint64_t request);
    [[nodiscard]] Result<void> offer(PeerId from, const figcom_channel_offer& offer);
    [[nodiscard]] Result<void> up(PeerId from, const Shaped<figcom_channel_up>& up);
    [[nodiscard]] Result<void> learn(PeerId from, const Shaped<figcom_channel_up>& up);
    void close(PeerId from, std::uint64_t id);
    void drop_channels(PeerId peer, bool tell_others);
    void refuse(PeerId peer, std::uint64_t request, figcom_refusal reason);
    void refuse_unread(PeerId peer, std::span<const std::byte> request);
    [[nodiscard]] Channels::iterator find_channel(std::uint64_t id, PeerId peer);

    // quotas, and what the policy says of channels that exist (broker_rights.cpp)
    [[nodiscard]] std::optional<figcom_refusal> over_quota(PeerId peer, const figcom_shape& shape, Side side) const;
    void charge(ChannelInfo& channel, Side side);
    void end_setup(ChannelInfo& channel);
    Channels::iterator erase(Channels::iterator channel);
    Channels::iterator revoke(Channels::iterator channel, figcom_refusal reason);
    void learn_names(PeerId peer, const std::string& name);
    [[nodiscard]] std::size_t recheck();

    // counters (broker_counters.cpp)
    [[nodiscard]] Result<void> counters(PeerId from, const figcom_counters& counters);

    // pings (broker_pings.cpp)
    [[nodiscard]] Result<void> ping_report(PeerId from, const Session& session, const figcom_ping& report);
    [[nodiscard]] Result<void> admit(const PingRequest& request, std::string& why) const;
    void run_jobs_on(PeerId peer, const Session& session);
    void interrupt_jobs(PeerId peer);
    void tell_watchers(Job& job);
    void check_deadlines();

    EventLoop& loop_;
    Carrier& carrier_;
    BrokerRendezvous& rendezvous_;
    Policy policy_;
    std::map<PeerId, Session> sessions_;
    std::string policy_path_;
    Channels channels_;
    std::map<PeerId, PeerUsage> usage_;
    std::list<Waiting> waiting_;
    std::map<std::uint64_t, Job> jobs_;
    std::uint64_t next_channel_{0};
    std::uint64_t counters_round_{0};
    EventLoop::Clock::time_point counters_asked_;
};

} // namespace zeta::figcom
