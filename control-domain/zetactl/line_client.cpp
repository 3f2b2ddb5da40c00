// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/line_client.hpp"

#include "hypervisor/base/unique_handle.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace zeta::ctl {

namespace {

using Clock = std::chrono::steady_clock;

Result<UniqueFd> connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return fail(ErrorCode::kInvalidArgument, "connect to the socket: its path is too long");
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) {
        return fail_errno(errno, "open a socket");
    }
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        const int number = errno;
        return number == EACCES || number == EPERM ? fail_errno(number, "connect to the socket")
                                                   : fail(ErrorCode::kUnavailable, "connect to the socket");
    }
    return fd;
}

Result<void> send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            // What the peer said before it closed may still be there to read.
            return errno == EPIPE || errno == ECONNRESET ? Result<void>{} : fail_errno(errno, "send the request");
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<std::string> receive_line(int fd, Clock::time_point deadline) {
    std::string line;
    std::array<char, 65536> part{};
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd watched{fd, POLLIN, 0};
        const int ready = left.count() <= 0 ? 0 : ::poll(&watched, 1, static_cast<int>(left.count()));
        if (ready == 0) {
            return fail(ErrorCode::kTimeout, "wait for the reply");
        }
        const ssize_t got = ready < 0 ? -1 : ::recv(fd, part.data(), part.size(), 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return fail(ErrorCode::kClosed, "wait for the reply");
        }
        const std::string_view bytes(part.data(), static_cast<std::size_t>(got));
        const std::size_t newline = bytes.find('\n');
        line += bytes.substr(0, newline);
        if (newline != std::string_view::npos) {
            return line;
        }
        if (line.size() > kMaxReplyBytes) {
            return fail(ErrorCode::kResourceExhausted, "read the reply");
        }
    }
}

} // namespace

Result<std::string> ask_line(const std::string& socket_path, std::string_view line,
                             std::chrono::milliseconds patience) {
    const Clock::time_point deadline = Clock::now() + patience;
    ZETA_TRY_ASSIGN(const UniqueFd fd, connect_to(socket_path));
    ZETA_TRY(send_all(fd.get(), std::string(line) + '\n'));
    return receive_line(fd.get(), deadline);
}

} // namespace zeta::ctl
