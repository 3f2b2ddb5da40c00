// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/zetad_client.hpp"

#include "control-domain/model/complaint.hpp"
#include "control-domain/zetactl/line_client.hpp"

#include <array>
#include <cstdio>
#include <format>

namespace zeta::ctl {

namespace {

using nlohmann::json;

/// Nothing came back: why, and what to do.
int complain_unanswered(const Context& context, const char* call, const Error& error) {
    const std::string& path = context.zetad_socket;
    switch (error.code) {
    case ErrorCode::kClosed:
        return complain(
            std::format("{}: zetad went away before it answered; look at what is there now, then try again", call),
            kExitUnreachable);
    case ErrorCode::kTimeout:
        return complain(std::format("{}: zetad at {} did not answer in time; see \"zetactl host health\"", call, path),
                        kExitUnreachable);
    case ErrorCode::kUnavailable:
        return complain(
            std::format("{}: zetad does not listen at {}; is this the control domain, and is zetad up?", call, path),
            kExitUnreachable);
    default:
        return complain(
            std::format("{}: zetad at {}: {}; run it as root in the control domain", call, path, describe(error)),
            kExitUnreachable);
    }
}

} // namespace

std::expected<json, int> call_zetad(const Context& context, const char* call, const json& params) {
    const json request{{"id", 1}, {"call", call}, {"params", params}};
    const auto line = ask_line(context.zetad_socket, request.dump(-1, ' ', false, json::error_handler_t::replace));
    if (!line) {
        return std::unexpected(complain_unanswered(context, call, line.error()));
    }
    json reply = json::parse(*line, nullptr, false);
    if (reply.is_object() && reply.contains("result")) {
        return std::move(reply["result"]);
    }
    if (reply.is_object() && reply.contains("error") && reply["error"].is_object()) {
        return std::unexpected(complain(reply["error"].value("message", "refused without a reason")));
    }
    return std::unexpected(complain(std::format("{}: zetad's reply cannot be read; are both of one version?", call)));
}

void print_json(const json& value) { std::puts(value.dump(2, ' ', false, json::error_handler_t::replace).c_str()); }

std::string human_bytes(const json& bytes) {
    if (!bytes.is_number_unsigned()) {
        return "-";
    }
    constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    const auto count = bytes.get<std::uint64_t>();
    std::size_t unit = 0;
    std::uint64_t step = 1;
    while (unit + 1 < kUnits.size() && count >= step * 1024) {
        step *= 1024;
        ++unit;
    }
    if (count % step == 0) {
        return std::format("{}{}", count / step, kUnits[unit]);
    }
    return std::format("{:.1f}{}", static_cast<double>(count) / static_cast<double>(step), kUnits[unit]);
}

std::string human_beat(const json& beat) {
    if (!beat.is_object()) {
        return "-";
    }
    if (beat.contains("unknown")) {
        return "unknown";
    }
    const json since = beat.value("since_beat_ms", json());
    if (!since.is_number()) {
        return "never";
    }
    return std::format("{:.1f} s ago", static_cast<double>(since.get<std::uint64_t>()) / 1000.0);
}

} // namespace zeta::ctl
