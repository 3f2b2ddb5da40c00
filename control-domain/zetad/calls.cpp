// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/calls.hpp"

#include "control-domain/zetad/calls_table.hpp"
#include "hypervisor/base/log.hpp"

#include <algorithm>
#include <exception>
#include <format>
#include <vector>

namespace zeta::zetad {

namespace {

const Call* find_call(std::string_view call_name) {
    for (const std::span<const Call> table : {guest_calls(), host_calls()}) {
        const auto found = std::ranges::find(table, call_name, &Call::name);
        if (found != table.end()) {
            return &*found;
        }
    }
    return nullptr;
}

Answered dispatch(Services& services, const Request& request) {
    const Call* const call = find_call(request.call);
    if (call == nullptr) {
        return refuse(ErrorCode::kNotFound,
                      std::format("call \"{}\" is unknown to zetad {}; is zetactl of the same version?",
                                  printable(request.call, 40), ZETA_VERSION));
    }
    Params params(request);
    return call->answer(services, params);
}

} // namespace

std::string answer(Services& services, std::string_view line) {
    std::int64_t id = 0;
    // What libraries throw ends here: this is a thread's entry.
    try {
        auto request = parse_request(line);
        if (!request) {
            return format_error(id, request.error());
        }
        id = request->id;
        const Answered answered = dispatch(services, *request);
        return answered ? format_result(id, *answered) : format_error(id, answered.error());
    } catch (const std::exception& thrown) {
        log(LogLevel::kError, "zetad", "a request failed inside: {}", thrown.what());
        return format_error(id,
                            {ErrorCode::kInternal, std::format("zetad failed inside: {}", printable(thrown.what()))});
    }
}

Lane lane_of(std::string_view line) {
    const auto request = parse_request(line);
    const Call* const call = request ? find_call(request->call) : nullptr;
    return call != nullptr ? call->lane : Lane::kLook;
}

} // namespace zeta::zetad
