// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/carrier/local/local_carrier.hpp"

#include "figcom-vbus/core/channel.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include "tests/contract/figcom/carrier_conformance.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <format>

using namespace zeta::figcom;

namespace {
PeerId self() { return PeerId{static_cast<std::uint32_t>(::getpid())}; }
} // namespace

TEST_CASE("the local carrier conforms") {
    LocalCarrier a;
    LocalCarrier b;
    const conformance::Peers peers{a, self(), b, self()};
    SECTION("memory") { conformance::memory_is_shared_one_way(peers); }
    SECTION("doorbells") { conformance::doorbells_ring_both_ways(peers); }
    SECTION("bad references") { conformance::bad_references_are_refused(peers); }
    SECTION("messages") { conformance::a_channel_carries_messages_both_ways(peers); }
    SECTION("loans") { conformance::lent_room_is_read_whole(peers); }
    SECTION("batches") { conformance::batches_arrive_whole(peers); }
    SECTION("sleep") { conformance::sleeping_sides_are_woken(peers); }
}

TEST_CASE("64 MiB travel as one payload without a copy, and one byte more is refused") {
    constexpr std::size_t kBytes = 64U << 20U;
    LocalCarrier carrier;
    const RegionSpec spec{.slot_count = 4, .slab_bytes = {kBytes}, .epoch = 77, .channel_id = 5};
    auto bell_a = carrier.listen(self());
    REQUIRE(bell_a);
    auto bell_b = carrier.connect(self(), (*bell_a)->port());
    REQUIRE(bell_b);
    auto half_a = Channel::prepare(carrier, self(), std::move(*bell_a), spec);
    auto half_b = TrustedChannel::prepare(carrier, self(), std::move(*bell_b), {.epoch = 77, .channel_id = 5});
    REQUIRE(half_a);
    REQUIRE(half_b);
    auto a_sees = carrier.map(self(), half_b->memory->reference(), zeta::Bytes{2 * kBytes});
    auto b_sees = carrier.map(self(), half_a->memory->reference(), zeta::Bytes{2 * kBytes});
    REQUIRE(a_sees);
    REQUIRE(b_sees);
    auto a = Channel::complete(std::move(*half_a), std::move(*a_sees));
    auto b = TrustedChannel::complete(std::move(*half_b), std::move(*b_sees));
    REQUIRE(a);
    REQUIRE(b);
    CHECK(a->payload_bytes_max() == kBytes);
    const auto refused = a->loan(0, kBytes + 1);
    REQUIRE(!refused);
    CHECK(refused.error().code == zeta::ErrorCode::kInvalidArgument);
    const auto place = a->loan(0, kBytes);
    REQUIRE(place);
    place->front() = std::byte{1};
    place->back() = std::byte{2};
    REQUIRE(a->commit({.type = 1}, kBytes));
    MessageView view;
    REQUIRE(b->try_peek(view) == ReceiveStatus::kReceived);
    REQUIRE(view.payload.size() == kBytes);
    CHECK(view.payload.front() == std::byte{1});
    CHECK(view.payload.back() == std::byte{2});
    b->release();
}

TEST_CASE("a local region cannot be written, shrunk or mapped for writing by its reader") {
    LocalCarrier carrier;
    auto bell = carrier.listen(self());
    REQUIRE(bell);
    auto memory = carrier.allocate(self(), zeta::Bytes{8192}, **bell);
    REQUIRE(memory);
    const zeta::UniqueFd fd{::open(std::format("/proc/self/fd/{}", (*memory)->reference()).c_str(), O_RDWR)};
    REQUIRE(fd);
    CHECK(::ftruncate(fd.get(), 0) != 0);
    const char one = 1;
    CHECK(::write(fd.get(), &one, 1) < 0);
    CHECK(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0) == MAP_FAILED);
}

TEST_CASE("the death of a local peer makes the doorbell readable") {
    LocalCarrier carrier;
    int fds[2];
    REQUIRE(::pipe(fds) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        char wait = 0;
        ::close(fds[1]);
        std::ignore = ::read(fds[0], &wait, 1);
        ::_exit(0);
    }
    auto bell = carrier.listen(PeerId{static_cast<std::uint32_t>(child)});
    REQUIRE(bell);
    CHECK(!(*bell)->peer_gone());
    ::kill(child, SIGKILL);
    pollfd waiting{.fd = (*bell)->fd(), .events = POLLIN, .revents = 0};
    CHECK(::poll(&waiting, 1, 5000) == 1);
    CHECK((*bell)->peer_gone());
    ::waitpid(child, nullptr, 0);
    ::close(fds[0]);
    ::close(fds[1]);
}
