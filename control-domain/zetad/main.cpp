// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// zetad: wires the store, the libvirt link and the socket together.
#include "control-domain/zetad/calls.hpp"
#include "control-domain/zetad/options.hpp"
#include "control-domain/zetad/protocol.hpp"
#include "hypervisor/base/log.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>

namespace {

using namespace zeta;
using namespace zeta::zetad;

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

int complain(const Complaint& complaint, int status) {
    log_line(LogLevel::kError, "zetad", complaint.text);
    return status;
}

/// All threads started later inherit the mask; one waits for the signals.
sigset_t block_end_signals() {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    signal(SIGPIPE, SIG_IGN);
    return ends;
}

void settle_logged(Guests& guests) {
    if (const auto settled = guests.settle(); !settled) {
        log(LogLevel::kWarning, "zetad", "{}; it is tried again with the next change and the next connection",
            settled.error().text);
    }
}

void say_ready(int fd) {
    if (fd >= 0) {
        [[maybe_unused]] const ssize_t written = ::write(fd, "\n", 1);
        ::close(fd);
    }
}

int serve(const Options& options) {
    const sigset_t ends = block_end_signals();
    std::error_code error;
    std::filesystem::create_directories(options.state_folder, error);
    const auto store = Store::open(options.state_folder + "/state.db");
    if (!store) {
        return complain(store.error(), kExitFailed);
    }
    const TemplateFolder templates(options.templates_folder);
    BeatReader beats;
    Guests* guests_at = nullptr;
    Server* server_at = nullptr;
    int ready_fd = options.ready_fd;
    std::mutex wiring;
    // Under `wiring`. Ready means that a guest can be created: requests are served and libvirtd has answered.
    const auto go_on_connected = [&] {
        server_at->post_change([&] { settle_logged(*guests_at); });
        say_ready(std::exchange(ready_fd, -1));
    };
    // The link may be up before the rest is wired; then the wiring itself goes on.
    const auto on_up = [&] {
        const std::scoped_lock lock(wiring);
        if (server_at != nullptr) {
            go_on_connected();
        }
    };
    const auto libvirt = LibvirtVirtualization::create(
        {.uri = options.libvirt_uri, .definitions_folder = options.definitions_folder}, on_up);
    Guests guests(**store, *libvirt, templates);
    Services services{guests,
                      *libvirt,
                      **store,
                      templates,
                      beats,
                      libvirt.get(),
                      options.images_folder,
                      options.broker_socket,
                      options.xenstored_socket};
    auto server = Server::create({.socket_path = options.socket_path,
                                  .max_request_bytes = kMaxRequestBytes,
                                  .only_user = ::geteuid(),
                                  .lane_of = lane_of,
                                  .answer = [&services](std::string_view line) { return answer(services, line); },
                                  .too_long = [] { return format_error(0, too_long_request()); }});
    if (!server) {
        return complain(server.error(), kExitFailed);
    }
    {
        const std::scoped_lock lock(wiring);
        guests_at = &guests;
        server_at = server->get();
        log(LogLevel::kInfo, "zetad", "version {} serves {}", ZETA_VERSION, options.socket_path);
        if (libvirt->link().up) {
            go_on_connected();
        }
    }
    std::jthread signals([&ends, &server] {
        int number = 0;
        sigwait(&ends, &number);
        (*server)->stop();
    });
    const bool all_ended = (*server)->run();
    log(LogLevel::kInfo, "zetad", "ends{}",
        all_ended ? "" : "; a request is cut short and will be settled at the next start");
    // Threads may still wait for libvirtd, and nothing here needs them: every state is on the disk.
    std::fflush(nullptr);
    ::_exit(all_ended ? 0 : kExitFailed);
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto options = parse_options(std::span<const char* const>(argv + 1, static_cast<std::size_t>(argc) - 1));
        if (!options) {
            return complain(options.error(), kExitUsage);
        }
        if (options->help) {
            std::fputs(usage().c_str(), stdout);
            return 0;
        }
        if (options->version) {
            std::puts("zetad " ZETA_VERSION);
            return 0;
        }
        return serve(*options);
    } catch (const std::exception& thrown) {
        return complain({ErrorCode::kInternal, printable(thrown.what())}, kExitFailed);
    }
}
