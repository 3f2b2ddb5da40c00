// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// thermometer-server DIRECTORY: a service of an interface file, over the broker of DIRECTORY.
#include "figcom-vbus/carrier/local/local_carrier.hpp"
#include "figcom-vbus/carrier/local/local_rendezvous.hpp"
#include "figcom-vbus/core/bus_client.hpp"

#include <thermometer.hpp> // made by figcom-idl

#include <cstdio>

namespace {

using namespace zeta;
using namespace zeta::figcom;
using namespace interfaces::thermometer;

idl::Deadline in_a_day() { return std::chrono::steady_clock::now() + std::chrono::hours{24}; }

/// One client. Whatever it sends, it arrives here checked, or in on_invalid.
struct Client : ThermometerServer::Visitor {
    explicit Client(ThermometerServer server) : port(std::move(server)) {}

    void on_measure(const ReadRequest& request, const idl::Info& info) {
        Reading reading;
        reading.probe = request.probe;
        reading.place = request.probe == 0 ? Place::kAir : Place::kWater;
        reading.millicelsius = 20000 + 1000 * request.probe;
        reading.label = BoundedLabel{"probe"};
        sent = port.reply_measure(info.request, reading, in_a_day());
        if (sent && reading.millicelsius > alarm_above) {
            sent = port.send_alarm(reading, in_a_day());
        }
    }
    void on_watch(const Threshold& threshold, const idl::Info& /*info*/) { alarm_above = threshold.millicelsius; }
    void on_invalid(const idl::Fault& fault, const idl::Info& /*info*/) {
        std::fprintf(stderr, "thermometer: refused a message: %s\n", describe(fault).c_str());
    }

    using BoundedLabel = idl::BoundedString<kLabelBytes>;
    ThermometerServer port;
    std::int32_t alarm_above{INT32_MAX};
    Result<void> sent;
};

/// Until the client goes.
void serve(Channel& channel) {
    auto port = ThermometerServer::create(channel);
    if (!port) {
        std::fprintf(stderr, "thermometer: %s\n", describe(port.error()).c_str());
        return;
    }
    Client client{std::move(*port)};
    while (client.sent && client.port.wait(in_a_day())) {
        client.port.receive(client);
    }
}

int fail_with(const char* what, const Error& error) {
    std::fprintf(stderr, "thermometer: %s: %s\n", what, describe(error).c_str());
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: thermometer-server DIRECTORY\n", stderr);
        return 2;
    }
    LocalCarrier carrier;
    auto rendezvous = LocalAgentRendezvous::create(argv[1], "beta");
    if (!rendezvous) {
        return fail_with(argv[1], rendezvous.error());
    }
    auto bus = BusClient::attach(carrier, **rendezvous, {std::string{ThermometerServer::kService}}, in_a_day());
    if (!bus) {
        return fail_with("attach", bus.error());
    }
    for (;;) {
        auto opened = (*bus)->accept(in_a_day());
        if (!opened) {
            return fail_with("accept", opened.error());
        }
        const std::uint64_t id = opened->id;
        {
            Channel channel = std::move(opened->channel);
            serve(channel);
        }
        (*bus)->closed(id);
    }
}
