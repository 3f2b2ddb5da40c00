// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/listener.hpp"

#include "control-domain/zetad/health.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <format>

namespace zeta::zetad {

namespace {
constexpr int kBacklog = 64;
} // namespace

Checked<UniqueFd> listen_on(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("socket {}: the path must have 1 to {} bytes", path, sizeof(address.sun_path) - 1));
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (probe_socket("zetad", path).up) {
        return refuse(ErrorCode::kConflict,
                      std::format("socket {}: another zetad serves it; stop that one first", path));
    }
    ::unlink(path.c_str());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const mode_t mask = ::umask(0177);
    const bool bound = fd && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    const int number = errno;
    ::umask(mask);
    if (!bound || ::listen(fd.get(), kBacklog) != 0) {
        return refuse(ErrorCode::kIo,
                      std::format("socket {}: cannot listen: {}", path, std::strerror(bound ? errno : number)));
    }
    return fd;
}

void forget_socket(const std::string& path) noexcept { ::unlink(path.c_str()); }

std::optional<unsigned> peer_user(int fd) noexcept {
    ucred peer{};
    socklen_t length = sizeof(peer);
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return std::nullopt;
    }
    return peer.uid;
}

} // namespace zeta::zetad
