// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/server.hpp"

#include "control-domain/zetad/lanes.hpp"
#include "control-domain/zetad/listener.hpp"
#include "hypervisor/base/log.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace zeta::zetad {

namespace {

struct Client {
    UniqueFd fd;
    std::string input;     ///< bytes of requests not yet begun
    std::string output;    ///< the reply, as far as it is not yet sent
    bool answering{false}; ///< a lane works on its request
    bool ended{false};     ///< the client will send no more
    bool refused{false};   ///< close it once the output is sent
};

struct Answer {
    std::uint64_t client{0};
    std::string line;
};

} // namespace

struct Server::Parts {
    ServerOptions options;
    UniqueFd listener;
    UniqueFd wake;
    std::atomic<bool> stopping{false};
    std::mutex answers_mutex;
    std::vector<Answer> answers;
    std::atomic<std::size_t> under_way{0};
    std::map<std::uint64_t, Client> clients;
    std::uint64_t next_client{1};
    // Last: their threads end before what they use.
    std::unique_ptr<WorkLane> looks = std::make_unique<WorkLane>(kLookThreads);
    std::unique_ptr<WorkLane> changes = std::make_unique<WorkLane>(1);

    void ring() const noexcept {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(wake.get(), &one, sizeof(one));
    }
    void accept_one();
    void read_from(std::uint64_t id, Client& client);
    void begin_requests(std::uint64_t id, Client& client);
    void send_to(Client& client);
    void take_answers();
    void drop_ended();
    void serve_once(int timeout_ms);
};

void Server::Parts::accept_one() {
    UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
        return;
    }
    if (options.only_user && peer_user(fd.get()) != options.only_user) {
        log(LogLevel::kWarning, "zetad", "refused a client that is not user {}", *options.only_user);
        return;
    }
    if (clients.size() >= kMaxClients) {
        log(LogLevel::kWarning, "zetad", "refused a client: {} are connected", clients.size());
        return;
    }
    Client client;
    client.fd = std::move(fd);
    clients.emplace(next_client++, std::move(client));
}

void Server::Parts::read_from(std::uint64_t id, Client& client) {
    std::array<char, 16384> part{};
    const ssize_t got = ::recv(client.fd.get(), part.data(), part.size(), 0);
    if (got > 0) {
        client.input.append(part.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        client.ended = true;
    }
    begin_requests(id, client);
}

/// Hands the next whole line to its lane, unless an answer is still owed.
void Server::Parts::begin_requests(std::uint64_t id, Client& client) {
    if (client.answering || !client.output.empty() || client.refused) {
        return;
    }
    const std::size_t newline = client.input.find('\n');
    const std::size_t length = newline == std::string::npos ? client.input.size() : newline;
    if (length > options.max_request_bytes) {
        client.output = options.too_long() + '\n';
        client.refused = true;
        client.input.clear();
        send_to(client);
        return;
    }
    if (newline == std::string::npos || stopping) {
        return;
    }
    std::string line = client.input.substr(0, newline);
    client.input.erase(0, newline + 1);
    client.answering = true;
    ++under_way;
    WorkLane& lane = options.lane_of(line) == Lane::kChange ? *changes : *looks;
    lane.post([this, id, line = std::move(line)] {
        Answer answer{id, options.answer(line) + '\n'};
        {
            const std::scoped_lock lock(answers_mutex);
            answers.push_back(std::move(answer));
        }
        ring();
    });
}

void Server::Parts::send_to(Client& client) {
    while (!client.output.empty()) {
        const ssize_t sent = ::send(client.fd.get(), client.output.data(), client.output.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                client.output.clear();
                client.refused = true;
            }
            return;
        }
        client.output.erase(0, static_cast<std::size_t>(sent));
    }
}

void Server::Parts::take_answers() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake.get(), &count, sizeof(count));
    std::vector<Answer> ready;
    {
        const std::scoped_lock lock(answers_mutex);
        ready.swap(answers);
    }
    for (Answer& answer : ready) {
        --under_way;
        const auto found = clients.find(answer.client);
        if (found == clients.end()) {
            continue;
        }
        found->second.answering = false;
        found->second.output = std::move(answer.line);
        send_to(found->second);
        begin_requests(answer.client, found->second);
    }
}

void Server::Parts::drop_ended() {
    std::erase_if(clients, [](const auto& entry) {
        const Client& client = entry.second;
        const bool idle = !client.answering && client.output.empty();
        return idle && (client.refused || client.ended);
    });
}

void Server::Parts::serve_once(int timeout_ms) {
    // Read once: another thread may set it at any time.
    const bool accepting = !stopping;
    std::vector<pollfd> watched{{wake.get(), POLLIN, 0}};
    std::vector<std::uint64_t> ids{0};
    if (accepting) {
        watched.push_back({listener.get(), POLLIN, 0});
        ids.push_back(0);
    }
    for (const auto& [id, client] : clients) {
        // A client that has an answer coming or not yet read is not read from: that is all the memory it gets.
        const bool wants_input = !client.answering && client.output.empty() && !client.ended && !client.refused;
        const auto events = static_cast<short>((wants_input ? POLLIN : 0) | (client.output.empty() ? 0 : POLLOUT));
        // One that is gone while its answer is still being made would wake us for nothing.
        const bool silent = client.ended && client.output.empty();
        watched.push_back({silent ? -1 : client.fd.get(), events, 0});
        ids.push_back(id);
    }
    if (::poll(watched.data(), watched.size(), timeout_ms) <= 0) {
        return;
    }
    const std::size_t first_client = accepting ? 2 : 1;
    for (std::size_t i = first_client; i < watched.size(); ++i) {
        Client& client = clients.at(ids[i]);
        if ((watched[i].revents & POLLOUT) != 0) {
            send_to(client);
            begin_requests(ids[i], client);
        }
        if ((watched[i].revents & (POLLHUP | POLLERR)) != 0 && (watched[i].revents & POLLIN) == 0) {
            client.ended = true;
            client.output.clear();
        } else if ((watched[i].revents & POLLIN) != 0) {
            read_from(ids[i], client);
        }
    }
    if (accepting && (watched[1].revents & POLLIN) != 0) {
        accept_one();
    }
    take_answers();
    drop_ended();
}

Checked<std::unique_ptr<Server>> Server::create(ServerOptions options) {
    auto parts = std::make_unique<Parts>();
    auto listener = listen_on(options.socket_path);
    if (!listener) {
        return std::unexpected(listener.error());
    }
    parts->options = std::move(options);
    parts->listener = std::move(*listener);
    parts->wake.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!parts->wake) {
        return refuse(ErrorCode::kResourceExhausted, "cannot make an event file descriptor");
    }
    return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() = default;

void Server::stop() noexcept {
    parts_->stopping = true;
    parts_->ring();
}

void Server::post_change(std::function<void()> work) { parts_->changes->post(std::move(work)); }

bool Server::run() {
    while (!parts_->stopping) {
        parts_->serve_once(-1);
    }
    forget_socket(parts_->options.socket_path);
    const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
    const auto owed = [this] {
        bool unsent = false;
        for (const auto& [id, client] : parts_->clients) {
            unsent = unsent || !client.output.empty();
        }
        return unsent || parts_->under_way != 0;
    };
    while (owed() && std::chrono::steady_clock::now() < deadline) {
        parts_->serve_once(100);
    }
    return !owed();
}

} // namespace zeta::zetad
