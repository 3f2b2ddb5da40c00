// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch_test_macros.hpp>

extern "C" { // after the standard library: Xen's `current` is a macro
#include <xen/sched.h>
#include <zeta/affinity.h>
bool* harness_boolean_opt_hvm_avoid_cpu0(void);
cpumask_t cpu_online_map;
}

namespace {

struct Option {
    explicit Option(bool on) { *harness_boolean_opt_hvm_avoid_cpu0() = on; }
    ~Option() { *harness_boolean_opt_hvm_avoid_cpu0() = false; }
    Option(const Option&) = delete;
    Option& operator=(const Option&) = delete;
};

constexpr cpumask_t kEverywhere{~UINT64_C(0)};

} // namespace

TEST_CASE("without the option an affinity stays what it is") {
    const domain guest{.domain_id = 1, .is_privileged = false, .is_hvm = true, .zeta = nullptr};
    cpu_online_map.bits = 0b1111;
    cpumask_t room{};
    CHECK(zeta_hvm_affinity(&guest, &kEverywhere, &room) == &kEverywhere);
}

TEST_CASE("with the option guests stay away from processor 0") {
    const Option option(true);
    domain guest{.domain_id = 1, .is_privileged = false, .is_hvm = true, .zeta = nullptr};
    cpu_online_map.bits = 0b1111;
    cpumask_t room{};

    SECTION("the rest of the mask is kept") {
        const cpumask_t some{0b0101};
        CHECK(zeta_hvm_affinity(&guest, &some, &room)->bits == 0b0100);
        CHECK(some.bits == 0b0101);
    }
    SECTION("PV guests go everywhere") {
        guest.is_hvm = false;
        CHECK(zeta_hvm_affinity(&guest, &kEverywhere, &room) == &kEverywhere);
    }
    SECTION("no change stays none") { CHECK(zeta_hvm_affinity(&guest, nullptr, &room) == nullptr); }
    SECTION("a guest pinned to processor 0 goes there") {
        const cpumask_t pinned{0b0001};
        CHECK(zeta_hvm_affinity(&guest, &pinned, &room) == &pinned);
    }
    SECTION("on a machine of one processor a guest goes there") {
        cpu_online_map.bits = 0b0001;
        CHECK(zeta_hvm_affinity(&guest, &kEverywhere, &room) == &kEverywhere);
    }
}
