// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// What a guest writes into its XenStore nodes, and control messages and echoes as a guest sends them.
#include "figcom-vbus/core/rendezvous.hpp"

#include "figcom-vbus/core/control_message.hpp"
#include "guest-adapters/common/echo_service.hpp"
#include "guest-adapters/common/ping_job.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    using namespace zeta::figcom;
    const std::string_view text{reinterpret_cast<const char*>(data), length};
    if (const auto offer = parse_agent_offer(text); offer && to_text(*offer).size() > 128) {
        std::abort();
    }
    std::ignore = parse_broker_answer(text);
    const auto bytes = std::as_bytes(std::span{data, length});
    if (const auto request = read_payload<figcom_channel_request>(bytes)) {
        std::ignore = read_name(request->guest);
    }
    zeta::guest::EchoService echo;
    std::ignore = echo.answer(bytes);
    zeta::guest::PingJob job{figcom_ping{}, {}};
    job.reply(bytes, {});
    if (length >= sizeof(figcom_ping)) {
        const auto start = read_payload<figcom_ping>(bytes.first(sizeof(figcom_ping)));
        zeta::guest::PingJob hostile{*start, {}};
        hostile.connected({});
        hostile.reserve();
        std::ignore = hostile.next_request({});
        hostile.disconnected({});
    }
    return 0;
}
