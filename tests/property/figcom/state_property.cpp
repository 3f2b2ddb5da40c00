// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Any mixture of writes and reads of several states behaves as one variable each. RapidCheck prints the seed.
#include "figcom-vbus/core/state.hpp"

#include "tests/support/figcom/ring_pair.hpp"

#include <rapidcheck.h>

using namespace zeta::figcom;

namespace {

struct Step {
    std::uint32_t index;
    int length; // negative: read
};

void behaves_as_variables(std::uint32_t state_count, std::uint64_t state_bytes, const std::vector<Step>& steps) {
    const RegionLayout layout =
        lay_out(
            {.slot_count = 2, .state_count = state_count, .state_bytes = {state_bytes}, .epoch = 1, .channel_id = 1})
            .value();
    support::AlignedMemory memory{layout.region_bytes};
    RC_ASSERT(format_region(memory.bytes, layout).has_value());
    std::vector<StateWriter> writers;
    std::vector<StateReader> readers;
    for (std::uint32_t i = 0; i < state_count; ++i) {
        writers.emplace_back(memory.bytes, layout, i);
        readers.emplace_back(memory.bytes, layout, i);
    }
    std::vector<std::vector<std::byte>> model(state_count);
    std::vector<std::uint64_t> versions(state_count);
    std::vector<std::byte> buffer(state_bytes);
    for (const Step& step : steps) {
        const std::uint32_t at = step.index % state_count;
        if (step.length >= 0) {
            const std::size_t length = static_cast<std::size_t>(step.length) % (state_bytes + 1);
            model[at].assign(length, static_cast<std::byte>(versions[at] * 7 + at));
            const std::uint64_t version = writers[at].write(versions[at], model[at]);
            RC_ASSERT(version == ++versions[at]);
            RC_ASSERT(readers[at].newer());
            continue;
        }
        const auto head = readers[at].read(buffer);
        RC_ASSERT(head.has_value() == (versions[at] != 0));
        if (head) {
            RC_ASSERT(head->version == versions[at] && head->timestamp_ns + 1 == versions[at]);
            RC_ASSERT(std::ranges::equal(std::span{buffer}.first(head->length), model[at]));
            RC_ASSERT(!readers[at].newer());
        }
    }
}

} // namespace

int main() {
    const bool held = rc::check("a state behaves as a variable", [] {
        const auto count = *rc::gen::inRange<std::uint32_t>(1, 6);
        const auto bytes = *rc::gen::element<std::uint64_t>(0, 1, 7, 8, 112, 113, 4096);
        const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
            rc::gen::inRange<std::uint32_t>(0, 6), rc::gen::oneOf(rc::gen::just(-1), rc::gen::inRange(0, 5000))));
        behaves_as_variables(count, bytes, steps);
    });
    return held ? 0 : 1;
}
