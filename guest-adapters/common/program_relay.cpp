// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// ProgramRelay: who is attached, and what they serve.
#include "guest-adapters/common/program_relay.hpp"

#include "figcom-vbus/core/boot_clock.hpp"
#include "guest-adapters/common/echo_service.hpp"
#include "hypervisor/base/log.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace zeta::guest {

using namespace figcom;

namespace {

constexpr int kNewsRoundsMax = 16; // then the other work of the loop has its turn
constexpr auto kNewsPause = std::chrono::milliseconds{1};

} // namespace

// Requests are numbered from the boot clock on, far from what jobs of pings are called in practice; has_request()
// decides where that fails.
ProgramRelay::ProgramRelay(EventLoop& loop, Carrier& carrier, BrokerRendezvous& rendezvous, BrokerSide& broker)
    : loop_(loop), carrier_(carrier), rendezvous_(rendezvous), broker_(broker), next_request_(fresh_epoch()) {}

ProgramRelay::~ProgramRelay() {
    loop_.unwatch(rendezvous_.fd());
    loop_.cancel(look_again_);
    loop_.cancel(drop_slow_);
}

void ProgramRelay::start() {
    loop_.watch(rendezvous_.fd(), POLLIN, [this](short /*events*/) { read_news(); });
    read_news();
}

// Answering a program can bring the next one's event along; then nothing wakes us for it, so we look until there is no
// news. A program that renews its offer without end gets its turn with everybody else's.
void ProgramRelay::read_news() {
    for (int round = 0; round < kNewsRoundsMax; ++round) {
        const auto news = rendezvous_.take_news();
        if (!news) {
            log(LogLevel::kError, "zeta-agent", "look for programs: {}", describe(news.error()));
            return;
        }
        if (news->empty()) {
            return;
        }
        for (const PeerNews& one : *news) {
            program_lost(one.peer, one.gone ? "is gone" : "attaches again");
            if (!one.offer) {
                continue;
            }
            if (const Result<void> attached = attach(one); !attached) {
                log(LogLevel::kWarning, "zeta-agent", "program {} (process {}): cannot attach: {}", one.name,
                    one.peer.value, describe(attached.error()));
            }
        }
    }
    loop_.cancel(look_again_);
    look_again_ = loop_.after(kNewsPause, [this] { read_news(); });
}

Result<void> ProgramRelay::attach(const PeerNews& news) {
    if (programs_.size() >= kProgramsMax) {
        return fail(ErrorCode::kResourceExhausted, "attach a program: too many");
    }
    ZETA_TRY_ASSIGN(auto memory, carrier_.map(news.peer, news.offer->reference, kControlRegionMax));
    ZETA_TRY_ASSIGN(auto doorbell, carrier_.connect(news.peer, news.offer->port));
    ZETA_TRY_ASSIGN(auto half,
                    Channel::prepare(carrier_, news.peer, std::move(doorbell), control_spec(news.offer->epoch)));
    const std::uint64_t reference = half.memory->reference();
    ZETA_TRY_ASSIGN(Channel channel, Channel::complete(std::move(half), std::move(memory)));
    const PeerId peer = news.peer;
    Program& program = programs_[peer];
    program.name = news.name;
    program.epoch = news.offer->epoch;
    program.link = std::make_unique<Link>(
        loop_, std::move(channel),
        Link::Options{.receive_bytes_max = kControlMessageMax, .queue_max = kUnsentPerProgramMax},
        [this, peer](const MessageHead& head, std::span<const std::byte> payload) { on_message(peer, head, payload); },
        [this, peer] { program_lost(peer, "is gone, or broke the format"); });
    return rendezvous_.answer(peer,
                              {.reference = reference, .agent_epoch = news.offer->epoch, .broker = rendezvous_.self()});
}

// The kernel ends the channels of a program that died, as it does for an agent. The broker is told at once, so that
// nothing is offered or counted any more.
void ProgramRelay::program_lost(PeerId peer, std::string_view why) {
    const auto found = programs_.find(peer);
    if (found == programs_.end()) {
        return;
    }
    log(LogLevel::kInfo, "zeta-agent", "program {} (process {}): {}", found->second.name, peer.value, why);
    while (!found->second.requests.empty()) {
        cancel(found->second, found->second.requests.begin()->first);
    }
    for (auto route = routes_.begin(); route != routes_.end();) {
        const auto next = std::next(route);
        if (route->second.owners.contains(peer)) {
            drop_owner(route, peer);
        }
        route = next;
    }
    for (auto service = services_.begin(); service != services_.end();) {
        if (service->second != peer) {
            ++service;
            continue;
        }
        figcom_register message{};
        std::ignore = write_name(message.service, service->first);
        broker_.tell_broker(FIGCOM_UNREGISTER, as_payload(message));
        service = services_.erase(service);
    }
    slow_.erase(peer);
    const Program lost = std::move(found->second); // lives to the end: we may be inside its link's call
    programs_.erase(found);
}

void ProgramRelay::on_message(PeerId peer, const MessageHead& head, std::span<const std::byte> payload) {
    if (!bear(peer)) {
        return;
    }
    if (const Result<void> done = dispatch(peer, programs_.at(peer), head.type, payload); !done) {
        log(LogLevel::kWarning, "zeta-agent", "process {}: control message {}: {}", peer.value, head.type,
            describe(done.error()));
        program_lost(peer, "broke the format; its control channel ends");
    }
}

// The broker falls behind when programs say more than it takes. Then the one that said most pays, not the one that
// speaks next. Returns whether `peer` is still there.
bool ProgramRelay::bear(PeerId peer) {
    const std::size_t backlog = broker_.backlog();
    if (backlog == 0 && broker_is_behind_) {
        std::ranges::for_each(programs_, [](auto& entry) { entry.second.said = 0; });
    }
    broker_is_behind_ = backlog != 0;
    ++programs_.at(peer).said;
    if (backlog > kBacklogMax) {
        const auto loudest =
            std::ranges::max_element(programs_, {}, [](const auto& entry) { return entry.second.said; });
        program_lost(loudest->first, "says more than the broker takes; its control channel ends");
    }
    return programs_.contains(peer);
}

// Errors: an offence, which ends the program's control channel. What can be a matter of timing is none.
Result<void> ProgramRelay::dispatch(PeerId peer, Program& program, std::uint16_t type,
                                    std::span<const std::byte> payload) {
    if (type != FIGCOM_HELLO && !program.hello) {
        return fail(ErrorCode::kCorrupt, "hear a program: no hello yet");
    }
    switch (type) {
    case FIGCOM_HELLO: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_hello>(payload));
        return hello(program, message);
    }
    case FIGCOM_REGISTER: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_register>(payload));
        return register_service(peer, program, message);
    }
    case FIGCOM_READY:
        program.ready = true;
        return {};
    case FIGCOM_CHANNEL_REQUEST: {
        ZETA_TRY_ASSIGN(const auto message, read_shaped<figcom_channel_request>(payload));
        return request(peer, program, message);
    }
    case FIGCOM_REQUEST_CANCEL: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_request_cancel>(payload));
        cancel(program, message.request);
        return {};
    }
    case FIGCOM_CHANNEL_OFFER: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_channel_offer>(payload));
        offer(peer, message);
        return {};
    }
    case FIGCOM_CHANNEL_UP: {
        ZETA_TRY_ASSIGN(const auto message, read_shaped<figcom_channel_up>(payload));
        return up(peer, program, message);
    }
    case FIGCOM_CHANNEL_CLOSE: {
        ZETA_TRY_ASSIGN(const auto message, read_payload<figcom_channel_close>(payload));
        close(peer, message.channel_id);
        return {};
    }
    default:
        return {}; // of a newer minor, or for brokers only: not passed on
    }
}

Result<void> ProgramRelay::hello(Program& program, const figcom_hello& hello) const {
    constexpr std::uint16_t kFirstWithShapes = 2;
    if (hello.epoch != program.epoch || hello.abi_major != FIGCOM_ABI_MAJOR || hello.abi_minor < kFirstWithShapes) {
        return fail(ErrorCode::kUnsupported, "greet a program: its epoch or ABI is not what we can serve");
    }
    program.hello = true;
    return {};
}

// One owner for each name: otherwise it would be chance who gets a channel. The loser hears of it.
Result<void> ProgramRelay::register_service(PeerId peer, Program& program, const figcom_register& message) {
    ZETA_TRY_ASSIGN(const std::string service, read_name(message.service));
    const auto known = services_.find(service);
    if (known != services_.end() && known->second == peer) {
        return {};
    }
    if (known != services_.end() || service == EchoService::kName || services_.size() >= kServicesMax ||
        program.services >= kServicesPerProgramMax) {
        log(LogLevel::kWarning, "zeta-agent", "program {} (process {}): cannot serve {}: {}", program.name, peer.value,
            service, known != services_.end() || service == EchoService::kName ? "another does" : "too many services");
        tell(peer, FIGCOM_REFUSED,
             as_payload(figcom_refused{.request = 0, .reason = FIGCOM_REFUSED_SERVICE, .reserved = 0}));
        return {};
    }
    services_.emplace(service, peer);
    ++program.services;
    broker_.tell_broker(FIGCOM_REGISTER, as_payload(message));
    return {};
}

void ProgramRelay::tell(PeerId peer, figcom_control_type type, std::span<const std::byte> payload) {
    const auto program = programs_.find(peer);
    if (program == programs_.end()) {
        return;
    }
    const MessageHead head{.timestamp_ns = 0,
                           .source = FIGCOM_ENDPOINT_BROKER,
                           .target = 0,
                           .type = static_cast<std::uint16_t>(type),
                           .priority = 0};
    const Result<void> sent = program->second.link->send(head, payload);
    if (!sent && sent.error().code == ErrorCode::kResourceExhausted) {
        // It would miss what it must know. Later, because our caller may be walking over the books.
        slow_.insert(peer);
        loop_.cancel(drop_slow_);
        drop_slow_ = loop_.after(std::chrono::nanoseconds{0}, [this] {
            for (const PeerId slow : std::exchange(slow_, {})) {
                program_lost(slow, "does not read; its control channel ends");
            }
        });
    }
}

void ProgramRelay::announce() const {
    for (const auto& [service, owner] : services_) {
        figcom_register message{};
        std::ignore = write_name(message.service, service);
        broker_.tell_broker(FIGCOM_REGISTER, as_payload(message));
    }
    for (const auto& [id, route] : routes_) {
        if (route.up) {
            broker_.tell_broker(FIGCOM_CHANNEL_UP, route.message);
        }
    }
}

void ProgramRelay::announce_requests() const {
    for (const auto& [number, request] : requests_) {
        broker_.tell_broker(FIGCOM_CHANNEL_REQUEST, request.message);
    }
}

// Both sides' offers died with the broker. Requests that it had not answered are simply asked again.
void ProgramRelay::broker_lost() {
    for (auto route = routes_.begin(); route != routes_.end();) {
        const auto next = std::next(route);
        if (!route->second.up) {
            for (const PeerId owner : route->second.owners) {
                tell(owner, FIGCOM_CHANNEL_CLOSE, as_payload(figcom_channel_close{.channel_id = route->first}));
            }
            drop_route(route);
        }
        route = next;
    }
}

bool ProgramRelay::take(std::uint16_t type, std::span<const std::byte> payload) {
    switch (type) {
    case FIGCOM_CHANNEL_OPEN:
        return on_open(payload);
    case FIGCOM_CHANNEL_ACCEPT:
        return on_accept(payload);
    case FIGCOM_REFUSED:
        return on_refused(payload);
    case FIGCOM_CHANNEL_CONNECT: {
        const auto message = read_payload<figcom_channel_connect>(payload);
        return message && on_channel(type, message->channel_id, payload);
    }
    case FIGCOM_CHANNEL_CLOSE: {
        const auto message = read_payload<figcom_channel_close>(payload);
        return message && on_channel(type, message->channel_id, payload);
    }
    case FIGCOM_CHANNEL_REVOKE: {
        const auto message = read_payload<figcom_channel_revoke>(payload);
        return message && on_channel(type, message->channel_id, payload);
    }
    default:
        return false;
    }
}

} // namespace zeta::guest
