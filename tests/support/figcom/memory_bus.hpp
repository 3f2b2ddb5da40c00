// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A broker and any number of agents in one process and one event loop: plain memory as regions, pipes as
// doorbells, no rendezvous but a list. An agent here says exactly what a test makes it say, lies included.

#include "figcom-vbus/broker/broker.hpp"
#include "figcom-vbus/core/boot_clock.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include "tests/support/figcom/ring_pair.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <deque>

namespace zeta::figcom::support {

/// What all carriers of one bus share.
struct MemoryWorld {
    std::map<std::uint64_t, std::weak_ptr<AlignedMemory>> regions;
    std::map<std::uint64_t, std::array<std::shared_ptr<UniqueFd>, 4>> bells; // two pipes, read and write end each
    std::uint64_t next{1};
};

class MemoryDoorbell final : public Doorbell {
public:
    MemoryDoorbell(std::shared_ptr<UniqueFd> hear, std::shared_ptr<UniqueFd> ring, std::uint64_t port)
        : hear_(std::move(hear)), ring_(std::move(ring)), port_(port) {}
    Result<void> notify() noexcept override {
        const char one = 1;
        std::ignore = ::write(ring_->get(), &one, 1);
        return {};
    }
    void drain() noexcept override {
        std::array<char, 64> bin{};
        while (::read(hear_->get(), bin.data(), bin.size()) == static_cast<ssize_t>(bin.size())) {
        }
    }
    int fd() const noexcept override { return hear_->get(); }
    std::uint64_t port() const noexcept override { return port_; }
    bool peer_gone() const noexcept override { return false; }

private:
    std::shared_ptr<UniqueFd> hear_;
    std::shared_ptr<UniqueFd> ring_;
    std::uint64_t port_;
};

class MemoryRegion final : public OwnedMemory {
public:
    MemoryRegion(std::shared_ptr<AlignedMemory> memory, std::uint64_t reference)
        : memory_(std::move(memory)), reference_(reference) {}
    std::span<std::byte> bytes() const noexcept override { return memory_->bytes; }
    std::uint64_t reference() const noexcept override { return reference_; }

private:
    std::shared_ptr<AlignedMemory> memory_;
    std::uint64_t reference_;
};
class MemoryView final : public MappedMemory {
public:
    explicit MemoryView(std::shared_ptr<AlignedMemory> memory) : memory_(std::move(memory)) {}
    std::span<const std::byte> bytes() const noexcept override { return memory_->bytes; }

private:
    std::shared_ptr<AlignedMemory> memory_;
};

class MemoryCarrier final : public Carrier {
public:
    explicit MemoryCarrier(MemoryWorld& world) : world_(world) {}
    Result<std::unique_ptr<Doorbell>> listen(PeerId /*peer*/) override {
        std::array<std::shared_ptr<UniqueFd>, 4> ends;
        for (std::size_t pipe = 0; pipe < 2; ++pipe) {
            std::array<int, 2> made{};
            if (::pipe2(made.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
                return fail_errno(errno, "create a doorbell");
            }
            ends[pipe * 2] = std::make_shared<UniqueFd>(made[0]);
            ends[pipe * 2 + 1] = std::make_shared<UniqueFd>(made[1]);
        }
        const std::uint64_t port = world_.next++;
        auto bell = std::make_unique<MemoryDoorbell>(ends[0], ends[3], port);
        world_.bells[port] = std::move(ends);
        return bell;
    }
    Result<std::unique_ptr<Doorbell>> connect(PeerId /*peer*/, std::uint64_t port) override {
        const auto found = world_.bells.find(port);
        if (found == world_.bells.end()) {
            return fail(ErrorCode::kNotFound, "connect a doorbell");
        }
        return std::make_unique<MemoryDoorbell>(found->second[2], found->second[1], port);
    }
    Result<std::unique_ptr<OwnedMemory>> allocate(PeerId /*peer*/, Bytes bytes, const Doorbell& /*bell*/) override {
        auto memory = std::make_shared<AlignedMemory>(bytes.value);
        const std::uint64_t reference = world_.next++;
        world_.regions[reference] = memory;
        return std::make_unique<MemoryRegion>(std::move(memory), reference);
    }
    Result<std::unique_ptr<MappedMemory>> map(PeerId /*peer*/, std::uint64_t reference, Bytes limit) override {
        const auto found = world_.regions.find(reference);
        auto memory = found != world_.regions.end() ? found->second.lock() : nullptr;
        if (memory == nullptr || memory->bytes.size() > limit.value) {
            return fail(ErrorCode::kNotFound, "map a peer's region");
        }
        return std::make_unique<MemoryView>(std::move(memory));
    }
    void describe(OwnedMemory& /*memory*/) noexcept override {}

private:
    MemoryWorld& world_;
};

class MemoryRendezvous final : public BrokerRendezvous {
public:
    MemoryRendezvous() {
        std::array<int, 2> made{};
        if (::pipe2(made.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
            std::abort();
        }
        read_.reset(made[0]);
        write_.reset(made[1]);
    }
    void bring(PeerNews news) {
        news_.push_back(std::move(news));
        std::ignore = ::write(write_.get(), "n", 1);
    }
    Result<std::vector<PeerNews>> take_news() override {
        std::array<char, 64> bin{};
        while (::read(read_.get(), bin.data(), bin.size()) > 0) {
        }
        return std::exchange(news_, {});
    }
    Result<void> answer(PeerId peer, const BrokerAnswer& answer) override {
        answers[peer] = answer;
        return {};
    }
    int fd() const noexcept override { return read_.get(); }
    PeerId self() const noexcept override { return PeerId{1}; }

    std::map<PeerId, BrokerAnswer> answers;

private:
    std::vector<PeerNews> news_;
    UniqueFd read_;
    UniqueFd write_;
};

/// One control message as it came.
struct Heard {
    std::uint16_t type{0};
    std::vector<std::byte> payload;
};

class RawAgent;

struct MemoryBus {
    explicit MemoryBus(std::string_view policy_text, const std::string& policy_path = {}) {
        std::string why;
        auto policy = Policy::parse(policy_text, why);
        if (!policy) {
            std::fprintf(stderr, "the test's own policy: %s\n", why.c_str());
            std::abort();
        }
        broker.emplace(loop, carrier, rendezvous, std::move(*policy), policy_path);
        if (!broker->start()) {
            std::abort();
        }
    }
    /// Until nothing more happens by itself.
    void settle() {
        for (int turn = 0; turn < 8; ++turn) { // a question and its answer take four
            std::ignore = loop.turn(std::chrono::milliseconds{0});
        }
    }

    MemoryWorld world;
    MemoryCarrier carrier{world};
    MemoryRendezvous rendezvous;
    EventLoop loop;
    std::optional<Broker> broker;
};

/// An agent without any sense of its own: attaches, then sends what it is told and keeps what it hears. With `door`
/// it is a program, and attaches there to whoever listens.
class RawAgent {
public:
    RawAgent(MemoryBus& bus, std::uint32_t peer, const std::string& name, std::vector<std::string> services = {},
             std::uint16_t minor = FIGCOM_ABI_MINOR, bool ready = true, MemoryRendezvous* door = nullptr)
        : bus_(bus), peer_{peer}, epoch_(fresh_epoch()) {
        auto bell = bus.carrier.listen(PeerId{1});
        const std::uint64_t port = (*bell)->port();
        auto half = Channel::prepare(bus.carrier, PeerId{1}, std::move(*bell), control_spec(epoch_)).value();
        MemoryRendezvous& where = door != nullptr ? *door : bus.rendezvous;
        where.bring({.peer = peer_,
                     .name = name,
                     .offer = AgentOffer{.reference = half.memory->reference(), .port = port, .epoch = epoch_},
                     .gone = false});
        bus.settle();
        const BrokerAnswer answer = where.answers.at(peer_);
        auto seen = bus.carrier.map(PeerId{1}, answer.reference, kControlRegionMax).value();
        link_ = std::make_unique<Link>(
            bus.loop, Channel::complete(std::move(half), std::move(seen)).value(),
            Link::Options{.receive_bytes_max = kControlMessageMax, .queue_max = 8192},
            [this](const MessageHead& head, std::span<const std::byte> payload) {
                heard.push_back({.type = head.type, .payload = {payload.begin(), payload.end()}});
            },
            [this] { lost = true; });
        say(FIGCOM_HELLO,
            figcom_hello{.epoch = epoch_, .abi_major = FIGCOM_ABI_MAJOR, .abi_minor = minor, .reserved = 0});
        for (const std::string& service : services) {
            figcom_register message{};
            std::ignore = write_name(message.service, service);
            say(FIGCOM_REGISTER, message);
        }
        if (ready) {
            be_ready();
        }
    }
    RawAgent(const RawAgent&) = delete; // its link knows its place
    RawAgent& operator=(const RawAgent&) = delete;
    void be_ready() {
        say(FIGCOM_READY, figcom_channel_close{.channel_id = 0});
        bus_.settle();
    }
    template <typename T>
    void say(int type, const T& message) {
        say_bytes(type, as_payload(message));
    }
    void say_bytes(int type, std::span<const std::byte> payload) {
        const MessageHead head{.timestamp_ns = 0,
                               .source = 0,
                               .target = FIGCOM_ENDPOINT_BROKER,
                               .type = static_cast<std::uint16_t>(type),
                               .priority = 0};
        std::ignore = link_->send(head, payload);
    }
    void ask(std::uint64_t number, std::string_view guest, std::string_view service,
             const figcom_shape& shape = default_shape()) {
        figcom_channel_request request{.request = number, .guest = {}, .service = {}};
        std::ignore = write_name(request.guest, guest);
        std::ignore = write_name(request.service, service);
        say_bytes(FIGCOM_CHANNEL_REQUEST, shaped_payload(request, shape));
        bus_.settle();
    }
    /// The oldest message of this type that was heard and not taken.
    template <typename T>
    std::optional<Shaped<T>> take(int type) {
        for (auto one = heard.begin(); one != heard.end(); ++one) {
            if (one->type == type) {
                const auto message = read_shaped<T>(one->payload);
                heard.erase(one);
                return message ? std::optional{*message} : std::nullopt;
            }
        }
        return std::nullopt;
    }
    [[nodiscard]] PeerId peer() const { return peer_; }

    std::deque<Heard> heard;
    bool lost{false};

private:
    MemoryBus& bus_;
    PeerId peer_;
    std::uint64_t epoch_;
    std::unique_ptr<Link> link_;
};

/// Sets a channel up to the end. Returns its number, or 0 and `refused` says why.
inline std::uint64_t connect(MemoryBus& bus, RawAgent& from, RawAgent& to, std::uint64_t request,
                             std::string_view to_name, std::string_view service,
                             const figcom_shape& shape = default_shape()) {
    from.ask(request, to_name, service, shape);
    const auto open = from.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
    if (!open) {
        return 0;
    }
    const std::uint64_t id = open->head.channel_id;
    from.say(FIGCOM_CHANNEL_OFFER, figcom_channel_offer{.channel_id = id, .reference = 11, .port = 12});
    bus.settle();
    std::ignore = to.take<figcom_channel_accept>(FIGCOM_CHANNEL_ACCEPT);
    to.say(FIGCOM_CHANNEL_OFFER, figcom_channel_offer{.channel_id = id, .reference = 13, .port = 0});
    bus.settle();
    figcom_channel_up up{.channel_id = id,
                         .epoch = open->head.epoch,
                         .peer = to.peer().value,
                         .initiator = 1,
                         .own_endpoint = open->head.own_endpoint,
                         .peer_endpoint = open->head.peer_endpoint,
                         .service = {}};
    std::ignore = write_name(up.service, service);
    from.say_bytes(FIGCOM_CHANNEL_UP, shaped_payload(up, open->shape));
    bus.settle();
    return id;
}

} // namespace zeta::figcom::support
