// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/server.hpp"

#include "control-domain/zetactl/line_client.hpp"
#include "tests/support/scratch_folder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <thread>
#include <vector>

#include "hypervisor/base/unique_handle.hpp"

using namespace zeta;
using namespace zeta::zetad;

namespace {

/// A server that echoes; "wait" is answered only when the gate opens, "big" with more than a socket holds.
struct Echo {
    Echo() {
        auto made = Server::create(
            {.socket_path = path,
             .max_request_bytes = 1000,
             .only_user = ::geteuid(),
             .lane_of = [](std::string_view line) { return line == "wait" ? Lane::kChange : Lane::kLook; },
             .answer = [this](std::string_view line) { return answer(line); },
             .too_long = [] { return std::string("too long"); }});
        REQUIRE(made.has_value());
        server = std::move(*made);
        thread = std::thread([this] { ended_well = server->run(); });
    }
    ~Echo() { end(); }
    void end() {
        if (thread.joinable()) {
            server->stop();
            thread.join();
        }
    }
    std::string answer(std::string_view line) {
        if (line == "wait") {
            gate.get_future().wait();
        }
        return line == "big" ? std::string(4U << 20U, 'x') : std::string(line);
    }
    [[nodiscard]] Result<std::string> ask(std::string_view line) const {
        return ctl::ask_line(path, line, std::chrono::seconds(20));
    }
    [[nodiscard]] UniqueFd connect() const {
        UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
        return fd;
    }

    test::ScratchFolder folder;
    std::string path{folder.file("s.sock")};
    std::promise<void> gate;
    std::unique_ptr<Server> server;
    std::thread thread;
    bool ended_well{false};
};

} // namespace

TEST_CASE("requests are answered, also several on one connection and in pieces") {
    Echo echo;
    CHECK(echo.ask("hello") == "hello");
    const UniqueFd fd = echo.connect();
    for (const std::string_view piece : {"on", "e\ntw", "o\n"}) {
        REQUIRE(::send(fd.get(), piece.data(), piece.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(piece.size()));
    }
    std::string got(8, '\0');
    REQUIRE(::recv(fd.get(), got.data(), got.size(), MSG_WAITALL) == 8);
    CHECK(got == "one\ntwo\n");
}

TEST_CASE("a slow change and slow readers hold up nobody who looks") {
    Echo echo;
    auto change = std::async(std::launch::async, [&echo] { return echo.ask("wait"); });
    std::vector<UniqueFd> slow;
    for (int i = 0; i < 10; ++i) {
        slow.push_back(echo.connect());
        REQUIRE(::send(slow.back().get(), "big\n", 4, MSG_NOSIGNAL) == 4);
    }
    for (int i = 0; i < 20; ++i) {
        CHECK(echo.ask("look") == "look");
    }
    echo.gate.set_value();
    CHECK(change.get() == "wait");
}

TEST_CASE("a line without end is cut off, and the others go on") {
    Echo echo;
    CHECK(echo.ask(std::string(5000, 'x')) == "too long");
    const UniqueFd fd = echo.connect();
    const std::string endless(1001, 'x');
    REQUIRE(::send(fd.get(), endless.data(), endless.size(), MSG_NOSIGNAL) == 1001);
    std::string got(9, '\0');
    REQUIRE(::recv(fd.get(), got.data(), got.size(), MSG_WAITALL) == 9);
    CHECK(::recv(fd.get(), got.data(), 1, 0) == 0);
    CHECK(echo.ask("still") == "still");
}

TEST_CASE("a client that goes away before its answer is forgotten") {
    Echo echo;
    {
        const UniqueFd fd = echo.connect();
        REQUIRE(::send(fd.get(), "wait\n", 5, MSG_NOSIGNAL) == 5);
    }
    CHECK(echo.ask("look") == "look");
    echo.gate.set_value();
    echo.end();
    CHECK(echo.ended_well);
}

TEST_CASE("the socket is the owner's alone, served once, and gone at the end") {
    Echo echo;
    struct stat about{};
    REQUIRE(::stat(echo.path.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777U) == 0600);
    const auto second = Server::create(
        {.socket_path = echo.path, .max_request_bytes = 10, .lane_of = {}, .answer = {}, .too_long = {}});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == ErrorCode::kConflict);
    echo.end();
    CHECK(::stat(echo.path.c_str(), &about) != 0);
    CHECK(echo.ask("x").error().code == ErrorCode::kUnavailable);
}
