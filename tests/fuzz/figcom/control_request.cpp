// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// A line of the broker's control socket.
#include "figcom-vbus/broker/control_request.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    using namespace zeta::figcom;
    std::string why;
    const auto request = parse_request({reinterpret_cast<const char*>(data), length}, why);
    if (request) {
        if (const auto* ping = std::get_if<PingRequest>(&*request);
            ping != nullptr && (!is_name(ping->source) || !is_name(ping->target) || ping->count == 0)) {
            std::abort();
        }
    } else if (why.empty() ||
               error_line("invalid-argument", why).find('\n') + 1 != error_line("invalid-argument", why).size()) {
        std::abort(); // a refusal is one line
    }
    return 0;
}
