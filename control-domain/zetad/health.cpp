// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/health.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <format>
#include <utility>

namespace zeta::zetad {

ServiceHealth probe_socket(std::string service_name, const std::string& path) {
    ServiceHealth health{std::move(service_name), false, {}};
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!fd || path.size() >= sizeof(address.sun_path)) {
        health.detail = "cannot be asked";
        return health;
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    // The kernel's address type is this cast in every program.
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
        health.up = true;
    } else {
        health.detail = std::format("{}: {}", path, std::strerror(errno));
    }
    return health;
}

Result<void> BeatReader::open_locked() {
    if (!hypervisor_) {
        ZETA_TRY_ASSIGN(hypervisor_, Hypervisor::open());
    }
    return {};
}

Result<DomainHealth> BeatReader::read(DomId domain) {
    const std::scoped_lock lock(mutex_);
    ZETA_TRY(open_locked());
    return hypervisor_->read_health(domain);
}

Result<HypervisorCapabilities> BeatReader::capabilities() {
    const std::scoped_lock lock(mutex_);
    ZETA_TRY(open_locked());
    return hypervisor_->capabilities();
}

} // namespace zeta::zetad
