// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// The broker and two agents as processes of this host over the local carrier: attach, ping, policy,
// and SIGKILL of each of them in the middle of a ping.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

class Process {
public:
    explicit Process(const std::vector<std::string>& command) {
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            std::vector<char*> arguments;
            for (const std::string& part : command) {
                arguments.push_back(const_cast<char*>(part.c_str()));
            }
            arguments.push_back(nullptr);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() { kill(); }
    void kill() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
            pid_ = -1;
        }
    }

private:
    pid_t pid_{-1};
};

class Client {
public:
    explicit Client(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { ::close(fd_); }
    bool connected() const { return connected_; }
    void say(const std::string& line) const {
        REQUIRE(::send(fd_, (line + "\n").data(), line.size() + 1, MSG_NOSIGNAL) > 0);
    }
    // null: the connection ended, or nothing came for a long time.
    json hear() {
        while (received_.find('\n') == std::string::npos) {
            pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
            std::array<char, 8192> part{};
            const ssize_t got = ::poll(&waiting, 1, 60'000) == 1 ? ::recv(fd_, part.data(), part.size(), 0) : -1;
            if (got <= 0) {
                return nullptr;
            }
            received_.append(part.data(), static_cast<std::size_t>(got));
        }
        const std::size_t end = received_.find('\n');
        json line = json::parse(received_.substr(0, end));
        received_.erase(0, end + 1);
        return line;
    }
    json ask(const json& request) {
        say(request.dump());
        return hear();
    }

private:
    int fd_{-1};
    bool connected_{false};
    std::string received_;
};

struct Bus {
    Bus() {
        directory = (std::filesystem::temp_directory_path() / "figcom-test-XXXXXX").string();
        REQUIRE(::mkdtemp(directory.data()) != nullptr);
        socket = directory + "/sock";
        std::ofstream(directory + "/policy.toml") << "[[allow]]\nfrom = '*'\nto = 'beta'\nservice = 'echo'\n";
        start_broker();
        start_agent(alpha, "alpha");
        start_agent(beta, "beta");
    }
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus() {
        alpha.reset();
        beta.reset();
        broker.reset();
        std::filesystem::remove_all(directory);
    }
    // Returns once it serves: --ready-fd says so.
    void start_broker() {
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        broker = std::make_unique<Process>(
            std::vector<std::string>{std::getenv("ZETA_BROKER"), "--local", directory, "--socket", socket, "--policy",
                                     directory + "/policy.toml", "--ready-fd", std::to_string(ready[1])});
        ::close(ready[1]);
        char line = 0;
        REQUIRE(::read(ready[0], &line, 1) == 1);
        REQUIRE(line == '\n');
        ::close(ready[0]);
    }
    void start_agent(std::unique_ptr<Process>& agent, const std::string& guest) const {
        agent = std::make_unique<Process>(
            std::vector<std::string>{std::getenv("ZETA_AGENT"), "--local", directory, "--name", guest});
    }
    // Asks until both agents are attached: their attach is an event that only the broker sees.
    void await_agents() const {
        const auto deadline = Clock::now() + std::chrono::seconds{30};
        while (Clock::now() < deadline) {
            Client client{socket};
            const json reply = client.ask({{"op", "endpoints"}});
            int attached = 0;
            for (const json& endpoint : reply["endpoints"]) {
                attached += endpoint["attached"].get<bool>() ? 1 : 0;
            }
            if (attached == 2) {
                return;
            }
        }
        FAIL("the agents did not attach");
    }
    json ping_request(int count, const char* job = "00000000000000a1") const {
        return {{"op", "ping"},     {"job", job},     {"source", "alpha"},
                {"target", "beta"}, {"count", count}, {"timeout_s", 60}};
    }
    // Runs a ping; `disturb` is called once, when some messages are through.
    json ping(int count, const std::function<void()>& disturb) const {
        bool disturbed = !disturb;
        const auto deadline = Clock::now() + std::chrono::seconds{90};
        while (Clock::now() < deadline) {
            Client client{socket};
            if (!client.connected()) {
                continue;
            }
            client.say(ping_request(count).dump());
            for (json line = client.hear(); !line.is_null(); line = client.hear()) {
                if (line.contains("error")) {
                    break; // a restarted broker that has not met the agents yet
                }
                if (line["event"] == "report") {
                    return line;
                }
                if (!disturbed && line["delivered"] > count / 20) {
                    disturbed = true;
                    disturb();
                }
            }
        }
        return nullptr;
    }
    std::string directory;
    std::string socket;
    std::unique_ptr<Process> broker;
    std::unique_ptr<Process> alpha;
    std::unique_ptr<Process> beta;
};

void check_consistent(const json& report, int count) {
    REQUIRE(!report.is_null());
    INFO(report.dump());
    CHECK(report["state"] == "done");
    CHECK(report["sent"] == count);
    CHECK(report["sent"].get<int>() == report["delivered"].get<int>() + report["lost"].get<int>());
    CHECK(report["unknown"] <= report["lost"]);
    CHECK(report["duplicated"] == 0);
    CHECK(report["out_of_order"] == 0);
    CHECK(report["corrupt"] == 0);
    CHECK(report["bytes_verified"].get<int>() == report["delivered"].get<int>() * 64 * 2);
}

} // namespace

TEST_CASE("a quiet ping loses nothing") {
    const Bus bus;
    bus.await_agents();
    const json report = bus.ping(5000, {});
    check_consistent(report, 5000);
    CHECK(report["lost"] == 0);
    CHECK(report["gaps"]["count"] == 0);
}

TEST_CASE("the policy denies the other direction, and unknown guests are named") {
    const Bus bus;
    bus.await_agents();
    Client client{bus.socket};
    json request = bus.ping_request(10);
    request["source"] = "beta";
    request["target"] = "alpha";
    CHECK(client.ask(request)["error"]["code"] == "permission-denied");
    request = bus.ping_request(10);
    request["source"] = "gamma";
    const json unknown = client.ask(request);
    CHECK(unknown["error"]["code"] == "not-found");
    CHECK(unknown["error"]["text"].get<std::string>().find("gamma") != std::string::npos);
    CHECK(client.ask({{"op", "channels"}})["channels"].empty());
}

TEST_CASE("the target's agent killed in the middle of a ping") {
    Bus bus;
    bus.await_agents();
    const json report = bus.ping(20000, [&] {
        bus.beta->kill();
        bus.start_agent(bus.beta, "beta");
    });
    check_consistent(report, 20000);
    CHECK(report["peer_restarts"] == 1);
    CHECK(report["gaps"]["count"] == 1);
    CHECK(report["gaps"]["total_ns"] > 0);
    CHECK(report["lost"] <= 1); // the window
}

TEST_CASE("the source's agent killed in the middle of a ping") {
    Bus bus;
    bus.await_agents();
    const json report = bus.ping(20000, [&] {
        bus.alpha->kill();
        bus.start_agent(bus.alpha, "alpha");
    });
    check_consistent(report, 20000);
    CHECK(report["source_restarts"] == 1);
    CHECK(report["gaps"]["count"] == 1);
    CHECK(report["unknown"] <= 128 + 1); // one reservation and the window
}

TEST_CASE("the broker killed in the middle of a ping disturbs no message") {
    Bus bus;
    bus.await_agents();
    const json report = bus.ping(20000, [&] {
        bus.broker->kill();
        bus.start_broker();
    });
    check_consistent(report, 20000);
    CHECK(report["lost"] == 0);
    CHECK(report["gaps"]["count"] == 0);
    CHECK(report["peer_restarts"] == 0);
}

TEST_CASE("hostile lines on the control socket do not disturb the broker") {
    const Bus bus;
    bus.await_agents();
    {
        Client rude{bus.socket};
        rude.say(std::string(100'000, 'x'));
        rude.hear();
    }
    Client odd{bus.socket};
    CHECK(odd.ask(json::array()).contains("error"));
    CHECK(odd.ask({{"op", "endpoints"}}).contains("endpoints"));
}
