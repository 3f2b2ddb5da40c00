// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// What XenStore's device hands out, in pieces, and the payloads in it.
#include "hypervisor/client/xenstore.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    zeta::XenStoreAssembler assembler;
    std::span<const char> rest{reinterpret_cast<const char*>(data), length};
    while (!rest.empty()) {
        const std::size_t piece = std::min<std::size_t>(rest.size(), 1 + static_cast<unsigned char>(rest[0]) % 64);
        const bool whole = assembler.add(rest.first(piece)).has_value();
        rest = rest.subspan(piece);
        while (const auto message = assembler.take()) {
            if (message->payload.size() > zeta::kXenStorePayloadBytesMax) {
                std::abort();
            }
            std::ignore = zeta::parse_xenstore_event(message->payload);
            std::ignore = zeta::parse_xenstore_names(message->payload);
            std::ignore = zeta::xenstore_errno(message->payload);
        }
        if (!whole) {
            return 0;
        }
    }
    return 0;
}
