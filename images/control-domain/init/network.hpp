// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The control domain's own network address, from the kernel command line. Used by boot.cpp.

#include <optional>
#include <string_view>

namespace zeta::init {

struct StaticAddress {
    unsigned address{0}; ///< network byte order
    unsigned netmask{0}; ///< network byte order
    unsigned gateway{0}; ///< network byte order; 0: none
};

/// Reads `zeta.ip=ADDRESS/PREFIX[,GATEWAY]` from a kernel command line; nothing where it is absent or malformed.
[[nodiscard]] std::optional<StaticAddress> static_address(std::string_view command_line) noexcept;

/// Brings up the loopback interface, and the first Ethernet interface with the address where one is given.
void configure_network(const std::optional<StaticAddress>& address);

} // namespace zeta::init
