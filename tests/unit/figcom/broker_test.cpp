// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// What the broker makes of agents that say anything: kinds, policy, quotas, cancelled requests, revocation, and
// what it learns after its own restart.
#include "tests/support/figcom/memory_bus.hpp"
#include "tests/support/scratch_folder.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace zeta;
using namespace zeta::figcom;
using support::connect;
using support::MemoryBus;
using support::RawAgent;

namespace {

constexpr const char* kAnything = "[[allow]]\nfrom='*'\nto='*'\nservice='*'\nkinds=['stream','state','redundant']\n";

std::uint32_t refusal_of(RawAgent& agent) {
    const auto refused = agent.take<figcom_refused>(FIGCOM_REFUSED);
    return refused ? refused->head.reason : 0;
}
std::uint32_t revoked(RawAgent& agent, std::uint64_t id) {
    const auto message = agent.take<figcom_channel_revoke>(FIGCOM_CHANNEL_REVOKE);
    return message && message->head.channel_id == id ? message->head.reason : 0;
}
PeerUsage usage(const MemoryBus& bus, const char* guest) {
    for (const PeerInfo& one : bus.broker->peers()) {
        if (one.guest == guest) {
            return one.used;
        }
    }
    return {};
}
figcom_channel_up claim(std::uint64_t id, std::uint32_t peer, bool initiator, const char* service = "echo") {
    figcom_channel_up up{.channel_id = id,
                         .epoch = id,
                         .peer = peer,
                         .initiator = initiator ? 1U : 0U,
                         .own_endpoint = 0,
                         .peer_endpoint = 0,
                         .service = {}};
    std::ignore = write_name(up.service, service);
    return up;
}

} // namespace

TEST_CASE("each kind of channel is set up as it was asked for") {
    MemoryBus bus{kAnything};
    RawAgent alpha{bus, 10, "alpha"};
    RawAgent beta{bus, 11, "beta", {"engine"}};
    const std::array policies{BackPressure::kBlock, BackPressure::kFail, BackPressure::kDropOldest,
                              BackPressure::kLatestOnly};
    for (const figcom_shape& shape :
         {stream_shape(FIGCOM_TO_SERVICE, policies, 16, Bytes{8192}), state_shape(FIGCOM_FROM_SERVICE, 3, Bytes{500}),
          redundant_shape(FIGCOM_TO_SERVICE, 32, 1000), default_shape()}) {
        alpha.ask(7, "beta", "engine", shape);
        const auto open = alpha.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
        REQUIRE(open);
        CHECK(std::memcmp(&open->shape, &shape, sizeof shape) == 0);
        alpha.say(FIGCOM_CHANNEL_OFFER,
                  figcom_channel_offer{.channel_id = open->head.channel_id, .reference = 5, .port = 6});
        bus.settle();
        const auto accept = beta.take<figcom_channel_accept>(FIGCOM_CHANNEL_ACCEPT);
        REQUIRE(accept);
        CHECK(std::memcmp(&accept->shape, &shape, sizeof shape) == 0);
        alpha.say(FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = open->head.channel_id});
        bus.settle();
    }
    CHECK(bus.broker->channels().empty());
    CHECK(usage(bus, "alpha").memory_bytes == 0);
}

TEST_CASE("a shape that no channel can have is malformed") {
    MemoryBus bus{kAnything};
    RawAgent alpha{bus, 10, "alpha"};
    const RawAgent beta{bus, 11, "beta", {"engine"}};
    figcom_shape bad = default_shape();
    bad.slot_count = 63;
    alpha.ask(1, "beta", "engine", bad);
    bad = default_shape();
    bad.kind = 9;
    alpha.ask(2, "beta", "engine", bad);
    bad = state_shape(FIGCOM_BOTH_WAYS, 1, Bytes{8});
    bad.policies[0] = FIGCOM_DROP_OLDEST;
    alpha.ask(3, "beta", "engine", bad);
    for (std::uint32_t number = 1; number <= 3; ++number) {
        const auto refused = alpha.take<figcom_refused>(FIGCOM_REFUSED);
        REQUIRE(refused);
        CHECK(refused->head.request == number);
        CHECK(refused->head.reason == FIGCOM_REFUSED_MALFORMED);
    }
    CHECK(bus.broker->channels().empty());
}

TEST_CASE("a refusal says what the policy misses") {
    MemoryBus bus{"[[allow]]\nfrom='alpha'\nto='beta'\nservice='log*'\ndirection='to-service'\npriorities=2\n"
                  "channel-bytes='64KiB'\nmessage-bytes=4096\n"};
    RawAgent alpha{bus, 10, "alpha"};
    RawAgent beta{bus, 11, "beta", {"logger"}};
    const std::array one{BackPressure::kBlock};
    const std::array three{BackPressure::kBlock, BackPressure::kBlock, BackPressure::kBlock};
    const auto asked = [&](const char* service, const figcom_shape& shape) {
        alpha.ask(1, "beta", service, shape);
        return refusal_of(alpha);
    };
    CHECK(asked("disk", stream_shape(FIGCOM_TO_SERVICE, one)) == FIGCOM_REFUSED_POLICY);
    CHECK(asked("logger", stream_shape(FIGCOM_BOTH_WAYS, one)) == FIGCOM_REFUSED_DIRECTION);
    CHECK(asked("logger", stream_shape(FIGCOM_FROM_SERVICE, one)) == FIGCOM_REFUSED_DIRECTION);
    CHECK(asked("logger", state_shape(FIGCOM_TO_SERVICE, 1, Bytes{64})) == FIGCOM_REFUSED_KIND);
    CHECK(asked("logger", stream_shape(FIGCOM_TO_SERVICE, three, 16, Bytes{4096})) == FIGCOM_REFUSED_AMOUNT);
    CHECK(asked("logger", stream_shape(FIGCOM_TO_SERVICE, one, 16, Bytes{8192})) == FIGCOM_REFUSED_AMOUNT);
    CHECK(asked("logger", stream_shape(FIGCOM_TO_SERVICE, one, 1024, Bytes{4096})) == FIGCOM_REFUSED_AMOUNT);
    beta.ask(1, "alpha", "logger", stream_shape(FIGCOM_TO_SERVICE, one, 16, Bytes{4096}));
    CHECK(refusal_of(beta) == FIGCOM_REFUSED_POLICY);
    CHECK(connect(bus, alpha, beta, 2, "beta", "logger", stream_shape(FIGCOM_TO_SERVICE, one, 16, Bytes{4096})) != 0);
}

TEST_CASE("quotas count channels, memory and set-ups, and what ends gives them back") {
    MemoryBus bus{std::string{kAnything} + "[quota]\nchannels=2\nsetups=3\nmemory='1MiB'\n"
                                           "[[peer]]\nname='beta'\nchannels=3\n"};
    RawAgent alpha{bus, 10, "alpha"};
    RawAgent gamma{bus, 12, "gamma"};
    RawAgent beta{bus, 11, "beta", {"engine"}};
    SECTION("channels, of either side") {
        const std::uint64_t first = connect(bus, alpha, beta, 1, "beta", "engine");
        REQUIRE(first != 0);
        REQUIRE(connect(bus, alpha, beta, 2, "beta", "engine") != 0);
        CHECK(usage(bus, "alpha").channels == 2);
        CHECK(usage(bus, "beta").channels == 2);
        CHECK(usage(bus, "alpha").setups == 0);
        alpha.ask(3, "beta", "engine");
        CHECK(refusal_of(alpha) == FIGCOM_REFUSED_LIMIT);
        REQUIRE(connect(bus, gamma, beta, 1, "beta", "engine") != 0);
        gamma.ask(2, "beta", "engine");
        CHECK(refusal_of(gamma) == FIGCOM_REFUSED_TARGET);
        beta.say(FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = first});
        bus.settle();
        CHECK(connect(bus, alpha, beta, 4, "beta", "engine") != 0);
    }
    SECTION("memory") {
        const std::array one{BackPressure::kBlock};
        const auto large = stream_shape(FIGCOM_BOTH_WAYS, one, 64, Bytes{600 * 1024});
        REQUIRE(connect(bus, alpha, beta, 1, "beta", "engine", large) != 0);
        CHECK(usage(bus, "alpha").memory_bytes > 600 * 1024);
        alpha.ask(2, "beta", "engine", large);
        CHECK(refusal_of(alpha) == FIGCOM_REFUSED_MEMORY);
    }
    SECTION("set-ups, given up or not") {
        for (std::uint64_t number = 1; number <= 3; ++number) {
            alpha.ask(number, "nobody", "engine");
        }
        alpha.ask(1, "nobody", "engine"); // again while it waits: nothing new
        CHECK(usage(bus, "alpha").setups == 3);
        alpha.ask(4, "nobody", "engine");
        CHECK(refusal_of(alpha) == FIGCOM_REFUSED_SETUPS);
        alpha.say(FIGCOM_REQUEST_CANCEL, figcom_request_cancel{.request = 2});
        alpha.say(FIGCOM_REQUEST_CANCEL, figcom_request_cancel{.request = 99});
        gamma.say(FIGCOM_REQUEST_CANCEL, figcom_request_cancel{.request = 1}); // not gamma's
        bus.settle();
        CHECK(usage(bus, "alpha").setups == 2);
        CHECK(connect(bus, alpha, beta, 5, "beta", "engine") != 0);
    }
}

TEST_CASE("a request that is cancelled in the middle of its set-up frees both sides") {
    MemoryBus bus{kAnything};
    RawAgent alpha{bus, 10, "alpha"};
    RawAgent beta{bus, 11, "beta", {"engine"}};
    alpha.ask(1, "beta", "engine");
    const auto open = alpha.take<figcom_channel_open>(FIGCOM_CHANNEL_OPEN);
    REQUIRE(open);
    alpha.say(FIGCOM_CHANNEL_OFFER,
              figcom_channel_offer{.channel_id = open->head.channel_id, .reference = 5, .port = 6});
    bus.settle();
    alpha.say(FIGCOM_REQUEST_CANCEL, figcom_request_cancel{.request = 1});
    bus.settle();
    CHECK(bus.broker->channels().empty());
    CHECK(usage(bus, "alpha").setups == 0);
    CHECK(usage(bus, "beta").channels == 0);
    const auto told = beta.take<figcom_channel_close>(FIGCOM_CHANNEL_CLOSE);
    REQUIRE(told);
    CHECK(told->head.channel_id == open->head.channel_id);
}

TEST_CASE("agents of before shapes get default channels and the refusals that they know") {
    MemoryBus bus{"[[allow]]\nfrom='*'\nto='*'\nservice='*'\nnotifications-per-s=1000\n"};
    RawAgent alpha{bus, 10, "alpha"};
    RawAgent old{bus, 11, "old", {"echo"}, 1};
    CHECK(connect(bus, alpha, old, 1, "old", "echo") != 0); // without the limit, which it would not understand
    CHECK(bus.broker->channels().front().shape.notifications_per_s == 0);
    const std::array drop{BackPressure::kDropOldest};
    alpha.ask(2, "old", "echo", stream_shape(FIGCOM_BOTH_WAYS, drop));
    CHECK(refusal_of(alpha) == FIGCOM_REFUSED_OLD_PEER);
    old.ask(3, "alpha", "x", state_shape(FIGCOM_BOTH_WAYS, 1, Bytes{8}));
    CHECK(refusal_of(old) == FIGCOM_REFUSED_POLICY);
    const std::uint64_t id = bus.broker->channels().front().id;
    CHECK(bus.broker->revoke(id) == 1);
    bus.settle();
    CHECK(revoked(alpha, id) == FIGCOM_REFUSED_REVOKED);
    CHECK(old.take<figcom_channel_close>(FIGCOM_CHANNEL_CLOSE));
}

TEST_CASE("a new policy ends what it forbids, and a broken one changes nothing") {
    const test::ScratchFolder folder;
    const std::string path = folder.file("policy.toml");
    const auto write = [&](const std::string& text) { folder.write("policy.toml", text); };
    MemoryBus bus{kAnything, path};
    RawAgent alpha{bus, 10, "alpha"};
    RawAgent beta{bus, 11, "beta", {"engine"}};
    RawAgent gamma{bus, 12, "gamma"};
    const std::uint64_t kept = connect(bus, alpha, beta, 1, "beta", "engine");
    const std::uint64_t lost = connect(bus, gamma, beta, 1, "beta", "engine");
    REQUIRE(kept != 0);
    REQUIRE(lost != 0);
    gamma.ask(2, "nobody", "engine");
    std::string why;
    for (const char* broken :
         {"[[allow]]\nfrom='alpha'\nto='beta'\n\nservice=1\n", "[[allow", "[quota]\nchannels=-1"}) {
        write(broken);
        CHECK(!bus.broker->reload_policy(why));
        CHECK(why.starts_with("line "));
        CHECK(why.find('\n') == std::string::npos);
        CHECK(bus.broker->channels().size() == 2);
        CHECK(bus.broker->policy().rules().size() == 1);
    }
    write("[[allow]]\nfrom='alpha'\nto='beta'\nservice='engine'\n");
    const auto reloaded = bus.broker->reload_policy(why);
    REQUIRE(reloaded);
    CHECK(reloaded->revoked == 1);
    bus.settle();
    CHECK(revoked(gamma, lost) == FIGCOM_REFUSED_POLICY);
    CHECK(revoked(beta, lost) == FIGCOM_REFUSED_POLICY);
    CHECK(refusal_of(gamma) == FIGCOM_REFUSED_POLICY); // the one that still waited
    CHECK(usage(bus, "gamma").setups == 0);
    REQUIRE(bus.broker->channels().size() == 1);
    CHECK(bus.broker->channels().front().id == kept);
    REQUIRE(std::filesystem::remove(path));
    CHECK(bus.broker->reload_policy(why).error().code == ErrorCode::kNotFound);
    CHECK(bus.broker->channels().size() == 1);
}

TEST_CASE("a restarted broker learns channels from both sides, and nobody speaks for another") {
    MemoryBus bus{"[[allow]]\nfrom='alpha'\nto='beta'\nservice='echo'\n[quota]\nchannels=1\n"};
    RawAgent alpha{bus, 10, "alpha", {}, FIGCOM_ABI_MINOR, false};
    alpha.say(FIGCOM_CHANNEL_UP, claim(77, 11, true));
    alpha.be_ready();
    RawAgent mallory{bus, 13, "mallory", {}, FIGCOM_ABI_MINOR, false};
    mallory.say(FIGCOM_CHANNEL_UP, claim(77, 11, true)); // beta is not there yet: nothing contradicts it
    mallory.be_ready();
    CHECK(bus.broker->channels().size() == 2);
    RawAgent beta{bus, 11, "beta", {"echo"}, FIGCOM_ABI_MINOR, false};
    CHECK(usage(bus, "beta").channels == 0); // what others say of it costs it nothing
    beta.say(FIGCOM_CHANNEL_UP, claim(77, 10, false));
    beta.be_ready();
    REQUIRE(bus.broker->channels().size() == 1); // mallory's is known by name now, and forbidden
    CHECK(bus.broker->channels().front().from == "alpha");
    CHECK(bus.broker->channels().front().to == "beta");
    CHECK(usage(bus, "beta").channels == 1);
    CHECK(revoked(mallory, 77) == FIGCOM_REFUSED_POLICY);
    CHECK(!beta.take<figcom_channel_revoke>(FIGCOM_CHANNEL_REVOKE)); // its own channel of this number lives
    CHECK(bus.broker->revoke(77) == 1);
    bus.settle();
    CHECK(revoked(alpha, 77) == FIGCOM_REFUSED_REVOKED);
    CHECK(revoked(beta, 77) == FIGCOM_REFUSED_REVOKED);
    CHECK(usage(bus, "alpha").channels == 0);
    SECTION("what the policy forbids now is revoked as soon as it is announced") {
        beta.say(FIGCOM_CHANNEL_UP, claim(78, 10, true));
        bus.settle();
        CHECK(bus.broker->channels().empty());
        CHECK(revoked(beta, 78) == FIGCOM_REFUSED_POLICY);
    }
}

TEST_CASE("a process that may not have its name is not answered") {
    std::string why;
    const auto policy = Policy::parse("[[program]]\nname='engine-*'\nuid=7\nexecutable='/usr/bin/engine'\n"
                                      "[[program]]\nname='block'\nuid=8\n",
                                      why);
    REQUIRE(policy);
    CHECK(policy->may_be("engine-1", 7, "/usr/bin/engine"));
    CHECK(!policy->may_be("engine-1", 8, "/usr/bin/engine"));
    CHECK(!policy->may_be("engine-1", 7, "/opt/engine"));
    CHECK(!policy->may_be("engine-1", 7, ""));
    CHECK(policy->may_be("block", 8, "/anything"));
    CHECK(!policy->may_be("other", 7, "/usr/bin/engine"));
    CHECK(Policy{}.may_be("other", 7, ""));
    MemoryBus bus{"[[program]]\nname='engine'\nuid=7\n"};
    bus.rendezvous.bring({.peer = PeerId{20},
                          .name = "engine",
                          .offer = AgentOffer{.reference = 1, .port = 1, .epoch = 1},
                          .gone = false,
                          .process = ProcessIdentity{.uid = 8, .executable = {}}});
    bus.settle();
    CHECK(bus.rendezvous.answers.empty());
}
