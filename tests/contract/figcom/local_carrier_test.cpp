// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/carrier/local/local_carrier.hpp"

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
