// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "guest-adapters/common/echo_service.hpp"

#include "guest-adapters/common/ping_pattern.hpp"

#include <algorithm>
#include <cstring>

namespace zeta::guest {

Result<std::vector<std::byte>> EchoService::answer(std::span<const std::byte> request) {
    figcom_echo echo;
    if (request.size() < sizeof echo) {
        return fail(ErrorCode::kCorrupt, "answer an echo: no head");
    }
    std::memcpy(&echo, request.data(), sizeof echo);
    const auto payload = request.subspan(sizeof echo);
    if (payload.size() != echo.payload_bytes) {
        return fail(ErrorCode::kCorrupt, "answer an echo: its length contradicts itself");
    }
    if (echo.job != job_) {
        job_ = echo.job;
        highest_ = 0;
    }
    echo.peer_verdict = is_ping(payload, echo.job, echo.sequence, PingDirection::kRequest) ? 0 : FIGCOM_ECHO_CORRUPT;
    if (echo.sequence == highest_) {
        echo.peer_verdict |= FIGCOM_ECHO_DUPLICATED;
    } else if (echo.sequence < highest_) {
        echo.peer_verdict |= FIGCOM_ECHO_OUT_OF_ORDER;
    }
    highest_ = std::max(highest_, echo.sequence);
    std::vector<std::byte> reply(request.size());
    std::memcpy(reply.data(), &echo, sizeof echo);
    fill_ping(std::span{reply}.subspan(sizeof echo), echo.job, echo.sequence, PingDirection::kReply);
    return reply;
}

} // namespace zeta::guest
