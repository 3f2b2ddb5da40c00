// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "guest-adapters/common/agent.hpp"

#include "figcom-vbus/core/boot_clock.hpp"
#include "hypervisor/base/log.hpp"

#include <poll.h>

namespace zeta::guest {

using namespace figcom;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto kTick = std::chrono::milliseconds{250};                  // progress reports and deadlines
constexpr auto kOfferRetry = std::chrono::milliseconds{500};            // after a failed offer
constexpr std::size_t kUnsentMax = ProgramRelay::kBrokerQueueMax + 256; // the latter of our own

} // namespace

Agent::Agent(EventLoop& loop, Carrier& carrier, AgentRendezvous& rendezvous)
    : loop_(loop), carrier_(carrier), rendezvous_(rendezvous) {}

Agent::~Agent() {
    loop_.unwatch(rendezvous_.fd());
    for (const EventLoop::TimerId timer : {tick_, retry_, close_finished_}) {
        loop_.cancel(timer);
    }
}

void Agent::serve_programs(Carrier& carrier, BrokerRendezvous& rendezvous) {
    BrokerSide& broker = *this;
    programs_ = std::make_unique<ProgramRelay>(loop_, carrier, rendezvous, broker);
    programs_->start();
}

std::size_t Agent::backlog() const noexcept { return control_ != nullptr ? control_->queued() : 0; }

Result<void> Agent::start() {
    loop_.watch(rendezvous_.fd(), POLLIN, [this](short /*events*/) { read_rendezvous(); });
    tick_ = loop_.after(kTick, [this] { tick(); });
    return offer_control();
}

Result<void> Agent::offer_control() {
    epoch_ = fresh_epoch();
    const PeerId broker = rendezvous_.broker();
    ZETA_TRY_ASSIGN(auto doorbell, carrier_.listen(broker));
    const std::uint64_t port = doorbell->port();
    ZETA_TRY_ASSIGN(control_half_, Channel::prepare(carrier_, broker, std::move(doorbell), control_spec(epoch_)));
    ZETA_TRY(rendezvous_.publish({.reference = control_half_->memory->reference(), .port = port, .epoch = epoch_}));
    read_rendezvous();
    return {};
}

void Agent::read_rendezvous() {
    const auto answer = rendezvous_.read_answer();
    if (!answer) {
        log(LogLevel::kWarning, "zeta-agent", "read the broker's answer: {}", describe(answer.error()));
        return;
    }
    if (!*answer || (*answer)->agent_epoch != epoch_ || !control_half_) {
        return; // nothing yet, or an answer to an offer that is over
    }
    if (const Result<void> attached = attach(**answer); !attached) {
        log(LogLevel::kWarning, "zeta-agent", "attach to the broker: {}", describe(attached.error()));
        retry_ = loop_.after(kOfferRetry, [this] {
            if (control_ == nullptr) {
                std::ignore = offer_control();
            }
        });
    }
}

Result<void> Agent::attach(const BrokerAnswer& answer) {
    Channel::Half half = std::move(*control_half_);
    control_half_.reset();
    half.doorbell->meet(answer.broker);
    ZETA_TRY_ASSIGN(auto memory, carrier_.map(answer.broker, answer.reference, kControlRegionMax));
    ZETA_TRY_ASSIGN(Channel channel, Channel::complete(std::move(half), std::move(memory)));
    control_ = std::make_unique<Link>(
        loop_, std::move(channel), Link::Options{.receive_bytes_max = kControlMessageMax, .queue_max = kUnsentMax},
        [this](const MessageHead& head, std::span<const std::byte> payload) { on_control(head, payload); },
        [this] { control_lost(); });
    log(LogLevel::kInfo, "zeta-agent", "attached to the broker, epoch {}", epoch_);
    announce();
    return {};
}

void Agent::announce() {
    tell(FIGCOM_HELLO,
         figcom_hello{.epoch = epoch_, .abi_major = FIGCOM_ABI_MAJOR, .abi_minor = FIGCOM_ABI_MINOR, .reserved = 0});
    figcom_register service{};
    std::ignore = write_name(service.service, EchoService::kName);
    tell(FIGCOM_REGISTER, service);
    std::erase_if(channels_, [](const auto& entry) { return entry.second.link == nullptr; }); // half set up
    for (const auto& [id, channel] : channels_) {
        tell_up(id, channel);
    }
    if (programs_ != nullptr) {
        programs_->announce();
    }
    for (const auto& [id, job] : jobs_) {
        report(job);
    }
    tell(FIGCOM_READY, figcom_channel_close{.channel_id = 0});
    for (const auto& [id, job] : jobs_) {
        request_channel(job);
    }
    if (programs_ != nullptr) {
        programs_->announce_requests();
    }
}

void Agent::control_lost() {
    log(LogLevel::kWarning, "zeta-agent", "the broker is gone; offering a new control channel");
    control_.reset();
    if (programs_ != nullptr) {
        programs_->broker_lost();
    }
    if (const Result<void> offered = offer_control(); !offered) {
        log(LogLevel::kError, "zeta-agent", "offer a control channel: {}", describe(offered.error()));
        retry_ = loop_.after(kOfferRetry, [this] { control_lost(); });
    }
}

void Agent::tell_bytes(figcom_control_type type, std::span<const std::byte> payload) {
    if (control_ == nullptr) {
        return; // said again by announce() once a broker is there
    }
    const MessageHead head{.timestamp_ns = 0,
                           .source = 0,
                           .target = FIGCOM_ENDPOINT_BROKER,
                           .type = static_cast<std::uint16_t>(type),
                           .priority = 0};
    if (const Result<void> sent = control_->send(head, payload); !sent) {
        log(LogLevel::kWarning, "zeta-agent", "tell the broker: {}", describe(sent.error()));
    }
}

void Agent::on_control(const MessageHead& head, std::span<const std::byte> payload) {
    if (const Result<void> done = dispatch(head.type, payload); !done) {
        log(LogLevel::kWarning, "zeta-agent", "control message {}: {}", head.type, describe(done.error()));
    }
}

// A set-up that failed here is over for the broker too.
Result<void> Agent::or_close(std::uint64_t id, Result<void> done) {
    if (!done) {
        tell(FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = id});
    }
    return done;
}

Result<void> Agent::dispatch(std::uint16_t type, std::span<const std::byte> payload) {
    if (programs_ != nullptr && programs_->take(type, payload)) {
        return {};
    }
    switch (type) {
    case FIGCOM_CHANNEL_OPEN: {
        ZETA_TRY_ASSIGN(const auto open, read_shaped<figcom_channel_open>(payload));
        return or_close(open.head.channel_id, open_channel(open));
    }
    case FIGCOM_CHANNEL_ACCEPT: {
        ZETA_TRY_ASSIGN(const auto accept, read_shaped<figcom_channel_accept>(payload));
        return or_close(accept.head.channel_id, accept_channel(accept));
    }
    case FIGCOM_CHANNEL_CONNECT: {
        ZETA_TRY_ASSIGN(const auto connect, read_payload<figcom_channel_connect>(payload));
        return connect_channel(connect);
    }
    case FIGCOM_CHANNEL_REVOKE: {
        ZETA_TRY_ASSIGN(const auto revoke, read_payload<figcom_channel_revoke>(payload));
        log(LogLevel::kWarning, "zeta-agent", "the broker revoked channel {:016x}, reason {}", revoke.channel_id,
            revoke.reason);
        close_channel(revoke.channel_id, false);
        return {};
    }
    case FIGCOM_CHANNEL_CLOSE: {
        ZETA_TRY_ASSIGN(const auto close, read_payload<figcom_channel_close>(payload));
        close_channel(close.channel_id, false);
        return {};
    }
    case FIGCOM_REFUSED: {
        ZETA_TRY_ASSIGN(const auto refused, read_payload<figcom_refused>(payload));
        if (const auto job = jobs_.find(refused.request); job != jobs_.end()) {
            job->second.refuse(refused.reason);
            report(job->second);
        }
        return {};
    }
    case FIGCOM_PING_START: {
        ZETA_TRY_ASSIGN(const auto ping, read_payload<figcom_ping>(payload));
        start_ping(ping);
        return {};
    }
    case FIGCOM_COUNTERS_ASK: {
        ZETA_TRY_ASSIGN(const auto ask, read_payload<figcom_counters_ask>(payload));
        tell_counters(ask.round);
        return {};
    }
    case FIGCOM_PING_FORGET: {
        ZETA_TRY_ASSIGN(const auto forget, read_payload<figcom_ping_forget>(payload));
        jobs_.erase(forget.job);
        return {};
    }
    default:
        return fail(ErrorCode::kUnsupported, "read a control message: unknown type"); // a newer minor; skipped
    }
}

} // namespace zeta::guest
