// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Virtualization over libvirt. One thread keeps the connection: it opens it,
// notices when libvirtd is gone (closed socket or missed keep-alives), and
// opens it again with growing pauses. Running guests are no business of the
// connection and stay as they are. Layer 3.

#include "control-domain/zetad/virtualization.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

struct _virConnect;
struct _virDomain;

namespace zeta::zetad {

struct LibvirtOptions {
    std::string uri{"xen:///system"};
    std::string definitions_folder;             ///< where libvirtd keeps domain XML; empty: not on this machine
    std::chrono::milliseconds patience{30'000}; ///< how long a request waits for the connection
};

/// What health shows of the connection.
struct LinkView {
    bool up{false};
    std::uint64_t reconnects{0}; ///< times that it came back after being lost
    std::string last_error;
};

class LibvirtVirtualization final : public Virtualization {
public:
    /// Starts the connecting thread; `on_up` runs on it after each successful connection.
    [[nodiscard]] static std::unique_ptr<LibvirtVirtualization> create(LibvirtOptions options,
                                                                       std::function<void()> on_up);
    ~LibvirtVirtualization() override;
    LibvirtVirtualization(const LibvirtVirtualization&) = delete;
    LibvirtVirtualization& operator=(const LibvirtVirtualization&) = delete;

    /// Never blocks.
    [[nodiscard]] LinkView link() const;

    [[nodiscard]] Checked<model::XmlDialect> dialect() override;
    [[nodiscard]] Checked<HostView> host() override;
    [[nodiscard]] Checked<std::vector<DomainView>> list() override;
    [[nodiscard]] Checked<std::optional<DomainView>> find_by_uuid(std::string_view uuid) override;
    [[nodiscard]] Checked<std::optional<DomainView>> find_by_name(std::string_view domain_name) override;
    [[nodiscard]] Checked<std::string> metadata(std::string_view uuid) override;
    [[nodiscard]] Checked<void> define(const std::string& xml) override;
    [[nodiscard]] Checked<void> set_autostart(std::string_view uuid, bool on) override;
    [[nodiscard]] Checked<void> start(std::string_view uuid) override;
    [[nodiscard]] Checked<void> destroy(std::string_view uuid) override;
    [[nodiscard]] Checked<void> undefine(std::string_view uuid) override;
    [[nodiscard]] Checked<void> make_durable() override;

private:
    using Connection = std::shared_ptr<_virConnect>;
    struct DomainCloser {
        void operator()(_virDomain* domain) const noexcept;
    };
    using Domain = std::unique_ptr<_virDomain, DomainCloser>;

    LibvirtVirtualization(LibvirtOptions options, std::function<void()> on_up);
    void keep_connected(const std::stop_token& stop);
    [[nodiscard]] Connection open_connection();
    void lost(const Connection& connection);
    [[nodiscard]] Checked<Connection> connection();
    /// The calling thread's libvirt error as a complaint; notices a dead connection.
    [[nodiscard]] std::unexpected<Complaint> refuse_libvirt(const Connection& connection, std::string_view doing);
    [[nodiscard]] Checked<Domain> domain(const Connection& connection, std::string_view uuid);
    [[nodiscard]] Checked<std::optional<DomainView>> view(const Connection& connection, Domain domain,
                                                          std::string_view doing);

    const LibvirtOptions options_;
    const std::function<void()> on_up_;
    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    Connection connection_; ///< null while there is none
    LinkView link_;
    std::jthread keeper_;
};

} // namespace zeta::zetad
