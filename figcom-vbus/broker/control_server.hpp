// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The broker's control socket: one JSON object a line, for root only. Layer 1.

#include "figcom-vbus/broker/control_request.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <map>
#include <memory>
#include <string>

namespace zeta::figcom {

class ControlServer {
public:
    static constexpr std::size_t kClientsMax = 32;
    static constexpr std::size_t kUnsentBytesMax = 1U << 20U; ///< a client that does not read is dropped

    /// Listens at `path`, mode 0600; a dead broker's socket there is replaced.
    /// `only_uid` is the user that may ask. Errors: kConflict something listens there already; kIo.
    [[nodiscard]] static Result<std::unique_ptr<ControlServer>> create(EventLoop& loop, Broker& broker,
                                                                       const std::string& path, unsigned only_uid);
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;
    ~ControlServer();

private:
    struct Client {
        UniqueFd fd;
        std::string received;
        std::string unsent;
    };

    ControlServer(EventLoop& loop, Broker& broker, UniqueFd listener, unsigned only_uid);
    void accept_one();
    void client_ready(std::uint64_t id, short events);
    void take_line(std::uint64_t id, std::string_view line);
    void change(std::uint64_t id, const ControlRequest& request);
    void answer(std::uint64_t id, const std::string& line);
    void flush(std::uint64_t id);
    void drop(std::uint64_t id);

    EventLoop& loop_;
    Broker& broker_;
    UniqueFd listener_;
    unsigned only_uid_;
    std::map<std::uint64_t, Client> clients_;
    std::uint64_t next_client_{1};
};

} // namespace zeta::figcom
