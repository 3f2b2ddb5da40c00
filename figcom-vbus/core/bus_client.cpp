// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// BusClient: its control channel, over the broker's own restarts.
#include "figcom-vbus/core/bus_client.hpp"

#include "figcom-vbus/core/boot_clock.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace zeta::figcom {

namespace {

constexpr std::size_t kUnsentMax = 4 * BusClient::kChannelsMax; // a burst of set-ups, and what ends them
constexpr int kTurnsMax = 16;                                   // of one attend(): then the caller goes on

Result<void> add_to(int epoll, int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        return fail_errno(errno, "listen to the broker");
    }
    return {};
}

} // namespace

class BusClient::Guard final : public ChannelGuard {
public:
    explicit Guard(BusClient& client) noexcept : client_(&client) {}
    void retire() noexcept { client_ = nullptr; }
    int fd() const noexcept override { return client_ != nullptr ? client_->fd() : -1; }
    void attend() override {
        if (client_ != nullptr) {
            client_->attend();
        }
    }

private:
    BusClient* client_;
};

BusClient::BusClient(Carrier& carrier, Carrier& data, AgentRendezvous& rendezvous, std::vector<std::string> services)
    : carrier_(carrier), data_(data), rendezvous_(rendezvous), services_(std::move(services)),
      attention_(::epoll_create1(EPOLL_CLOEXEC)), guard_(std::make_shared<Guard>(*this)) {}

BusClient::~BusClient() { static_cast<Guard&>(*guard_).retire(); }

Result<std::unique_ptr<BusClient>> BusClient::attach(Carrier& carrier, AgentRendezvous& rendezvous,
                                                     std::vector<std::string> services, Clock::time_point deadline,
                                                     Carrier* data) {
    if (services.size() > kServicesMax || !std::ranges::all_of(services, is_name)) {
        return fail(ErrorCode::kInvalidArgument, "attach to the bus: a service's name, or too many services");
    }
    std::unique_ptr<BusClient> client{
        new BusClient{carrier, data != nullptr ? *data : carrier, rendezvous, std::move(services)}};
    if (!client->attention_) {
        return fail_errno(errno, "attach to the bus");
    }
    ZETA_TRY(add_to(client->attention_.get(), rendezvous.fd()));
    // Takes the event, so that fd() is silent again; settle() reads the answer itself.
    client->loop_.watch(rendezvous.fd(), POLLIN,
                        [&rendezvous](short /*events*/) { std::ignore = rendezvous.read_answer(); });
    ZETA_TRY(client->ensure_attached(deadline));
    return client;
}

Result<void> BusClient::ensure_attached(Clock::time_point deadline) {
    ZETA_TRY(settle());
    while (!attached()) {
        ZETA_TRY(turn(deadline));
        ZETA_TRY(settle());
    }
    return {};
}

// Goes as far towards being attached as it can without waiting. Not from inside the link's own call.
Result<void> BusClient::settle() {
    if (lost_) {
        control_.reset();
        lost_ = false;
        for (auto& [request, pending] : pending_) {
            if (!pending.done) {
                pending.done = fail(ErrorCode::kUnavailable, "open a channel: the broker is gone; try again");
            }
        }
    }
    if (control_ != nullptr) {
        return {};
    }
    if (!half_) {
        ZETA_TRY(offer());
    }
    const auto answered = take_answer();
    if (!answered) {
        half_.reset(); // that broker is gone, or broken: the next one gets a new offer
        ZETA_TRY(offer());
        return {};
    }
    if (*answered) {
        announce();
    }
    return {};
}

void BusClient::attend() {
    if (attending_) {
        return;
    }
    attending_ = true;
    for (int turns = 0; turns < kTurnsMax; ++turns) {
        const bool was_attached = control_ != nullptr;
        std::ignore = loop_.turn(std::chrono::milliseconds{0});
        std::ignore = settle(); // what fails here is told by the next call that needs the broker
        // A new link listens, and so makes fd() readable, from its first turn on.
        if (control_ == nullptr || (was_attached && !control_->channel().pending())) {
            break;
        }
    }
    attending_ = false;
}

Result<void> BusClient::offer() {
    epoch_ = fresh_epoch();
    const PeerId broker = rendezvous_.broker();
    ZETA_TRY_ASSIGN(auto doorbell, carrier_.listen(broker));
    const std::uint64_t port = doorbell->port();
    ZETA_TRY_ASSIGN(half_, Channel::prepare(carrier_, broker, std::move(doorbell), control_spec(epoch_)));
    return rendezvous_.publish({.reference = half_->memory->reference(), .port = port, .epoch = epoch_});
}

Result<bool> BusClient::take_answer() {
    ZETA_TRY_ASSIGN(const auto answer, rendezvous_.read_answer());
    if (!answer || answer->agent_epoch != epoch_) {
        return false; // nothing yet, or an answer to an earlier offer
    }
    Channel::Half half = std::move(*half_);
    half_.reset();
    half.doorbell->meet(answer->broker);
    ZETA_TRY_ASSIGN(auto memory, carrier_.map(answer->broker, answer->reference, kControlRegionMax));
    ZETA_TRY_ASSIGN(Channel channel, Channel::complete(std::move(half), std::move(memory)));
    ZETA_TRY(add_to(attention_.get(), channel.fd()));
    control_ = std::make_unique<Link>(
        loop_, std::move(channel), Link::Options{.receive_bytes_max = kControlMessageMax, .queue_max = kUnsentMax},
        [this](const MessageHead& head, std::span<const std::byte> payload) { on_control(head.type, payload); },
        [this] { lost_ = true; });
    return true;
}

void BusClient::announce() {
    services_refused_ = false;
    tell(FIGCOM_HELLO,
         as_payload(figcom_hello{
             .epoch = epoch_, .abi_major = FIGCOM_ABI_MAJOR, .abi_minor = FIGCOM_ABI_MINOR, .reserved = 0}));
    for (const std::string& service : services_) {
        figcom_register message{};
        std::ignore = write_name(message.service, service); // checked by attach()
        tell(FIGCOM_REGISTER, as_payload(message));
    }
    for (const auto& [id, known] : known_) {
        tell_up(id, known);
    }
    tell(FIGCOM_READY, as_payload(figcom_channel_close{.channel_id = 0}));
}

void BusClient::tell_up(std::uint64_t id, const Known& known) {
    figcom_channel_up up{.channel_id = id,
                         .epoch = known.epoch,
                         .peer = known.peer,
                         .initiator = known.initiator,
                         .own_endpoint = known.own_endpoint,
                         .peer_endpoint = known.peer_endpoint,
                         .service = {}};
    std::ignore = write_name(up.service, known.service);
    tell(FIGCOM_CHANNEL_UP, shaped_payload(up, known.shape));
}

void BusClient::tell_close(std::uint64_t id) {
    tell(FIGCOM_CHANNEL_CLOSE, as_payload(figcom_channel_close{.channel_id = id}));
}

// One turn of the loop. Errors: kTimeout the deadline has passed before it.
Result<void> BusClient::turn(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
        return fail(ErrorCode::kTimeout, "wait for the broker");
    }
    return loop_.turn(std::min<std::chrono::milliseconds>(left, std::chrono::hours{1}));
}

void BusClient::tell(figcom_control_type type, std::span<const std::byte> payload) {
    if (control_ == nullptr || lost_) {
        return; // said by announce() when a broker is there
    }
    const MessageHead head{.timestamp_ns = 0,
                           .source = 0,
                           .target = FIGCOM_ENDPOINT_BROKER,
                           .type = static_cast<std::uint16_t>(type),
                           .priority = 0};
    std::ignore = control_->send(head, payload); // fails on a lost link only, which the next call attaches again
}

} // namespace zeta::figcom
