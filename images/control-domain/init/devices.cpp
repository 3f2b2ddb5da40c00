// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/devices.hpp"

#include "images/control-domain/init/console.hpp"
#include "images/control-domain/init/volume.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace zeta::init {
namespace {

bool carries_label(const char* device, std::string_view label) {
    const int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    std::array<std::byte, kVolumeHeadBytes> head{};
    const auto got = pread(fd, head.data(), head.size(), 0);
    close(fd);
    return got == static_cast<ssize_t>(head.size()) && volume_label(head).label == label;
}

bool scan_once(std::string_view label, char (&path)[kMaxPathBytes]) {
    DIR* devices = opendir("/sys/class/block");
    if (devices == nullptr) {
        return false;
    }
    bool found = false;
    while (const dirent* entry = found ? nullptr : readdir(devices)) {
        const int length = std::snprintf(path, sizeof path, "/dev/%s", entry->d_name);
        if (entry->d_name[0] != '.' && length < static_cast<int>(sizeof path)) {
            found = carries_label(path, label);
        }
    }
    closedir(devices);
    return found;
}

/// The kernel's announcements of devices: woken by them, the search reads no disk in a loop.
int open_kernel_events() {
    const int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = 1;
    if (fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

long now_ms() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

bool load_module(const char* path, const char* parameters) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        say("cannot open module %s: %s", path, std::strerror(errno));
        return false;
    }
    const long rc = syscall(SYS_finit_module, fd, parameters, 0);
    const int reason = errno;
    close(fd);
    if (rc != 0 && reason != EEXIST) {
        say("cannot load module %s: %s", path, std::strerror(reason));
        return false;
    }
    return true;
}

} // namespace

bool find_volume(std::string_view label, int wait_ms, char (&path)[kMaxPathBytes]) {
    const int events = open_kernel_events(); // before the first scan, so that no announcement falls between
    const long deadline = now_ms() + wait_ms;
    bool found = scan_once(label, path);
    while (!found && events >= 0) {
        const long left = deadline - now_ms();
        pollfd wait{events, POLLIN, 0};
        if (left <= 0 || poll(&wait, 1, static_cast<int>(left)) <= 0) {
            break;
        }
        char announcement[4096];
        while (recv(events, announcement, sizeof announcement, 0) > 0) {
        }
        found = scan_once(label, path);
    }
    if (events >= 0) {
        close(events);
    }
    return found;
}

unsigned load_modules(const char* list) {
    FILE* file = std::fopen(list, "re");
    if (file == nullptr) {
        say("cannot open the module list %s: %s", list, std::strerror(errno));
        return 1;
    }
    unsigned failed = 0;
    char line[kMaxPathBytes * 2];
    while (std::fgets(line, sizeof line, file) != nullptr) {
        line[std::strcspn(line, "\n")] = '\0';
        char* parameters = std::strchr(line, ' ');
        if (parameters != nullptr) {
            *parameters++ = '\0';
        }
        if (line[0] != '\0' && !load_module(line, parameters != nullptr ? parameters : "")) {
            ++failed;
        }
    }
    std::fclose(file);
    return failed;
}

} // namespace zeta::init
