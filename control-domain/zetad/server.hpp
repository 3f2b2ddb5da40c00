// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// zetad's socket: many clients, one JSON text a line, each client one request
// at a time. One thread moves bytes and never waits for anything else; answers
// come from two lanes of threads, so that a slow reader or a slow creation
// holds up nobody who only looks. Layer 3.

#include "control-domain/model/complaint.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace zeta::zetad {

inline constexpr std::size_t kMaxClients = 128;
inline constexpr std::size_t kLookThreads = 3;
inline constexpr std::chrono::seconds kStopPatience{10};

/// kLook answers run several at a time; kChange answers one after another.
enum class Lane : unsigned char { kLook, kChange };

struct ServerOptions {
    std::string socket_path;
    std::size_t max_request_bytes{0};
    std::optional<unsigned> only_user{0}; ///< the user id that may connect; none: whoever can open the socket
    std::function<Lane(std::string_view line)> lane_of;
    std::function<std::string(std::string_view line)> answer; ///< runs on a lane's thread
    std::function<std::string()> too_long;                    ///< the reply to a line longer than max_request_bytes
};

class Server {
public:
    /// Binds the socket, mode 0600, in place of a stale one.
    /// Errors: kConflict another process serves it; kIo.
    [[nodiscard]] static Checked<std::unique_ptr<Server>> create(ServerOptions options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Serves until stop(); then lets running answers end, for at most kStopPatience.
    /// False: some had not ended by then.
    [[nodiscard]] bool run();
    /// Thread: any, and signal handlers.
    void stop() noexcept;
    /// Runs `work` on the change lane. Thread: any.
    void post_change(std::function<void()> work);

private:
    struct Parts;
    explicit Server(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace zeta::zetad
