// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Any line gets exactly one reply line that is JSON, and a request that is read fits its limits.
#include "control-domain/zetad/protocol.hpp"
#include "hypervisor/base/log.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace zeta;
    using namespace zeta::zetad;
    const auto request = parse_request({reinterpret_cast<const char*>(data), size});
    std::string reply;
    if (request) {
        ZETA_ASSERT(!request->call.empty() && request->params.is_object());
        Params params(*request);
        const auto text = params.text("name");
        const auto force = params.truth_or("force", false);
        reply = text && force && params.finish() ? format_result(request->id, {{"name", *text}})
                                                 : format_error(request->id, {ErrorCode::kInvalidArgument, "refused"});
    } else {
        reply = format_error(0, request.error());
    }
    ZETA_ASSERT(reply.find('\n') == std::string::npos);
    ZETA_ASSERT(nlohmann::json::accept(reply));
    return 0;
}
