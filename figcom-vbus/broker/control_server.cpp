// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/broker/control_server.hpp"

#include "hypervisor/base/log.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <format>

namespace zeta::figcom {

namespace {

// An address in use may belong to a broker that was killed: then nobody answers there.
bool somebody_listens(const sockaddr_un& address) noexcept {
    const UniqueFd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<UniqueFd> listen_at(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return fail(ErrorCode::kInvalidArgument, "listen: socket path empty or too long");
    }
    std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size());
    if (somebody_listens(address)) {
        return fail(ErrorCode::kConflict, "listen: another broker serves this socket");
    }
    ::unlink(path.c_str());
    UniqueFd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const mode_t before = ::umask(0177); // 0600 from the first moment
    const int bound = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = errno;
    ::umask(before);
    if (bound != 0 || ::listen(listener.get(), static_cast<int>(ControlServer::kClientsMax)) != 0) {
        return fail_errno(bound != 0 ? error : errno, "listen on the control socket");
    }
    return listener;
}

} // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::create(EventLoop& loop, Broker& broker, const std::string& path,
                                                             unsigned only_uid) {
    ZETA_TRY_ASSIGN(UniqueFd listener, listen_at(path));
    return std::unique_ptr<ControlServer>{new ControlServer{loop, broker, std::move(listener), only_uid}};
}

ControlServer::ControlServer(EventLoop& loop, Broker& broker, UniqueFd listener, unsigned only_uid)
    : loop_(loop), broker_(broker), listener_(std::move(listener)), only_uid_(only_uid) {
    loop_.watch(listener_.get(), POLLIN, [this](short /*events*/) { accept_one(); });
}

ControlServer::~ControlServer() {
    loop_.unwatch(listener_.get());
    while (!clients_.empty()) {
        drop(clients_.begin()->first);
    }
}

void ControlServer::accept_one() {
    UniqueFd fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!fd) {
        return;
    }
    ucred peer{};
    socklen_t length = sizeof peer;
    const bool known = ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0;
    if (!known || peer.uid != only_uid_ || clients_.size() >= kClientsMax) {
        const std::string refusal = known && peer.uid == only_uid_
                                        ? error_line("resource-exhausted", "too many clients; try again")
                                        : error_line("permission-denied", "only the broker's own user may ask");
        std::ignore = ::send(fd.get(), refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        return;
    }
    const std::uint64_t id = next_client_++;
    loop_.watch(fd.get(), POLLIN, [this, id](short events) { client_ready(id, events); });
    clients_[id].fd = std::move(fd);
}

void ControlServer::client_ready(std::uint64_t id, short events) {
    if ((events & POLLOUT) != 0) {
        flush(id);
    }
    auto client = clients_.find(id);
    if (client == clients_.end() || (events & (POLLIN | POLLHUP | POLLERR)) == 0) {
        return;
    }
    std::array<char, 4096> buffer{};
    const ssize_t got = ::recv(client->second.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        drop(id);
        return;
    }
    client->second.received.append(buffer.data(), static_cast<std::size_t>(got));
    while (client != clients_.end()) {
        const std::size_t end = client->second.received.find('\n');
        if (end == std::string::npos) {
            if (client->second.received.size() > kRequestBytesMax) {
                answer(id, error_line("invalid-argument", "request line too long"));
                drop(id);
            }
            return;
        }
        const std::string line = client->second.received.substr(0, end);
        client->second.received.erase(0, end + 1);
        take_line(id, line);
        client = clients_.find(id); // an answer may have dropped it
    }
}

void ControlServer::take_line(std::uint64_t id, std::string_view line) {
    std::string why;
    const Result<ControlRequest> request = parse_request(line, why);
    if (!request) {
        answer(id, error_line(name(request.error().code), why));
        return;
    }
    if (std::holds_alternative<ListEndpoints>(*request)) {
        answer(id, endpoints_line(broker_.endpoints()));
    } else if (std::holds_alternative<ListChannels>(*request)) {
        answer(id, channels_line(broker_.channels()));
    } else if (std::holds_alternative<ListCounters>(*request)) {
        const std::uint64_t round = broker_.ask_counters();
        answer(id, counters_line(broker_.channels(), round, EventLoop::Clock::now()));
    } else if (std::holds_alternative<ListJobs>(*request)) {
        answer(id, jobs_line(broker_.jobs()));
    } else if (std::holds_alternative<ListPolicy>(*request)) {
        answer(id, policy_line(broker_.policy()));
    } else if (std::holds_alternative<ListPeers>(*request)) {
        answer(id, peers_line(broker_.peers()));
    } else if (const auto* ping = std::get_if<PingRequest>(&*request)) {
        const Result<void> started =
            broker_.ping(*ping, id, [this, id](const figcom_ping& report) { answer(id, ping_line(report)); }, why);
        if (!started) {
            answer(id, error_line(name(started.error().code), why.empty() ? describe(started.error()) : why));
        }
    } else {
        change(id, *request);
    }
}

// What takes something away.
void ControlServer::change(std::uint64_t id, const ControlRequest& request) {
    if (std::holds_alternative<ReloadPolicy>(request)) {
        std::string why;
        const auto reloaded = broker_.reload_policy(why);
        answer(id, reloaded
                       ? reload_line(*reloaded)
                       : error_line(name(reloaded.error().code), std::format("policy: {}; the old policy stays", why)));
    } else if (const auto* revoke = std::get_if<RevokeChannel>(&request)) {
        const std::size_t revoked = broker_.revoke(revoke->channel);
        answer(id, revoked != 0 ? revoke_line(revoked)
                                : error_line("not-found", std::format("channel {:016x}: no such channel; see the list "
                                                                      "of channels",
                                                                      revoke->channel)));
    }
}

void ControlServer::answer(std::uint64_t id, const std::string& line) {
    const auto client = clients_.find(id);
    if (client == clients_.end()) {
        return;
    }
    if (client->second.unsent.size() + line.size() > kUnsentBytesMax) {
        log(LogLevel::kWarning, "zeta-broker", "a client of the control socket does not read; dropped");
        drop(id);
        return;
    }
    client->second.unsent += line;
    flush(id);
}

void ControlServer::flush(std::uint64_t id) {
    const auto client = clients_.find(id);
    if (client == clients_.end()) {
        return;
    }
    std::string& unsent = client->second.unsent;
    const ssize_t put = ::send(client->second.fd.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
        // Not here: a caller may still look at this client. The loop reports the broken socket.
        unsent.clear();
        return;
    }
    unsent.erase(0, put > 0 ? static_cast<std::size_t>(put) : 0);
    const auto events = static_cast<short>(unsent.empty() ? POLLIN : POLLIN | POLLOUT);
    loop_.watch(client->second.fd.get(), events, [this, id](short happened) { client_ready(id, happened); });
}

void ControlServer::drop(std::uint64_t id) {
    const auto client = clients_.find(id);
    if (client != clients_.end()) {
        broker_.unwatch_ping(id);
        loop_.unwatch(client->second.fd.get());
        clients_.erase(client);
    }
}

} // namespace zeta::figcom
