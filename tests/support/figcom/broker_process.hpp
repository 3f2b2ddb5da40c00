// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The real broker as a process of this host, and programs on its bus as children of the test. ZETA_BROKER names
// the program.

#include "figcom-vbus/carrier/local/local_carrier.hpp"
#include "figcom-vbus/carrier/local/local_rendezvous.hpp"
#include "figcom-vbus/core/bus_client.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <fstream>
#include <functional>

namespace zeta::figcom::support {

using Json = nlohmann::json;

inline std::chrono::steady_clock::time_point soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds{120};
}

/// A child that is killed when it is no longer wanted, or when the test dies.
class Child {
public:
    Child() = default;
    explicit Child(const std::function<void()>& run) : pid_(::fork()) {
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            run();
            ::_exit(0);
        }
    }
    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Child& operator=(Child&& other) noexcept {
        kill();
        pid_ = std::exchange(other.pid_, -1);
        return *this;
    }
    ~Child() { kill(); }
    void kill() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_{-1};
};

/// This process's attachment to the bus.
struct Program {
    Program(const std::string& directory, const std::string& name, std::vector<std::string> services = {})
        : rendezvous(LocalAgentRendezvous::create(directory, name).value()),
          bus(BusClient::attach(carrier, *rendezvous, std::move(services), soon()).value()) {}
    LocalCarrier carrier;
    std::unique_ptr<LocalAgentRendezvous> rendezvous;
    std::unique_ptr<BusClient> bus;
};

class BrokerProcess {
public:
    explicit BrokerProcess(const std::string& policy) {
        directory = (std::filesystem::temp_directory_path() / "figcom-bus-XXXXXX").string();
        REQUIRE(::mkdtemp(directory.data()) != nullptr);
        socket_ = directory + "/sock";
        write_policy(policy);
        start();
    }
    BrokerProcess(const BrokerProcess&) = delete;
    BrokerProcess& operator=(const BrokerProcess&) = delete;
    ~BrokerProcess() {
        child_.kill();
        std::filesystem::remove_all(directory);
    }
    void write_policy(const std::string& text) const { std::ofstream{directory + "/policy.toml"} << text; }
    void kill() { child_.kill(); }
    [[nodiscard]] pid_t pid() const { return child_.pid(); }
    /// Returns once it serves.
    void start() {
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        child_ = Child{[&] {
            const std::string fd = std::to_string(ready[1]);
            const std::string policy = directory + "/policy.toml";
            ::execl(std::getenv("ZETA_BROKER"), "zeta-broker", "--local", directory.c_str(), "--socket",
                    socket_.c_str(), "--policy", policy.c_str(), "--ready-fd", fd.c_str(), nullptr);
            ::_exit(127);
        }};
        ::close(ready[1]);
        char line = 0;
        REQUIRE(::read(ready[0], &line, 1) == 1);
        ::close(ready[0]);
    }
    /// A program of another process on this bus.
    [[nodiscard]] Child program(const std::string& name, std::vector<std::string> services,
                                const std::function<void(BusClient&)>& run) const {
        return Child{[&] {
            const Program self{directory, name, std::move(services)};
            run(*self.bus);
        }};
    }
    /// One request to its control socket; null where it does not answer.
    [[nodiscard]] Json ask(const Json& request) const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, socket_.c_str(), socket_.size() + 1);
        const UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const std::string line = request.dump() + "\n";
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
            ::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) {
            return nullptr;
        }
        std::string reply;
        while (!reply.ends_with('\n')) {
            std::array<char, 65536> part{};
            const ssize_t got = ::recv(fd.get(), part.data(), part.size(), 0);
            if (got <= 0) {
                return nullptr;
            }
            reply.append(part.data(), static_cast<std::size_t>(got));
        }
        return Json::parse(reply);
    }
    /// Asks until `good` likes the answer: what it waits for is an event that only the broker sees.
    void await(const Json& request, const std::function<bool(const Json&)>& good) const {
        const auto deadline = soon();
        while (!good(ask(request))) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
        }
    }

    std::string directory;

private:
    std::string socket_;
    Child child_;
};

inline std::string channel_text(std::uint64_t id) { return std::format("{:016x}", id); }

inline Result<void> say(Channel& channel, std::uint64_t value, std::uint8_t priority = 0,
                        std::chrono::steady_clock::time_point deadline = soon()) {
    const MessageHead head{.timestamp_ns = value, .source = 0, .target = 0, .type = 1, .priority = priority};
    return channel.send(head, std::as_bytes(std::span{&value, 1}), deadline);
}
/// The next message's value; nothing once the channel is over.
inline std::optional<std::uint64_t> hear(Channel& channel) {
    std::array<std::byte, 128> buffer{};
    Received received;
    while (channel.try_receive(received, buffer) != ReceiveStatus::kReceived) {
        if (!channel.wait(soon())) {
            return std::nullopt;
        }
    }
    return received.head.timestamp_ns;
}

} // namespace zeta::figcom::support
