// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// The policy file.
#include "figcom-vbus/broker/policy.hpp"

#include "figcom-vbus/core/channel_shapes.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    using namespace zeta::figcom;
    std::string why;
    const auto policy = Policy::parse({reinterpret_cast<const char*>(data), length}, why);
    if (!policy && (!why.starts_with("line ") || why.find('\n') != std::string::npos)) {
        std::abort(); // a refusal says where and why in one line
    }
    if (!policy) {
        return 0;
    }
    if (policy->rules().empty() && policy->allows("a", "b", "echo")) {
        std::abort(); // no rule, no way
    }
    figcom_shape huge = default_shape();
    huge.slot_count = FIGCOM_SLOTS_MAX;
    huge.priority_count = FIGCOM_PRIORITIES_MAX;
    huge.slab_bytes = UINT32_MAX / 4096 * 4096;
    const auto verdict = policy->decide("a", "b", "echo", huge);
    if (verdict.rule != nullptr &&
        region_bytes_of(huge, Side::kAsker).value + region_bytes_of(huge, Side::kServer).value >
            verdict.rule->channel_bytes) {
        std::abort();
    }
    if (policy->quota_of("a").channels > Policy::kQuotaMax) {
        std::abort();
    }
    return 0;
}
