// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/notify.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <string_view>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace zeta::init {
namespace {

constexpr std::string_view kReady = "READY=1";
constexpr int kListenGapMs = 2;

bool says_ready(std::string_view message) {
    while (!message.empty()) {
        const auto end = message.find('\n');
        if (message.substr(0, end) == kReady) {
            return true;
        }
        message = end == std::string_view::npos ? std::string_view{} : message.substr(end + 1);
    }
    return false;
}

void report(int ready_fd) { [[maybe_unused]] const auto written = write(ready_fd, "\n", 1); }

/// Ends when the daemon is ready or gone, whichever comes first.
[[noreturn]] void relay_message(int socket_fd, int daemon_fd, int ready_fd) {
    for (;;) {
        pollfd wait[] = {{socket_fd, POLLIN, 0}, {daemon_fd, POLLIN, 0}};
        if (poll(wait, 2, -1) < 0 && errno != EINTR) {
            _exit(1);
        }
        char message[1024];
        const auto got = recv(socket_fd, message, sizeof message, MSG_DONTWAIT);
        if (got > 0 && says_ready({message, static_cast<size_t>(got)})) {
            report(ready_fd);
            _exit(0);
        }
        if ((wait[1].revents & POLLIN) != 0) {
            _exit(0);
        }
    }
}

bool can_connect(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const int reason = errno;
    close(fd);
    errno = reason;
    return connected;
}

/// The folder's events wake it when the socket appears. Between the daemon's bind() and listen() a connection is
/// refused and no event will follow: only there it tries again after kListenGapMs.
[[noreturn]] void relay_socket(const char* path, int folder_events, int daemon_fd, int ready_fd) {
    while (!can_connect(path)) {
        pollfd wait[] = {{folder_events, POLLIN, 0}, {daemon_fd, POLLIN, 0}};
        const int timeout_ms = errno == ECONNREFUSED ? kListenGapMs : -1;
        if ((poll(wait, 2, timeout_ms) < 0 && errno != EINTR) || (wait[1].revents & POLLIN) != 0) {
            _exit(1);
        }
        char events[4096];
        [[maybe_unused]] const auto got = read(folder_events, events, sizeof events);
    }
    report(ready_fd);
    _exit(0);
}

/// Two forks: the daemon never sees a child that it did not start. True in the process that relays.
bool fork_relay() {
    const pid_t child = fork();
    if (child == 0) {
        if (fork() == 0) {
            return true;
        }
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return false;
}

int watch_folder_of(const char* path) {
    char folder[sizeof(sockaddr_un::sun_path)]{};
    std::strncpy(folder, path, sizeof folder - 1);
    if (char* slash = std::strrchr(folder, '/')) {
        *slash = '\0';
    }
    const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return fd >= 0 && inotify_add_watch(fd, folder, IN_CREATE) >= 0 ? fd : -1;
}

/// An abstract address: nothing to remove afterwards; the process number makes it this daemon's own.
int open_notify_socket() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const int length =
        std::snprintf(address.sun_path, sizeof address.sun_path, "@zeta-notify-%ld", static_cast<long>(getpid()));
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    address.sun_path[0] = '\0';
    const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + static_cast<size_t>(length));
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), bytes) == 0 ? fd : -1;
}

} // namespace

int notify_and_become(int fd, const char* socket_path, char** command) {
    const auto daemon_fd = static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0));
    if (socket_path != nullptr) {
        unlink(socket_path); // of an earlier run: it would be taken for this one's
    }
    const int source = socket_path != nullptr ? watch_folder_of(socket_path) : open_notify_socket();
    if (source < 0 || daemon_fd < 0) {
        std::fprintf(stderr, "zeta-notify: cannot watch for the readiness of %s: %s\n", command[0],
                     std::strerror(errno));
        return 111;
    }
    if (fork_relay()) {
        if (socket_path != nullptr) {
            relay_socket(socket_path, source, daemon_fd, fd);
        }
        relay_message(source, daemon_fd, fd);
    }
    close(fd);
    execvp(command[0], command);
    std::fprintf(stderr, "zeta-notify: cannot run %s: %s\n", command[0], std::strerror(errno));
    return 127;
}

} // namespace zeta::init
