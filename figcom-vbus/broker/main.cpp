// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// zeta-broker: introduces guests to each other. docs/reference/figcom-broker.md.
#include "figcom-vbus/broker/broker.hpp"
#include "figcom-vbus/broker/control_server.hpp"
#include "figcom-vbus/carrier/local/local_carrier.hpp"
#include "figcom-vbus/carrier/local/local_rendezvous.hpp"
#include "figcom-vbus/carrier/xen/xen_carrier.hpp"
#include "figcom-vbus/carrier/xen/xen_rendezvous.hpp"
#include "hypervisor/base/log.hpp"

#include <getopt.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace {

using namespace zeta;
using namespace zeta::figcom;

constexpr const char* kUsage =
    "usage: zeta-broker [--socket PATH] [--policy FILE] [--ready-fd N] [--local DIRECTORY]\n"
    "  --socket PATH      control socket (default /run/zetatron/broker.sock)\n"
    "  --policy FILE      who may talk to whom (default /etc/zetatron/figcom-policy.toml)\n"
    "  --ready-fd N       write a newline to descriptor N once serving\n"
    "  --local DIRECTORY  serve agents of this host through DIRECTORY instead of Xen guests\n";

struct Options {
    std::string socket{"/run/zetatron/broker.sock"};
    std::string policy{"/etc/zetatron/figcom-policy.toml"};
    std::string local;
    int ready_fd{-1};
};

// 0: go on; otherwise the exit status + 1.
int parse(int argc, char** argv, Options& options) {
    static const option kLong[] = {
        {"socket", required_argument, nullptr, 's'},   {"policy", required_argument, nullptr, 'p'},
        {"ready-fd", required_argument, nullptr, 'r'}, {"local", required_argument, nullptr, 'l'},
        {"help", no_argument, nullptr, 'h'},           {nullptr, 0, nullptr, 0}};
    for (int got = 0; (got = ::getopt_long(argc, argv, "h", static_cast<const option*>(kLong), nullptr)) != -1;) {
        switch (got) {
        case 's':
            options.socket = optarg;
            break;
        case 'p':
            options.policy = optarg;
            break;
        case 'l':
            options.local = optarg;
            break;
        case 'r': {
            const char* end = optarg + std::strlen(optarg);
            const auto [at, error] = std::from_chars(optarg, end, options.ready_fd);
            if (error != std::errc{} || at != end || options.ready_fd < 0) {
                std::fprintf(stderr, "zeta-broker: --ready-fd %s: not a descriptor number\n", optarg);
                return 3;
            }
            break;
        }
        case 'h':
            std::fputs(kUsage, stdout);
            return 1;
        default:
            std::fputs(kUsage, stderr);
            return 3;
        }
    }
    if (optind != argc) {
        std::fprintf(stderr, "zeta-broker: unexpected argument %s\n", argv[optind]);
        return 3;
    }
    return 0;
}

int complain(const char* what, const std::string& object, const Error& error) {
    std::fprintf(stderr, "zeta-broker: %s %s: %s\n", what, object.c_str(), describe(error).c_str());
    return 1;
}

int serve(const Options& options, Carrier& carrier, BrokerRendezvous& rendezvous, Policy policy,
          const sigset_t& taken) {
    EventLoop loop;
    Broker broker{loop, carrier, rendezvous, std::move(policy), options.policy};
    if (const Result<void> started = broker.start(); !started) {
        return complain("cannot start", "", started.error());
    }
    const auto server = ControlServer::create(loop, broker, options.socket, ::geteuid());
    if (!server) {
        return complain("cannot serve", options.socket, server.error());
    }
    const UniqueFd signals{::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK)};
    loop.watch(signals.get(), POLLIN, [&](short /*events*/) {
        signalfd_siginfo signal{};
        while (::read(signals.get(), &signal, sizeof signal) == sizeof signal) {
            if (signal.ssi_signo == SIGHUP) {
                std::string why; // the broker logs it
                std::ignore = broker.reload_policy(why);
            } else {
                loop.stop();
            }
        }
    });
    if (options.ready_fd >= 0) {
        std::ignore = ::write(options.ready_fd, "\n", 1);
        ::close(options.ready_fd);
    }
    const Result<void> ran = loop.run();
    ::unlink(options.socket.c_str());
    return ran ? 0 : complain("stopped", "", ran.error());
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    if (const int ended = parse(argc, argv, options); ended != 0) {
        return ended - 1;
    }
    // From the first moment: a SIGHUP that comes early is a reload too, and no death.
    sigset_t taken;
    ::sigemptyset(&taken);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
        ::sigaddset(&taken, signal);
    }
    ::sigprocmask(SIG_BLOCK, &taken, nullptr);
    std::string why;
    auto policy = Policy::load(options.policy, why);
    if (!policy && policy.error().code == ErrorCode::kNotFound) {
        log(LogLevel::kWarning, "zeta-broker", "policy {}: {}; every channel is denied", options.policy, why);
        policy = Policy{};
    }
    if (!policy) {
        std::fprintf(stderr, "zeta-broker: policy %s: %s\n", options.policy.c_str(), why.c_str());
        return 1;
    }
    if (!options.local.empty()) {
        auto rendezvous = LocalBrokerRendezvous::create(options.local);
        if (!rendezvous) {
            return complain("cannot use", options.local, rendezvous.error());
        }
        LocalCarrier carrier;
        return serve(options, carrier, **rendezvous, std::move(*policy), taken);
    }
    auto rendezvous = XenBrokerRendezvous::create();
    if (!rendezvous) {
        return complain("cannot reach XenStore;", "is this a Xen control domain?", rendezvous.error());
    }
    XenCarrier carrier;
    return serve(options, carrier, **rendezvous, std::move(*policy), taken);
}
