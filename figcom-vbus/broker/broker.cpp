// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/broker/broker.hpp"

#include "figcom-vbus/core/boot_clock.hpp"
#include "hypervisor/base/log.hpp"

#include <poll.h>

#include <algorithm>

namespace zeta::figcom {

namespace {

constexpr auto kDeadlineCheck = std::chrono::seconds{1};
constexpr int kNewsRoundsMax = 16; // then the other work of the loop has its turn
constexpr auto kNewsPause = std::chrono::milliseconds{1};

// Endpoint numbers: unique among a guest's services, never the broker's.
std::uint32_t endpoint_number(PeerId peer) noexcept { return (peer.value << 8) + 16; }

} // namespace

std::string_view name(ChannelState state) noexcept {
    switch (state) {
    case ChannelState::kOpening:
        return "opening";
    case ChannelState::kAccepting:
        return "accepting";
    case ChannelState::kConnecting:
        return "connecting";
    case ChannelState::kUp:
        return "up";
    }
    return "unknown";
}

// Channel numbers start at the boot clock: a restarted broker never gives one out twice.
Broker::Broker(EventLoop& loop, Carrier& carrier, BrokerRendezvous& rendezvous, Policy policy, std::string policy_path)
    : loop_(loop), carrier_(carrier), rendezvous_(rendezvous), policy_(std::move(policy)),
      policy_path_(std::move(policy_path)), next_channel_(boot_time_ns() + 1) {}

Result<void> Broker::start() {
    loop_.watch(rendezvous_.fd(), POLLIN, [this](short /*events*/) { read_news(); });
    loop_.after(kDeadlineCheck, [this] { check_deadlines(); });
    read_news();
    return {};
}

// Answering an agent can bring the next agent's event along with the reply; then nothing wakes us for it, so we look
// until there is no news. A guest that renews its offer without end gets its turn with everybody else's.
void Broker::read_news() {
    for (int round = 0; round < kNewsRoundsMax; ++round) {
        const auto news = rendezvous_.take_news();
        if (!news) {
            log(LogLevel::kError, "zeta-broker", "look for agents: {}", describe(news.error()));
            return;
        }
        if (news->empty()) {
            return;
        }
        for (const PeerNews& one : *news) {
            take_in(one);
        }
    }
    loop_.after(kNewsPause, [this] { read_news(); });
}

void Broker::take_in(const PeerNews& one) {
    if (sessions_.contains(one.peer)) {
        session_lost(one.peer, one.gone);
    }
    if (!one.offer) {
        return;
    }
    if (const Result<void> attached = attach(one); !attached) {
        log(LogLevel::kWarning, "zeta-broker", "guest {} (peer {}): cannot attach its agent: {}", one.name,
            one.peer.value, describe(attached.error()));
    }
}

Result<void> Broker::attach(const PeerNews& news) {
    if (sessions_.size() >= kPeersMax) {
        return fail(ErrorCode::kResourceExhausted, "attach an agent: too many peers");
    }
    if (news.process && !policy_.may_be(news.name, news.process->uid, news.process->executable)) {
        return fail(ErrorCode::kPermissionDenied,
                    "attach an agent: no [[program]] of the policy lets it have this name");
    }
    ZETA_TRY_ASSIGN(auto memory, carrier_.map(news.peer, news.offer->reference, kControlRegionMax));
    ZETA_TRY_ASSIGN(auto doorbell, carrier_.connect(news.peer, news.offer->port));
    ZETA_TRY_ASSIGN(auto half,
                    Channel::prepare(carrier_, news.peer, std::move(doorbell), control_spec(news.offer->epoch)));
    const std::uint64_t reference = half.memory->reference();
    ZETA_TRY_ASSIGN(Channel channel, Channel::complete(std::move(half), std::move(memory)));
    Session& session = sessions_[news.peer];
    session = Session{};
    session.name = news.name;
    session.agent_epoch = news.offer->epoch;
    const PeerId peer = news.peer;
    session.link = std::make_unique<Link>(
        loop_, std::move(channel),
        Link::Options{.receive_bytes_max = kControlMessageMax, .queue_max = kUnsentPerPeerMax},
        [this, peer](const MessageHead& head, std::span<const std::byte> payload) { on_message(peer, head, payload); },
        [this, peer] { session_lost(peer, false); });
    return rendezvous_.answer(peer,
                              {.reference = reference, .agent_epoch = news.offer->epoch, .broker = rendezvous_.self()});
}

// The channels of a dead agent end by themselves: the kernel clears its regions' life byte and rings
// its peers. Only a destroyed domain cannot do that, so then the broker says it.
void Broker::session_lost(PeerId peer, bool domain_gone) {
    const auto found = sessions_.find(peer);
    if (found == sessions_.end()) {
        return;
    }
    const Session lost = std::move(found->second); // lives to the end: we may be inside its link's call
    sessions_.erase(found);
    log(LogLevel::kInfo, "zeta-broker", "guest {} (peer {}): {}", lost.name, peer.value,
        domain_gone ? "is gone" : "its agent detached");
    drop_channels(peer, domain_gone);
    std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.from == peer; });
    usage_.erase(peer);
    interrupt_jobs(peer);
}

void Broker::on_message(PeerId peer, const MessageHead& head, std::span<const std::byte> payload) {
    const auto session = sessions_.find(peer);
    if (session == sessions_.end()) {
        return;
    }
    if (const Result<void> done = dispatch(peer, session->second, head.type, payload); !done) {
        log(LogLevel::kWarning, "zeta-broker", "guest {} (peer {}): control message {}: {}", session->second.name,
            peer.value, head.type, describe(done.error()));
    }
}

Result<void> Broker::dispatch(PeerId peer, Session& session, std::uint16_t type, std::span<const std::byte> payload) {
    if (type != FIGCOM_HELLO && !session.hello) {
        return fail(ErrorCode::kConflict, "read a control message: no hello yet");
    }
    switch (type) {
    case FIGCOM_HELLO: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_hello>(payload));
        return hello(session, message);
    }
    case FIGCOM_REGISTER: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_register>(payload));
        return register_service(session, message);
    }
    case FIGCOM_UNREGISTER: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_register>(payload));
        return unregister_service(session, message);
    }
    case FIGCOM_READY:
        ready(peer, session);
        return {};
    case FIGCOM_CHANNEL_REQUEST: {
        const auto message = read_shaped<figcom_channel_request>(payload);
        if (!message) {
            refuse_unread(peer, payload);
            return std::unexpected(message.error());
        }
        return request(peer, *message);
    }
    case FIGCOM_REQUEST_CANCEL: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_request_cancel>(payload));
        cancel(peer, message.request);
        return {};
    }
    case FIGCOM_CHANNEL_OFFER: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_channel_offer>(payload));
        return offer(peer, message);
    }
    case FIGCOM_CHANNEL_UP: {
        ZETA_TRY_ASSIGN(const auto message, read_shaped<figcom_channel_up>(payload));
        return up(peer, message);
    }
    case FIGCOM_CHANNEL_CLOSE: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_channel_close>(payload));
        close(peer, message.channel_id);
        return {};
    }
    case FIGCOM_COUNTERS: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_counters>(payload));
        return counters(peer, message);
    }
    case FIGCOM_PING_REPORT: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_ping>(payload));
        return ping_report(peer, session, message);
    }
    default:
        return fail(ErrorCode::kUnsupported, "read a control message: unknown type"); // a newer minor; skipped
    }
}

Result<void> Broker::hello(Session& session, const figcom_hello& hello) {
    if (hello.epoch != session.agent_epoch || hello.abi_major != FIGCOM_ABI_MAJOR) {
        return fail(ErrorCode::kCorrupt, "greet an agent: its epoch or ABI is not what it offered");
    }
    session.hello = true;
    session.abi_minor = hello.abi_minor;
    return {};
}

Result<void> Broker::register_service(Session& session, const figcom_register& service) {
    ZETA_TRY_ASSIGN(std::string offered, read_name(service.service));
    if (session.services.size() >= kServicesPerPeerMax) {
        return fail(ErrorCode::kResourceExhausted, "register a service: too many");
    }
    session.services.insert(std::move(offered));
    if (session.ready) {
        serve_waiting(); // a program of that guest came later than its agent
    }
    return {};
}

Result<void> Broker::unregister_service(Session& session, const figcom_register& service) {
    ZETA_TRY_ASSIGN(const std::string offered, read_name(service.service));
    session.services.erase(offered);
    return {};
}

void Broker::ready(PeerId peer, Session& session) {
    session.ready = true;
    log(LogLevel::kInfo, "zeta-broker", "guest {} (peer {}): agent attached, epoch {}", session.name, peer.value,
        session.agent_epoch);
    learn_names(peer, session.name);
    serve_waiting();
    run_jobs_on(peer, session);
}

void Broker::tell_bytes(PeerId peer, figcom_control_type type, std::span<const std::byte> payload) {
    const auto session = sessions_.find(peer);
    if (session == sessions_.end()) {
        return;
    }
    const MessageHead head{.timestamp_ns = 0,
                           .source = FIGCOM_ENDPOINT_BROKER,
                           .target = 0,
                           .type = static_cast<std::uint16_t>(type),
                           .priority = 0};
    if (const Result<void> sent = session->second.link->send(head, payload); !sent) {
        log(LogLevel::kWarning, "zeta-broker", "guest {} (peer {}): cannot tell its agent: {}", session->second.name,
            peer.value, describe(sent.error()));
        if (sent.error().code == ErrorCode::kResourceExhausted) {
            lose_later(peer);
        }
    }
}

// A peer that does not read would miss what it must know. It can attach again, and is then told afresh.
void Broker::lose_later(PeerId peer) {
    const std::uint64_t epoch = sessions_.at(peer).agent_epoch;
    loop_.after(std::chrono::nanoseconds{0}, [this, peer, epoch] {
        if (const auto found = sessions_.find(peer); found != sessions_.end() && found->second.agent_epoch == epoch) {
            session_lost(peer, false);
        }
    });
}

std::optional<PeerId> Broker::find_ready(std::string_view guest) const {
    const auto found = std::ranges::find_if(
        sessions_, [&](const auto& entry) { return entry.second.name == guest && entry.second.ready; });
    return found == sessions_.end() ? std::nullopt : std::optional{found->first};
}

std::vector<EndpointInfo> Broker::endpoints() const {
    std::vector<EndpointInfo> list;
    for (const auto& [peer, session] : sessions_) {
        std::uint32_t number = endpoint_number(peer);
        for (const std::string& service : session.services) {
            list.push_back({.guest = session.name,
                            .service = service,
                            .number = number++,
                            .peer = peer,
                            .epoch = session.agent_epoch,
                            .attached = session.ready});
        }
    }
    return list;
}

std::vector<PeerInfo> Broker::peers() const {
    std::vector<PeerInfo> list;
    for (const auto& [peer, session] : sessions_) {
        const auto used = usage_.find(peer);
        list.push_back({.guest = session.name,
                        .peer = peer,
                        .used = used != usage_.end() ? used->second : PeerUsage{},
                        .quota = policy_.quota_of(session.name)});
    }
    return list;
}

std::vector<ChannelInfo> Broker::channels() const {
    std::vector<ChannelInfo> list;
    for (const auto& [id, channel] : channels_) {
        list.push_back(channel);
    }
    return list;
}

} // namespace zeta::figcom
