// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0

// One static program under several names: process 1 of the control domain, the
// readiness adapter of its services, and its power commands. Static, because in
// the first second there is no library to load.

#include "images/control-domain/init/boot.hpp"
#include "images/control-domain/init/console.hpp"
#include "images/control-domain/init/devices.hpp"
#include "images/control-domain/init/notify.hpp"
#include "images/control-domain/init/shutdown.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace {

std::string_view base_name(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

int run_notify(int argc, char** argv) {
    constexpr const char* kUsage = "usage: zeta-notify FD [--socket PATH] COMMAND [ARGUMENT…]\n";
    const bool by_socket = argc > 4 && std::string_view{argv[2]} == "--socket";
    if (argc < 3) {
        std::fputs(kUsage, stderr);
        return 100;
    }
    char* end = nullptr;
    const long fd = std::strtol(argv[1], &end, 10);
    if (*end != '\0' || fd < 3 || fd > 1023) {
        std::fputs(kUsage, stderr);
        return 100;
    }
    return zeta::init::notify_and_become(static_cast<int>(fd), by_socket ? argv[3] : nullptr,
                                         argv + (by_socket ? 4 : 2));
}

} // namespace

int main(int argc, char** argv) {
    const auto name = base_name(argc > 0 ? argv[0] : "");
    if (name == "zeta-notify") {
        return run_notify(argc, argv);
    }
    if (name == "zeta-say") {
        zeta::init::say("%s", argc > 1 ? argv[1] : "");
        return 0;
    }
    if (name == "zeta-load") {
        return argc == 2 && zeta::init::load_modules(argv[1]) == 0 ? 0 : 1;
    }
    if (name == "poweroff" || name == "halt" || name == "reboot") {
        return zeta::init::request_shutdown(name == "reboot");
    }
    if (getpid() == 1 && name == "finish") {
        zeta::init::finish_shutdown();
    }
    if (getpid() == 1 && name == "crash") {
        zeta::init::give_up(
            "the supervisor of the services failed: report this line with the log in /var/log/zetatron");
    }
    if (getpid() == 1) {
        zeta::init::boot();
    }
    std::fputs("zeta-init: this is the control domain's first process; use poweroff or reboot\n", stderr);
    return 100;
}
