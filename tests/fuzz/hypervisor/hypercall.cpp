// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Throws bytes at the hypercall entry as two hostile domains: each step is an
// operation, an address, and what stands there. The harness aborts where the
// overlay holds something too long, touches memory under a lock or leaks; the
// sanitizers do the rest. Checked here: results are documented ones, a guest
// never reads health, memory outside the argument never changes.

#include "hypervisor/abi/zeta.h"
#include "tests/overlay/harness/world.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

using namespace zeta::overlay;

namespace {

constexpr std::size_t kStepBytes = 64;
constexpr std::size_t kStepsMax = 64;
constexpr std::size_t kArgumentMax = sizeof(zeta_health_read);

struct Step {
    std::uint8_t op;
    std::uint8_t caller;
    std::uint16_t address;
    std::uint32_t wide_op;
    std::array<std::uint8_t, kStepBytes - 8> bytes;
};
static_assert(sizeof(Step) == kStepBytes);

bool is_documented(long rc) {
    constexpr std::array<long, 7> kResults{0, -EPERM, -ESRCH, -E2BIG, -EFAULT, -EINVAL, -EOPNOTSUPP};
    return std::find(kResults.begin(), kResults.end(), rc) != kResults.end();
}

std::uint64_t address_of(const Step& step) {
    switch (step.address >> 14) {
    case 0:
        return kPage + (step.address & 0xfff);
    case 1:
        return kPageEnd - (step.address & 0x3f); // cut by the end of memory
    case 2:
        return kPage; // the likely case: accepted arguments
    default:
        return static_cast<std::uint64_t>(step.address) << 48 | step.wide_op;
    }
}

void run_step(World& world, const Step& step) {
    const bool privileged = (step.caller & 1) == 0;
    world.become(privileged ? 0 : kGuest);
    std::fill(world.page().begin(), world.page().end(), std::uint8_t{0xa5});
    const std::uint64_t address = address_of(step);
    if (address >= kPage && address < kPageEnd) {
        const std::size_t fits = std::min<std::size_t>(step.bytes.size(), kPageEnd - address);
        std::memcpy(world.page().data() + (address - kPage), step.bytes.data(), fits);
    }
    const std::vector<std::uint8_t> before = world.page();
    const unsigned op = (step.caller & 2) != 0 ? step.wide_op : step.op % 5U;
    const long rc = harness_zeta_op(op, address);
    if (!is_documented(rc)) {
        harness_broken("a result that the reference does not name");
    }
    if (!privileged && op == ZETA_OP_HEALTH_READ && rc != -EPERM) {
        harness_broken("a guest reads health");
    }
    for (std::size_t at = 0; at < before.size(); ++at) {
        const bool may_change = kPage + at >= address && kPage + at < address + kArgumentMax;
        if (before[at] != world.page()[at] && (rc == -EINVAL || rc == -E2BIG || rc == -EPERM || !may_change)) {
            harness_broken("guest memory changed that must not");
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    World world;
    for (std::size_t at = 0; at + kStepBytes <= size && at / kStepBytes < kStepsMax; at += kStepBytes) {
        Step step;
        std::memcpy(&step, data + at, sizeof(step));
        run_step(world, step);
    }
    return 0;
}
