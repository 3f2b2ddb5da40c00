// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// zeta-agent: a Linux guest's end of FIGCOM and of the health watch, and the guest's programs' way onto the bus. It may
// be killed at any time: its parent starts it again, and it attaches with a new epoch.
#include "figcom-vbus/carrier/local/local_carrier.hpp"
#include "figcom-vbus/carrier/local/local_rendezvous.hpp"
#include "figcom-vbus/carrier/xen/xen_carrier.hpp"
#include "figcom-vbus/carrier/xen/xen_rendezvous.hpp"
#include "guest-adapters/common/agent.hpp"
#include "guest-adapters/linux/heartbeat.hpp"
#include "guest-adapters/linux/private_directory.hpp"
#include "hypervisor/base/log.hpp"

#include <getopt.h>

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>

namespace {

using namespace zeta;
using namespace zeta::figcom;

constexpr const char* kUsage =
    "usage: zeta-agent [--local DIRECTORY --name NAME] [--programs DIRECTORY]\n"
    "  --local DIRECTORY     find a broker of this host through DIRECTORY instead of XenStore\n"
    "  --name NAME           the guest name to go by there\n"
    "  --programs DIRECTORY  where programs of this guest attach (default /run/zeta/figcom; with --local: nowhere)\n";

int complain(const Error& error) {
    std::fprintf(stderr, "zeta-agent: %s\n", describe(error).c_str());
    return 1;
}

// The directory that programs attach through. Nothing where there is none.
Result<std::unique_ptr<LocalBrokerRendezvous>> open_programs_directory(const std::string& directory) {
    if (directory.empty()) {
        return nullptr;
    }
    ZETA_TRY(guest::make_private_directory(directory));
    return LocalBrokerRendezvous::create(directory);
}

int serve(Carrier& carrier, AgentRendezvous& rendezvous, const std::string& programs_directory, bool beat) {
    ::signal(SIGPIPE, SIG_IGN);
    EventLoop loop;
    LocalCarrier program_carrier;
    const auto programs = open_programs_directory(programs_directory);
    if (!programs) {
        std::fprintf(stderr, "zeta-agent: %s: %s\n", programs_directory.c_str(), describe(programs.error()).c_str());
        return 1;
    }
    guest::Agent agent{loop, carrier, rendezvous};
    if (*programs != nullptr) {
        agent.serve_programs(program_carrier, **programs);
    }
    if (const Result<void> started = agent.start(); !started) {
        return complain(started.error());
    }
    guest::Heartbeat heartbeat{loop};
    if (beat) {
        heartbeat.start();
    }
    const Result<void> ran = loop.run();
    return ran ? 0 : complain(ran.error());
}

} // namespace

int main(int argc, char** argv) {
    static const option kLong[] = {{"local", required_argument, nullptr, 'l'},
                                   {"name", required_argument, nullptr, 'n'},
                                   {"programs", required_argument, nullptr, 'p'},
                                   {"help", no_argument, nullptr, 'h'},
                                   {nullptr, 0, nullptr, 0}};
    std::string local;
    std::string name;
    std::optional<std::string> programs;
    for (int got = 0; (got = ::getopt_long(argc, argv, "h", static_cast<const option*>(kLong), nullptr)) != -1;) {
        if (got == 'l') {
            local = optarg;
        } else if (got == 'n') {
            name = optarg;
        } else if (got == 'p') {
            programs = optarg;
        } else {
            std::fputs(kUsage, got == 'h' ? stdout : stderr);
            return got == 'h' ? 0 : 2;
        }
    }
    if (optind != argc || local.empty() != name.empty()) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    if (!local.empty()) {
        auto rendezvous = LocalAgentRendezvous::create(local, name);
        if (!rendezvous) {
            return complain(rendezvous.error());
        }
        LocalCarrier carrier;
        return serve(carrier, **rendezvous, programs.value_or(""), false);
    }
    auto rendezvous = XenAgentRendezvous::create();
    if (!rendezvous) {
        return complain(rendezvous.error());
    }
    XenCarrier carrier;
    return serve(carrier, **rendezvous, programs.value_or(kAgentDirectory), true);
}
