// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/broker_client.hpp"

#include "hypervisor/base/unique_handle.hpp"

#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <optional>
#include <thread>

namespace zeta::ctl {

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr auto kRetryInterval = std::chrono::milliseconds{100};
constexpr auto kGrace = std::chrono::seconds{10}; // the broker ends a ping itself at its timeout
constexpr std::size_t kLineBytesMax = 64 * 1024;

/// Lines from a socket until a deadline.
class LineStream {
public:
    static Result<LineStream> open(const std::string& path) {
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
        return LineStream{std::move(fd)};
    }

    Result<void> send(const std::string& line) const {
        std::string_view left = line;
        while (!left.empty()) {
            const ssize_t put = ::send(fd_.get(), left.data(), left.size(), MSG_NOSIGNAL);
            if (put < 0 && errno != EINTR) {
                return fail_errno(errno, "ask the broker");
            }
            left.remove_prefix(put > 0 ? static_cast<std::size_t>(put) : 0);
        }
        return {};
    }

    Result<std::string> line(Clock::time_point deadline) {
        while (true) {
            if (const auto end = received_.find('\n'); end != std::string::npos) {
                std::string line = received_.substr(0, end);
                received_.erase(0, end + 1);
                return line;
            }
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
            pollfd waiting{.fd = fd_.get(), .events = POLLIN, .revents = 0};
            const int ready = ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
            if (ready == 0 && Clock::now() >= deadline) {
                return fail(ErrorCode::kTimeout, "wait for the broker");
            }
            std::array<char, 8192> buffer{};
            const ssize_t got = ready > 0 ? ::recv(fd_.get(), buffer.data(), buffer.size(), 0) : -1;
            if (ready > 0 && got <= 0) {
                return fail(ErrorCode::kClosed, "wait for the broker");
            }
            received_.append(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
            if (received_.size() > kLineBytesMax) {
                return fail(ErrorCode::kCorrupt, "read the broker's answer");
            }
        }
    }

private:
    explicit LineStream(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
    UniqueFd fd_;
    std::string received_;
};

std::string fresh_job() {
    std::uint64_t number = 0;
    while (number == 0 && ::getrandom(&number, sizeof number, 0) != sizeof number) {
    }
    return std::format("{:016x}", number);
}

/// One connection's share of a ping: the final report, an error of the broker, or nothing when the
/// connection ended first.
std::optional<PingOutcome> follow_once(LineStream& stream, bool& accepted, Clock::time_point deadline,
                                       const std::function<void(const Json&)>& progress) {
    while (true) {
        const Result<std::string> line = stream.line(deadline);
        if (!line) {
            return std::nullopt;
        }
        const Json json = Json::parse(*line, nullptr, false);
        if (!json.is_object()) {
            return PingOutcome{.report = nullptr,
                               .error = "the broker answered with something that is not its protocol"};
        }
        if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
            // After its restart the broker may not have met the guests' agents yet.
            if (accepted && error->value("code", "") == "not-found") {
                return std::nullopt;
            }
            return PingOutcome{.report = nullptr, .error = error->value("text", "the broker refused")};
        }
        accepted = true;
        if (json.value("event", "") == "report") {
            return PingOutcome{.report = json, .error = {}};
        }
        progress(json);
    }
}

} // namespace

PingOutcome follow_ping(const std::string& socket_path, const PingOptions& options,
                        const std::function<void(const Json&)>& progress) {
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(options.timeout);
    const std::string job = fresh_job();
    bool accepted = false;
    std::uint64_t broker_restarts = 0;
    while (true) {
        auto stream = LineStream::open(socket_path);
        if (!stream && !accepted) {
            return {.report = nullptr,
                    .error = std::format("the broker does not answer at {}: {}", socket_path, describe(stream.error())),
                    .unreachable = true};
        }
        if (stream) {
            const double left_s = std::max(0.001, std::chrono::duration<double>(end - Clock::now()).count());
            const Json request = {{"op", "ping"},
                                  {"job", job},
                                  {"source", options.source},
                                  {"target", options.target},
                                  {"count", options.count},
                                  {"size", options.payload_bytes},
                                  {"window", options.window},
                                  {"timeout_s", left_s}};
            const bool was_accepted = accepted;
            if (stream->send(request.dump() + "\n")) {
                if (auto outcome = follow_once(*stream, accepted, end + kGrace, progress)) {
                    outcome->broker_restarts = broker_restarts;
                    return *outcome;
                }
            }
            if (!was_accepted && !accepted) {
                return {.report = nullptr, .error = "the broker went away before it took the ping; try again"};
            }
            broker_restarts += accepted && !was_accepted ? 1 : 0;
        }
        if (Clock::now() >= end + kGrace) {
            return {.report = nullptr,
                    .error = "the broker went away and did not come back in time; the outcome is unknown",
                    .broker_restarts = broker_restarts};
        }
        std::this_thread::sleep_for(kRetryInterval);
    }
}

} // namespace zeta::ctl
