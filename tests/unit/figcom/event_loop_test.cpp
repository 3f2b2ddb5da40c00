// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/event_loop.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <vector>

using namespace zeta;
using namespace zeta::figcom;

namespace {

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        read.reset(ends[0]);
        write.reset(ends[1]);
    }
    void fill() const {
        const char one = 1;
        REQUIRE(::write(write.get(), &one, 1) == 1);
    }
    void drain() const {
        char one = 0;
        REQUIRE(::read(read.get(), &one, 1) == 1);
    }
    UniqueFd read;
    UniqueFd write;
};

constexpr std::chrono::milliseconds kAtOnce{0};

} // namespace

TEST_CASE("an entry is called while its descriptor is ready, and no more once it is gone") {
    EventLoop loop;
    const Pipe pipe;
    int calls = 0;
    loop.watch(pipe.read.get(), POLLIN, [&](short events) {
        CHECK((events & POLLIN) != 0);
        ++calls;
    });
    REQUIRE(loop.turn(kAtOnce));
    CHECK(calls == 0);
    pipe.fill();
    REQUIRE(loop.turn(kAtOnce));
    REQUIRE(loop.turn(kAtOnce)); // nobody drained it
    CHECK(calls == 2);
    loop.unwatch(pipe.read.get());
    REQUIRE(loop.turn(kAtOnce));
    CHECK(calls == 2);
    loop.watch(pipe.read.get(), 0, [&](short /*events*/) { ++calls; }); // asks for nothing
    REQUIRE(loop.turn(kAtOnce));
    CHECK(calls == 2);
    loop.watch(pipe.read.get(), POLLIN, [&](short /*events*/) { calls += 10; }); // replaces it
    REQUIRE(loop.turn(kAtOnce));
    CHECK(calls == 12);
}

TEST_CASE("more ready descriptors than one turn takes all have their turn") {
    EventLoop loop;
    const std::vector<Pipe> pipes(200);
    std::vector<int> calls(pipes.size());
    for (std::size_t i = 0; i < pipes.size(); ++i) {
        pipes[i].fill();
        loop.watch(pipes[i].read.get(), POLLIN, [&, i](short /*events*/) { ++calls[i]; });
    }
    for (int turn = 0; turn < 8; ++turn) {
        REQUIRE(loop.turn(kAtOnce));
    }
    for (const int count : calls) {
        CHECK(count >= 1);
    }
}

TEST_CASE("a call may remove another entry whose event came in the same turn") {
    EventLoop loop;
    const Pipe first;
    const Pipe second;
    int calls = 0;
    const auto once = [&](short /*events*/) {
        ++calls;
        loop.unwatch(first.read.get());
        loop.unwatch(second.read.get());
    };
    loop.watch(first.read.get(), POLLIN, once);
    loop.watch(second.read.get(), POLLIN, once);
    first.fill();
    second.fill();
    REQUIRE(loop.turn(kAtOnce));
    REQUIRE(loop.turn(kAtOnce));
    CHECK(calls == 1);
}

TEST_CASE("a descriptor that was closed while watched is forgotten, also when it lives on elsewhere") {
    EventLoop loop;
    Pipe old;
    const UniqueFd copy{::dup(old.read.get())}; // keeps the kernel's entry alive
    const int number = old.read.get();
    int calls = 0;
    loop.watch(number, POLLIN, [&](short /*events*/) { ++calls; });
    old.fill();
    old.read.reset();
    loop.unwatch(number);
    for (int turn = 0; turn < 3; ++turn) {
        REQUIRE(loop.turn(kAtOnce));
    }
    CHECK(calls == 0);
    const Pipe fresh;
    loop.watch(fresh.read.get(), POLLIN, [&](short /*events*/) {
        fresh.drain();
        calls += 100;
    });
    fresh.fill();
    for (int turn = 0; turn < 3; ++turn) {
        REQUIRE(loop.turn(kAtOnce));
    }
    CHECK(calls == 100);
}

TEST_CASE("what cannot be watched is an error of the next turn, once") {
    EventLoop loop;
    const UniqueFd file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    REQUIRE(file);
    loop.watch(file.get(), POLLIN, [](short /*events*/) {});
    CHECK(!loop.turn(kAtOnce));
    loop.unwatch(file.get());
    CHECK(loop.turn(kAtOnce));
}
