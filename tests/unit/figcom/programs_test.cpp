// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// The real broker, the real agents of two guests and programs in both, as processes of this host, with SIGKILLs.
// Only the channels' carrier is a stand-in: between guests it would be grants.
#include "tests/support/figcom/broker_process.hpp"
#include "tests/support/figcom/host_guest_carrier.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace zeta;
using namespace zeta::figcom;
using namespace zeta::figcom::support;

namespace {

class GuestProcess {
public:
    GuestProcess(const BrokerProcess& broker, std::string name)
        : directory(broker.directory + "/" + name), bus_(broker.directory), name_(std::move(name)) {
        start();
    }
    void start() {
        agent_ = Child{[&] {
            ::execl(std::getenv("ZETA_AGENT"), "zeta-agent", "--local", bus_.c_str(), "--name", name_.c_str(),
                    "--programs", directory.c_str(), nullptr);
            ::_exit(127);
        }};
        const auto deadline = soon();
        while (!std::filesystem::exists(directory)) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
        }
    }
    void kill() { agent_.kill(); }
    std::string directory;

private:
    std::string bus_;
    std::string name_;
    Child agent_;
};

/// This process as a program of a guest.
struct GuestProgram {
    explicit GuestProgram(const std::string& directory, std::vector<std::string> services = {})
        : rendezvous(LocalAgentRendezvous::create(directory, "program").value()),
          bus(BusClient::attach(control, *rendezvous, std::move(services), soon(), &data).value()) {}
    LocalCarrier control;
    HostGuestCarrier data;
    std::unique_ptr<LocalAgentRendezvous> rendezvous;
    std::unique_ptr<BusClient> bus;
};

// Answers each message of one channel after the other with the same bytes.
void serve_echo(const std::string& directory, const std::string& service) {
    const GuestProgram self{directory, {service}};
    while (true) {
        auto opened = self.bus->accept(soon());
        if (!opened) {
            return;
        }
        std::vector<std::byte> buffer(payload_bytes_of(opened->shape));
        while (true) {
            Received received;
            if (opened->channel.try_receive(received, buffer) == ReceiveStatus::kReceived) {
                if (!opened->channel.send(received.head, std::span{buffer}.first(received.length), soon())) {
                    break;
                }
            } else if (!opened->channel.wait(soon())) {
                break;
            }
        }
        const std::uint64_t id = opened->id;
        {
            const Channel over = std::move(opened->channel);
        }
        self.bus->closed(id);
    }
}

bool exchange(Channel& channel, std::size_t length) {
    std::vector<std::byte> sent(length);
    for (std::size_t i = 0; i < length; ++i) {
        sent[i] = static_cast<std::byte>(i * 7 + length);
    }
    const MessageHead head{.timestamp_ns = length, .source = 0, .target = 0, .type = 3, .priority = 0};
    if (!channel.send(head, sent, soon())) {
        return false;
    }
    std::vector<std::byte> answer(std::max<std::size_t>(channel.peer_layout().slab_bytes, FIGCOM_INLINE_BYTES));
    Received received;
    while (channel.try_receive(received, answer) != ReceiveStatus::kReceived) {
        if (!channel.wait(soon())) {
            return false;
        }
    }
    return std::ranges::equal(std::span{answer}.first(received.length), sent);
}

bool has_channel(const Json& channels, std::uint64_t id) {
    return channels.is_object() && std::ranges::any_of(channels["channels"], [&](const Json& one) {
               return one["channel"] == channel_text(id) && one["state"] == "up";
           });
}
bool has_service(const Json& endpoints, const std::string& service) {
    return endpoints.is_object() &&
           std::ranges::any_of(endpoints["endpoints"], [&](const Json& one) { return one["service"] == service; });
}

const Json kChannels{{"op", "channels"}};
const Json kEndpoints{{"op", "endpoints"}};

struct TwoGuests {
    TwoGuests() { serve(); }
    void serve() {
        server = Child{[&] { serve_echo(beta.directory, "mirror"); }};
    }
    BrokerProcess broker{"[[allow]]\nfrom = 'alpha'\nto = 'beta'\nservice = '*'\n"};
    GuestProcess alpha{broker, "alpha"};
    GuestProcess beta{broker, "beta"};
    Child server;
};

} // namespace

TEST_CASE("programs of two guests exchange messages of all sizes") {
    const TwoGuests guests;
    const GuestProgram client{guests.alpha.directory};
    auto opened = client.bus->open("beta", "mirror", soon());
    REQUIRE(opened);
    for (const std::size_t length : {0, 1, 63, 64, 127, 128, 4096, 16384, 60000}) {
        INFO(length);
        CHECK(exchange(opened->channel, length));
    }
    const auto denied = client.bus->open("alpha", "mirror", soon());
    REQUIRE_FALSE(denied);
    CHECK(denied.error().code == ErrorCode::kPermissionDenied);
}

TEST_CASE("a killed program's channels and services end at once") {
    TwoGuests guests;
    const GuestProgram client{guests.alpha.directory};
    auto opened = client.bus->open("beta", "mirror", soon());
    REQUIRE(opened);
    REQUIRE(exchange(opened->channel, 10));
    guests.server.kill();
    const auto waited = opened->channel.wait(soon());
    REQUIRE_FALSE(waited);
    CHECK(waited.error().code == ErrorCode::kClosed);
    guests.broker.await(kChannels, [&](const Json& answer) { return !has_channel(answer, opened->id); });
    guests.broker.await(kEndpoints, [&](const Json& answer) { return !has_service(answer, "mirror"); });
    guests.serve();
    auto again = client.bus->open("beta", "mirror", soon()); // waits for the new one
    REQUIRE(again);
    CHECK(exchange(again->channel, 10));
}

TEST_CASE("a channel goes on without its agents, and the new ones hear of it") {
    TwoGuests guests;
    const GuestProgram client{guests.alpha.directory};
    auto opened = client.bus->open("beta", "mirror", soon());
    REQUIRE(opened);
    REQUIRE(exchange(opened->channel, 10));
    guests.alpha.kill();
    guests.beta.kill();
    for (std::size_t length = 1; length < 50; ++length) {
        REQUIRE(exchange(opened->channel, length * 100));
    }
    guests.alpha.start();
    guests.beta.start();
    guests.broker.await(kChannels, [&](const Json& answer) {
        client.bus->attend();
        return has_channel(answer, opened->id);
    });
    guests.broker.await(kEndpoints, [&](const Json& answer) { return has_service(answer, "mirror"); });
    CHECK(exchange(opened->channel, 10));
    auto another = client.bus->open("beta", "mirror", soon());
    CHECK(another);
}

TEST_CASE("a restarted broker hears of programs' channels and services from their agents") {
    TwoGuests guests;
    const GuestProgram client{guests.alpha.directory};
    auto opened = client.bus->open("beta", "mirror", soon());
    REQUIRE(opened);
    guests.broker.kill();
    REQUIRE(exchange(opened->channel, 1000));
    guests.broker.start();
    guests.broker.await(kChannels, [&](const Json& answer) { return has_channel(answer, opened->id); });
    guests.broker.await(kEndpoints, [&](const Json& answer) { return has_service(answer, "mirror"); });
    CHECK(exchange(opened->channel, 1000));
}

TEST_CASE("the second program of a service's name is told") {
    TwoGuests guests;
    guests.broker.await(kEndpoints, [&](const Json& answer) { return has_service(answer, "mirror"); });
    const GuestProgram second{guests.beta.directory, {"mirror"}};
    const auto accepted = second.bus->accept(soon());
    REQUIRE_FALSE(accepted);
    CHECK(accepted.error().code == ErrorCode::kConflict);
}
