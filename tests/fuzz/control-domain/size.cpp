// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Any text is refused or is a size that is written and read back as the same.
#include "control-domain/model/size.hpp"
#include "hypervisor/base/log.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace zeta;
    const auto parsed = model::parse_size({reinterpret_cast<const char*>(data), size});
    if (parsed) {
        const auto again = model::parse_size(model::format_size(*parsed));
        ZETA_ASSERT(again && *again == *parsed);
    } else {
        ZETA_ASSERT(!parsed.error().text.empty());
    }
    return 0;
}
