// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/shutdown.hpp"

#include "images/control-domain/init/console.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <initializer_list>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

namespace zeta::init {
namespace {

/// In reverse order of their mounting.
constexpr const char* kStateMounts[] = {"/var/log", "/var/lib/xen", "/var/lib/libvirt", "/etc/libvirt",
                                        "/var/lib/zetatron"};
/// Its presence also tells the services' finish scripts that their end is wanted.
constexpr const char* kRequest = "/run/zetatron/shutdown";
constexpr const char* kRestartWord = "reboot";
constexpr int kGraceSeconds = 5;

/// Processes outside the services (device models, shells): asked first, then made to.
void end_processes() {
    kill(-1, SIGTERM);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, nullptr);
    timespec left{kGraceSeconds, 0};
    for (;;) {
        while (waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        if (kill(-1, 0) != 0 && errno == ESRCH) {
            return;
        }
        if (sigtimedwait(&children, nullptr, &left) < 0 && errno == EAGAIN) {
            break;
        }
    }
    kill(-1, SIGKILL);
    while (waitpid(-1, nullptr, 0) > 0) {
    }
}

bool restart_requested() {
    char word[16]{};
    const int fd = open(kRequest, O_RDONLY | O_CLOEXEC);
    const bool known = fd >= 0 && read(fd, word, sizeof word - 1) > 0;
    if (fd >= 0) {
        close(fd);
    }
    return known && std::strcmp(word, kRestartWord) == 0;
}

} // namespace

int request_shutdown(bool reboot) {
    // SIGTERM makes s6-svscan stop every service and then become .s6-svscan/finish, which reads the request.
    const int fd = open(kRequest, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const char* word = reboot ? kRestartWord : "poweroff";
    const bool recorded = fd >= 0 && write(fd, word, std::strlen(word)) > 0;
    if (fd >= 0) {
        close(fd);
    }
    if (recorded && kill(1, SIGTERM) == 0) {
        return 0;
    }
    std::fprintf(stderr, "%s: cannot tell the supervisor: %s; run it as root\n", reboot ? "reboot" : "poweroff",
                 std::strerror(errno));
    return 1;
}

void finish_shutdown() {
    const bool restart = restart_requested();
    say("services stopped");
    const int null = open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        dup2(null, fd);
    }
    end_processes();
    sync();
    for (const char* target : kStateMounts) {
        if (umount2(target, 0) != 0 && errno != EINVAL) {
            say("cannot unmount %s: %s", target, std::strerror(errno));
            mount(nullptr, target, nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
        }
    }
    sync();
    say("%s", restart ? "restarting" : "powering off");
    reboot(restart ? RB_AUTOBOOT : RB_POWER_OFF);
    _exit(1);
}

} // namespace zeta::init
