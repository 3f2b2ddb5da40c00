// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Programs on the bus by way of their guest's agent: set-ups, deaths of everybody, and programs that say anything.
#include "guest-adapters/common/program_relay.hpp"

#include "tests/support/figcom/memory_guest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

using namespace zeta;
using namespace zeta::figcom;
using guest::ProgramRelay;
using support::MemoryBus;
using support::MemoryGuest;
using support::RawAgent;

namespace {

constexpr const char* kAnything = "[[allow]]\nfrom='*'\nto='*'\nservice='*'\nkinds=['stream','state','redundant']\n"
                                  "[quota]\nchannels=4096\nsetups=4096\nmemory='1GiB'\n";

const ProgramRelay& relay(const MemoryGuest& guest) { return *guest.agent->programs(); }

figcom_channel_offer offer_of(std::uint64_t id, std::uint64_t reference) {
    return {.channel_id = id, .reference = reference, .port = 12};
}
figcom_channel_close close_of(std::uint64_t id) { return {.channel_id = id}; }
figcom_channel_up up_of(std::uint64_t id, std::uint32_t peer, bool asked, const char* service = "greeter") {
    figcom_channel_up up{.channel_id = id,
                         .epoch = id,
                         .peer = peer,
                         .initiator = asked ? 1U : 0U,
                         .own_endpoint = 0,
                         .peer_endpoint = 0,
                         .service = {}};
    std::ignore = write_name(up.service, service);
    return up;
}
std::uint32_t refusal_of(RawAgent& program, std::uint64_t request) {
    const auto refused = program.take<figcom_refused>(FIGCOM_REFUSED);
    return refused && refused->head.request == request ? refused->head.reason : 0;
}
bool serves(const MemoryBus& bus, std::string_view service) {
    return std::ranges::any_of(bus.broker->endpoints(), [&](const auto& one) { return one.service == service; });
}
std::size_t setups_of(const MemoryBus& bus, std::string_view guest) {
    for (const PeerInfo& one : bus.broker->peers()) {
        if (one.guest == guest) {
            return one.used.setups;
        }
    }
    return 0;
}

/// Two guests with their agents; a server in beta.
struct Pair {
    explicit Pair(const char* policy = kAnything) : bus(policy) {}
    void settle() const { alpha.settle(); }
    /// Sets a channel up to the end; 0: it did not come to that.
    std::uint64_t connect(RawAgent& from, RawAgent& to, std::uint64_t request) const {
        from.ask(request, "beta", "greeter");
        settle();
        const auto open = from.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
        if (!open || open->head.request != request) {
            return 0;
        }
        const std::uint64_t id = open->head.channel_id;
        from.say(FIGCOM_CHANNEL_OFFER, offer_of(id, 11));
        settle();
        const auto accept = to.take<figcom_channel_accept>(FIGCOM_CHANNEL_ACCEPT);
        if (!accept || accept->head.reference != 11 || accept->head.peer != 10) {
            return 0;
        }
        to.say(FIGCOM_CHANNEL_OFFER, offer_of(id, 13));
        settle();
        const auto connected = from.take<figcom_channel_connect>(FIGCOM_CHANNEL_CONNECT);
        if (!connected || connected->head.reference != 13) {
            return 0;
        }
        from.say(FIGCOM_CHANNEL_UP, up_of(id, 11, true));
        settle();
        return id;
    }
    [[nodiscard]] bool is_up(std::uint64_t id) const {
        return std::ranges::any_of(bus.broker->channels(),
                                   [&](const auto& one) { return one.id == id && one.state == ChannelState::kUp; });
    }
    MemoryBus bus;
    MemoryGuest alpha{bus, 10, "alpha"};
    MemoryGuest beta{bus, 11, "beta"};
    RawAgent server{beta.program(200, {"greeter"})};
};

/// The broker as a relay alone sees it.
class StubBroker final : public guest::BrokerSide {
public:
    void tell_broker(figcom_control_type type, std::span<const std::byte> payload) override {
        if (type == FIGCOM_CHANNEL_REQUEST) {
            requests.push_back(read_shaped<figcom_channel_request>(payload).value().head.request);
        }
    }
    std::size_t backlog() const noexcept override { return behind; }
    bool has_request(std::uint64_t request) const override { return request == taken_request; }
    bool has_channel(std::uint64_t /*channel*/) const override { return false; }
    std::vector<std::uint64_t> requests;
    std::size_t behind{0};
    std::uint64_t taken_request{0};
};

} // namespace

TEST_CASE("programs of two guests get a channel through their agents") {
    Pair pair;
    RawAgent client = pair.alpha.program(100);
    const std::uint64_t id = pair.connect(client, pair.server, 7);
    REQUIRE(id != 0);
    CHECK(pair.is_up(id));
    CHECK(relay(pair.alpha).channel_count() == 1);
    CHECK(relay(pair.alpha).request_count() == 0);
    SECTION("its number can be used again") { CHECK(pair.connect(client, pair.server, 7) != 0); }
    SECTION("either side ends it") {
        RawAgent& side = GENERATE(true, false) ? client : pair.server;
        RawAgent& other = &side == &client ? pair.server : client;
        side.say(FIGCOM_CHANNEL_CLOSE, close_of(id));
        pair.settle();
        CHECK(pair.bus.broker->channels().empty());
        CHECK(other.take<figcom_channel_close>(FIGCOM_CHANNEL_CLOSE));
        CHECK(relay(pair.alpha).channel_count() + relay(pair.beta).channel_count() == 0);
    }
    SECTION("an operator ends it") {
        CHECK(pair.bus.broker->revoke(id) == 1);
        pair.settle();
        CHECK(client.take<figcom_channel_revoke>(FIGCOM_CHANNEL_REVOKE));
        CHECK(pair.server.take<figcom_channel_revoke>(FIGCOM_CHANNEL_REVOKE));
        CHECK(relay(pair.alpha).channel_count() + relay(pair.beta).channel_count() == 0);
    }
}

TEST_CASE("programs of one guest may use the same numbers") {
    Pair pair{"[[allow]]\nfrom='alpha'\nto='beta'\nservice='greeter'\n"};
    RawAgent one = pair.alpha.program(100);
    RawAgent other = pair.alpha.program(101);
    one.ask(1, "beta", "greeter");
    other.ask(1, "beta", "secret");
    pair.settle();
    CHECK(refusal_of(other, 1) == FIGCOM_REFUSED_POLICY);
    const auto open = one.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
    REQUIRE(open);
    CHECK(open->head.request == 1);
    CHECK(other.heard.empty());
    other.say(FIGCOM_REQUEST_CANCEL, figcom_request_cancel{.request = 1}); // its own, which is over
    pair.settle();
    CHECK(relay(pair.alpha).request_count() == 1);
    one.say(FIGCOM_REQUEST_CANCEL, figcom_request_cancel{.request = 1});
    pair.settle();
    CHECK(relay(pair.alpha).request_count() == 0);
    CHECK(relay(pair.alpha).channel_count() == 0);
    CHECK(pair.bus.broker->channels().empty());
    CHECK(setups_of(pair.bus, "alpha") == 0);
}

TEST_CASE("a shape comes through as it was asked for") {
    Pair pair;
    RawAgent client = pair.alpha.program(100);
    const figcom_shape shape = state_shape(FIGCOM_FROM_SERVICE, 3, Bytes{500});
    client.ask(5, "beta", "greeter", shape);
    pair.settle();
    const auto open = client.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
    REQUIRE(open);
    client.say(FIGCOM_CHANNEL_OFFER, offer_of(open->head.channel_id, 11));
    pair.settle();
    const auto accept = pair.server.take<figcom_channel_accept>(FIGCOM_CHANNEL_ACCEPT);
    REQUIRE(accept);
    CHECK(accept->shape.kind == FIGCOM_KIND_STATE);
    CHECK(std::memcmp(&accept->shape, &open->shape, sizeof shape) == 0);
}

TEST_CASE("a service has one owner, and is free when that one is gone") {
    Pair pair;
    std::unique_ptr<RawAgent> first;
    pair.alpha.enter(first, 100, {"engine"});
    RawAgent second = pair.alpha.program(101, {"engine"});
    CHECK(refusal_of(second, 0) == FIGCOM_REFUSED_SERVICE);
    RawAgent third = pair.alpha.program(102, {"echo"});
    CHECK(refusal_of(third, 0) == FIGCOM_REFUSED_SERVICE);
    CHECK(serves(pair.bus, "engine"));
    first.reset();
    pair.settle();
    CHECK_FALSE(serves(pair.bus, "engine"));
    figcom_register again{};
    std::ignore = write_name(again.service, "engine");
    second.say(FIGCOM_REGISTER, again);
    pair.settle();
    CHECK(second.heard.empty());
    CHECK(serves(pair.bus, "engine"));
}

TEST_CASE("a request waits for a program that comes later") {
    Pair pair;
    RawAgent client = pair.alpha.program(100);
    client.ask(1, "beta", "late");
    pair.settle();
    CHECK(client.heard.empty());
    const RawAgent late = pair.beta.program(201, {"late"});
    pair.settle();
    CHECK(client.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN));
}

TEST_CASE("a killed program leaves nothing behind") {
    Pair pair;
    std::unique_ptr<RawAgent> client;
    pair.alpha.enter(client, 100, {"engine"});
    const std::uint64_t id = pair.connect(*client, pair.server, 1);
    REQUIRE(id != 0);
    client->ask(2, "beta", "nobody");  // waits at the broker
    client->ask(3, "beta", "greeter"); // half set up
    pair.settle();
    CHECK(setups_of(pair.bus, "alpha") == 2);
    client.reset();
    pair.settle();
    CHECK(relay(pair.alpha).program_count() == 0);
    CHECK(relay(pair.alpha).channel_count() == 0);
    CHECK(relay(pair.alpha).request_count() == 0);
    CHECK(relay(pair.alpha).service_count() == 0);
    CHECK(pair.bus.broker->channels().empty());
    CHECK(setups_of(pair.bus, "alpha") == 0);
    CHECK_FALSE(serves(pair.bus, "engine"));
    CHECK(pair.server.take<figcom_channel_close>(FIGCOM_CHANNEL_CLOSE));
}

TEST_CASE("a server that died between request and answer is told to the asker") {
    Pair pair;
    RawAgent client = pair.alpha.program(100);
    std::unique_ptr<RawAgent> mortal;
    pair.beta.enter(mortal, 201, {"mortal"});
    client.ask(1, "beta", "mortal");
    pair.settle();
    const auto open = client.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
    REQUIRE(open);
    mortal.reset(); // the agent has not noticed when the offer comes
    client.say(FIGCOM_CHANNEL_OFFER, offer_of(open->head.channel_id, 11));
    pair.settle();
    CHECK(client.take<figcom_channel_close>(FIGCOM_CHANNEL_CLOSE));
    CHECK(pair.bus.broker->channels().empty());
    CHECK(relay(pair.alpha).request_count() == 0);
}

TEST_CASE("a program cannot touch another's channels and requests") {
    Pair pair;
    RawAgent client = pair.alpha.program(100);
    RawAgent thief = pair.alpha.program(101);
    const std::uint64_t live = pair.connect(client, pair.server, 1);
    REQUIRE(live != 0);
    client.ask(2, "beta", "greeter");
    client.ask(3, "beta", "nobody");
    pair.settle();
    const auto open = client.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
    REQUIRE(open);
    for (const std::uint64_t id : {live, open->head.channel_id}) {
        thief.say(FIGCOM_CHANNEL_OFFER, offer_of(id, 99));
        thief.say(FIGCOM_CHANNEL_UP, up_of(id, 11, true));
        thief.say(FIGCOM_CHANNEL_CLOSE, close_of(id));
        pair.settle();
    }
    for (const std::uint64_t request : {1, 2, 3}) {
        thief.say(FIGCOM_REQUEST_CANCEL, figcom_request_cancel{.request = request});
    }
    thief.ask(2, "beta", "nobody"); // its own number 2
    pair.settle();
    CHECK(pair.is_up(live));
    CHECK(relay(pair.alpha).request_count() == 3);
    CHECK_FALSE(pair.server.take<figcom_channel_accept>(FIGCOM_CHANNEL_ACCEPT)); // the stolen offer
    client.say(FIGCOM_CHANNEL_OFFER, offer_of(open->head.channel_id, 11));
    pair.settle();
    const auto accept = pair.server.take<figcom_channel_accept>(FIGCOM_CHANNEL_ACCEPT);
    REQUIRE(accept);
    CHECK(accept->head.reference == 11);
    CHECK_FALSE(thief.lost); // it may have been a matter of timing
    CHECK(thief.heard.empty());
}

TEST_CASE("a malformed message ends its program's control channel and no other") {
    Pair pair;
    RawAgent client = pair.alpha.program(100);
    RawAgent fool = pair.alpha.program(101, {"folly"});
    const int type = GENERATE(FIGCOM_HELLO, FIGCOM_REGISTER, FIGCOM_CHANNEL_REQUEST, FIGCOM_CHANNEL_OFFER,
                              FIGCOM_CHANNEL_UP, FIGCOM_CHANNEL_CLOSE, FIGCOM_REQUEST_CANCEL);
    fool.say_bytes(type, std::array<std::byte, 3>{});
    pair.settle();
    CHECK(fool.lost);
    CHECK_FALSE(serves(pair.bus, "folly"));
    CHECK_FALSE(client.lost);
    CHECK(pair.connect(client, pair.server, 1) != 0);
}

TEST_CASE("names, numbers and shapes of a program are checked, and its hello") {
    Pair pair;
    SECTION("a name without an end") {
        RawAgent fool = pair.alpha.program(101);
        figcom_register endless{};
        std::ranges::fill(endless.service, 'x');
        fool.say(FIGCOM_REGISTER, endless);
        pair.settle();
        CHECK(fool.lost);
    }
    SECTION("request 0, which answers to REGISTER use") {
        RawAgent fool = pair.alpha.program(101);
        fool.ask(0, "beta", "greeter");
        pair.settle();
        CHECK(fool.lost);
    }
    SECTION("a shape that no channel can have") {
        RawAgent fool = pair.alpha.program(101);
        figcom_shape shape = default_shape();
        shape.slot_count = 3;
        fool.ask(1, "beta", "greeter", shape);
        pair.settle();
        CHECK(fool.lost);
    }
    SECTION("an ABI without shapes") {
        const RawAgent old{pair.bus, 101, "old", {}, 1, true, &pair.alpha.door};
        pair.settle();
        CHECK(old.lost);
    }
    SECTION("what only brokers and agents say is not passed on") {
        RawAgent odd = pair.alpha.program(101);
        for (const int type :
             std::array<int, 5>{FIGCOM_PING_REPORT, FIGCOM_PING_START, FIGCOM_CHANNEL_REVOKE, FIGCOM_UNREGISTER, 999}) {
            odd.say_bytes(type, std::array<std::byte, 9>{});
        }
        pair.settle();
        CHECK_FALSE(odd.lost);
        CHECK(pair.bus.broker->jobs().empty());
    }
}

TEST_CASE("a new agent takes over the channels of programs that live on") {
    Pair pair;
    std::unique_ptr<RawAgent> client;
    pair.alpha.enter(client, 100);
    const std::uint64_t id = pair.connect(*client, pair.server, 1);
    REQUIRE(id != 0);
    pair.alpha.kill();
    CHECK(client->lost);
    CHECK_FALSE(pair.server.take<figcom_channel_close>(FIGCOM_CHANNEL_CLOSE)); // it goes on
    pair.alpha.start();
    // Somebody else claims the channel before its owner does.
    std::unique_ptr<RawAgent> thief;
    pair.alpha.enter(thief, 101, {}, false);
    thief->say(FIGCOM_CHANNEL_UP, up_of(id, 11, true));
    thief->be_ready();
    pair.alpha.enter(client, 100, {}, false);
    client->say(FIGCOM_CHANNEL_UP, up_of(id, 11, true));
    client->be_ready();
    pair.settle();
    CHECK(pair.is_up(id));
    CHECK(relay(pair.alpha).channel_count() == 1);
    SECTION("the claim ends with who made it, the channel does not") {
        SECTION("by its close") { thief->say(FIGCOM_CHANNEL_CLOSE, close_of(id)); }
        SECTION("by its death") { thief.reset(); }
        pair.settle();
        CHECK(pair.is_up(id));
        client->say(FIGCOM_CHANNEL_CLOSE, close_of(id));
        pair.settle();
        CHECK(pair.bus.broker->channels().empty());
        CHECK(relay(pair.alpha).channel_count() == 0);
    }
    SECTION("a revocation reaches both") {
        CHECK(pair.bus.broker->revoke(id) == 1);
        pair.settle();
        CHECK(client->take<figcom_channel_revoke>(FIGCOM_CHANNEL_REVOKE));
        CHECK(relay(pair.alpha).channel_count() == 0);
    }
    SECTION("claims end with READY") {
        thief->say(FIGCOM_CHANNEL_UP, up_of(4711, 11, true));
        pair.settle();
        CHECK(relay(pair.alpha).channel_count() == 1);
        CHECK_FALSE(pair.is_up(4711));
    }
    SECTION("the broker's word for a number counts more than a claim") {
        const std::uint64_t next = pair.connect(*client, pair.server, 9);
        REQUIRE(next != 0);
        RawAgent prophet = pair.alpha.program(102, {}, false);
        prophet.say(FIGCOM_CHANNEL_UP, up_of(next + 1, 11, true));
        prophet.be_ready();
        const std::uint64_t foretold = pair.connect(*client, pair.server, 10);
        CHECK(foretold == next + 1);
        prophet.say(FIGCOM_CHANNEL_CLOSE, close_of(foretold));
        pair.settle();
        CHECK(pair.is_up(foretold));
    }
}

TEST_CASE("a new broker hears of all programs' services, channels and requests") {
    Pair pair;
    RawAgent client = pair.alpha.program(100);
    const std::uint64_t live = pair.connect(client, pair.server, 1);
    REQUIRE(live != 0);
    client.ask(2, "beta", "late");
    client.ask(3, "beta", "greeter");
    pair.settle();
    const auto half = client.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
    REQUIRE(half);
    std::string why;
    pair.bus.broker.emplace(pair.bus.loop, pair.bus.carrier, pair.bus.rendezvous,
                            Policy::parse(kAnything, why).value());
    REQUIRE(pair.bus.broker->start());
    pair.settle();
    pair.settle();
    CHECK_FALSE(client.lost);
    CHECK(serves(pair.bus, "greeter"));
    CHECK(pair.is_up(live));
    const auto over = client.take<figcom_channel_close>(FIGCOM_CHANNEL_CLOSE);
    REQUIRE(over);
    CHECK(over->head.channel_id == half->head.channel_id);
    const RawAgent late = pair.beta.program(201, {"late"});
    pair.settle();
    const auto open = client.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
    REQUIRE(open);
    CHECK(open->head.request == 2);
    CHECK(pair.connect(client, pair.server, 4) != 0);
}

TEST_CASE("the agent's own service and pings go on beside programs") {
    Pair pair;
    RawAgent client = pair.alpha.program(100);
    client.ask(77, "beta", "nobody");
    pair.settle();
    figcom_ping last{};
    std::string why;
    const PingRequest ping{.job = 77, // as the program's own number: they must not meet
                           .source = "alpha",
                           .target = "beta",
                           .count = 50,
                           .payload_bytes = 64,
                           .window = 1,
                           .timeout = std::chrono::seconds{60}};
    REQUIRE(pair.bus.broker->ping(ping, 1, [&](const figcom_ping& report) { last = report; }, why));
    for (int turn = 0; turn < 200 && last.state != FIGCOM_PING_DONE; ++turn) {
        pair.settle();
    }
    CHECK(last.state == FIGCOM_PING_DONE);
    CHECK(last.totals.delivered == 50);
    CHECK(relay(pair.alpha).request_count() == 1);
    CHECK(client.heard.empty());
}

TEST_CASE("limits of programs are answered, and hold for each of them alone") {
    Pair pair;
    SECTION("channels and requests") {
        RawAgent greedy = pair.alpha.program(100);
        for (std::uint64_t request = 1; request <= ProgramRelay::kHeldPerProgramMax; ++request) {
            greedy.ask(request, "beta", "nobody");
        }
        pair.settle();
        CHECK(greedy.heard.empty());
        greedy.ask(5000, "beta", "nobody");
        pair.settle();
        CHECK(refusal_of(greedy, 5000) == FIGCOM_REFUSED_LIMIT);
        RawAgent modest = pair.alpha.program(101);
        CHECK(pair.connect(modest, pair.server, 1) != 0);
    }
    SECTION("services") {
        std::vector<std::string> names;
        for (std::size_t i = 0; i <= ProgramRelay::kServicesPerProgramMax; ++i) {
            names.push_back("service-" + std::to_string(i));
        }
        RawAgent greedy = pair.alpha.program(100, names);
        pair.settle();
        CHECK(refusal_of(greedy, 0) == FIGCOM_REFUSED_SERVICE);
        CHECK(relay(pair.alpha).service_count() == ProgramRelay::kServicesPerProgramMax);
    }
    SECTION("programs") {
        std::vector<std::unique_ptr<RawAgent>> crowd(ProgramRelay::kProgramsMax);
        for (std::uint32_t i = 0; i < ProgramRelay::kProgramsMax; ++i) {
            pair.alpha.enter(crowd[i], 1000 + i);
        }
        pair.alpha.door.bring({.peer = PeerId{2000},
                               .name = "late",
                               .offer = AgentOffer{.reference = 1, .port = 1, .epoch = 1},
                               .gone = false});
        pair.settle();
        CHECK(relay(pair.alpha).program_count() == ProgramRelay::kProgramsMax);
        CHECK_FALSE(pair.alpha.door.answers.contains(PeerId{2000}));
    }
}

TEST_CASE("while the broker is behind, the loudest program pays") {
    MemoryBus bus{kAnything};
    support::MemoryRendezvous door;
    StubBroker broker;
    ProgramRelay relay{bus.loop, bus.carrier, door, broker};
    relay.start();
    RawAgent loud{bus, 100, "loud", {}, FIGCOM_ABI_MINOR, true, &door};
    RawAgent quiet{bus, 101, "quiet", {}, FIGCOM_ABI_MINOR, true, &door};
    broker.behind = 1;
    for (std::uint64_t request = 1; request <= 40; ++request) {
        loud.ask(request, "beta", "nobody");
    }
    broker.behind = ProgramRelay::kBacklogMax + 1;
    quiet.ask(1, "beta", "nobody");
    bus.settle();
    CHECK(loud.lost);
    CHECK_FALSE(quiet.lost);
    CHECK(relay.request_count() == 1);
}

TEST_CASE("requests get numbers that no job of the agent's has") {
    MemoryBus bus{kAnything};
    support::MemoryRendezvous door;
    StubBroker broker;
    ProgramRelay relay{bus.loop, bus.carrier, door, broker};
    relay.start();
    RawAgent program{bus, 100, "program", {}, FIGCOM_ABI_MINOR, true, &door};
    program.ask(1, "beta", "nobody");
    REQUIRE(broker.requests.size() == 1);
    broker.taken_request = broker.requests.front() + 1;
    program.ask(2, "beta", "nobody");
    REQUIRE(broker.requests.size() == 2);
    CHECK(broker.requests.back() != broker.requests.front());
    CHECK(broker.requests.back() != broker.taken_request);
    CHECK(relay.has_request(broker.requests.back()));
}
