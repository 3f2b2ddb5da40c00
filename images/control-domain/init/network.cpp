// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/network.hpp"

#include "images/control-domain/init/console.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace zeta::init {
namespace {

constexpr std::string_view kKey = "zeta.ip=";
constexpr unsigned kMaxPrefix = 32;
constexpr const char* kInterface = "eth0";

std::optional<unsigned> parse_ipv4(std::string_view text) noexcept {
    char copy[INET_ADDRSTRLEN]{};
    in_addr parsed{};
    if (text.size() >= sizeof copy) {
        return std::nullopt;
    }
    text.copy(copy, text.size());
    if (inet_pton(AF_INET, copy, &parsed) != 1) {
        return std::nullopt;
    }
    return parsed.s_addr;
}

void put_address(sockaddr& slot, unsigned value) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = value;
    std::memcpy(&slot, &address, sizeof address);
}

bool request(int fd, unsigned long what, const char* interface, unsigned value) {
    ifreq change{};
    std::strncpy(change.ifr_name, interface, IFNAMSIZ - 1);
    put_address(change.ifr_addr, value);
    return ioctl(fd, what, &change) == 0;
}

bool raise(int fd, const char* interface) {
    ifreq change{};
    std::strncpy(change.ifr_name, interface, IFNAMSIZ - 1);
    change.ifr_flags = IFF_UP | IFF_RUNNING;
    return ioctl(fd, SIOCSIFFLAGS, &change) == 0;
}

bool add_default_route(int fd, unsigned gateway) {
    rtentry route{};
    put_address(route.rt_dst, INADDR_ANY);
    put_address(route.rt_genmask, INADDR_ANY);
    put_address(route.rt_gateway, gateway);
    route.rt_flags = RTF_UP | RTF_GATEWAY;
    return ioctl(fd, SIOCADDRT, &route) == 0;
}

} // namespace

std::optional<StaticAddress> static_address(std::string_view command_line) noexcept {
    const auto start = command_line.find(kKey);
    if (start == std::string_view::npos) {
        return std::nullopt;
    }
    auto value = command_line.substr(start + kKey.size());
    value = value.substr(0, value.find_first_of(" \n"));
    const auto slash = value.find('/');
    const auto comma = value.find(',');
    if (slash == std::string_view::npos || (comma != std::string_view::npos && comma < slash)) {
        return std::nullopt;
    }
    const auto prefix_text = value.substr(slash + 1, comma == std::string_view::npos ? comma : comma - slash - 1);
    unsigned prefix = 0;
    const auto [end, error] = std::from_chars(prefix_text.data(), prefix_text.data() + prefix_text.size(), prefix);
    const auto address = parse_ipv4(value.substr(0, slash));
    if (error != std::errc{} || end != prefix_text.data() + prefix_text.size() || prefix == 0 || prefix > kMaxPrefix ||
        !address) {
        return std::nullopt;
    }
    StaticAddress result{*address, htonl(~0U << (kMaxPrefix - prefix)), 0};
    if (comma != std::string_view::npos) {
        const auto gateway = parse_ipv4(value.substr(comma + 1));
        if (!gateway) {
            return std::nullopt;
        }
        result.gateway = *gateway;
    }
    return result;
}

void configure_network(const std::optional<StaticAddress>& address) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !raise(fd, "lo")) {
        say("cannot bring up the loopback interface: %s", std::strerror(errno));
    }
    if (fd >= 0 && address) {
        const bool good = request(fd, SIOCSIFADDR, kInterface, address->address) &&
                          request(fd, SIOCSIFNETMASK, kInterface, address->netmask) && raise(fd, kInterface) &&
                          (address->gateway == 0 || add_default_route(fd, address->gateway));
        if (!good) {
            say("cannot give %s its address: %s", kInterface, std::strerror(errno));
        }
    }
    if (fd >= 0) {
        close(fd);
    }
}

} // namespace zeta::init
