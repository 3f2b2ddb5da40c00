// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// The policy file.
#include "figcom-vbus/broker/policy.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    std::string why;
    const auto policy = zeta::figcom::Policy::parse({reinterpret_cast<const char*>(data), length}, why);
    if (!policy && why.empty()) {
        std::abort(); // a refusal says why
    }
    if (policy && policy->rules().empty() && policy->allows("a", "b", "echo")) {
        std::abort(); // no rule, no way
    }
    return 0;
}
