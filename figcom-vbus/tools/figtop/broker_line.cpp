// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/tools/figtop/broker_line.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace zeta::figtop {

using Clock = std::chrono::steady_clock;

Result<BrokerLine> BrokerLine::open(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return fail(ErrorCode::kInvalidArgument, "reach the broker: socket path empty or too long");
    }
    std::memcpy(static_cast<char*>(address.sun_path), path.data(), path.size());
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return fail_errno(errno, "reach the broker");
    }
    return BrokerLine{std::move(fd)};
}

Result<std::string> BrokerLine::ask(std::string_view request) {
    const std::string line = std::string{request} + "\n";
    if (::send(fd_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
        return fail_errno(errno, "ask the broker");
    }
    const Clock::time_point deadline = Clock::now() + kPatience;
    for (;;) {
        if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
            std::string answer = received_.substr(0, end);
            received_.erase(0, end + 1);
            return answer;
        }
        if (received_.size() > kAnswerBytesMax) {
            return fail(ErrorCode::kResourceExhausted, "read the broker's answer: too long");
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
        if (ready == 0) {
            return fail(ErrorCode::kTimeout, "wait for the broker");
        }
        if (ready < 0) {
            if (errno == EINTR) {
                continue;
            }
            return fail_errno(errno, "wait for the broker");
        }
        std::array<char, 16384> part{};
        const ssize_t got = ::recv(fd_.get(), part.data(), part.size(), 0);
        if (got <= 0) {
            return fail(ErrorCode::kClosed, "read the broker's answer");
        }
        received_.append(part.data(), static_cast<std::size_t>(got));
    }
}

} // namespace zeta::figtop
