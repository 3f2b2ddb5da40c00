// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// The kernel command line comes from the boot loader.
#include "images/control-domain/init/network.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    const auto found = zeta::init::static_address({reinterpret_cast<const char*>(data), bytes});
    if (found && found->netmask == 0) {
        std::abort();
    }
    return 0;
}
