// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic" // anonymous structures, as Xen has them
extern "C" {
#include <asm/hvm/svm/vmcb.h>
#include <zeta/svm_event.h>
bool* harness_boolean_opt_svm_vintr(void);
}
#pragma GCC diagnostic pop

#include <catch2/catch_test_macros.hpp>

namespace {

struct Option {
    explicit Option(bool on) { *harness_boolean_opt_svm_vintr() = on; }
    ~Option() { *harness_boolean_opt_svm_vintr() = false; }
    Option(const Option&) = delete;
    Option& operator=(const Option&) = delete;
};

vmcb_struct with_event(unsigned type, std::uint8_t vector) {
    vmcb_struct vmcb{};
    vmcb.event_inj.v = true;
    vmcb.event_inj.type = type & 7U;
    vmcb.event_inj.vector = vector;
    return vmcb;
}

} // namespace

TEST_CASE("without the option nothing changes") {
    vmcb_struct vmcb = with_event(X86_ET_EXT_INTR, 0xf3);
    zeta_svm_event_before_entry(&vmcb);
    CHECK(vmcb.event_inj.v);
    CHECK(vmcb._vintr.bytes == 0);
    vmcb._vintr.fields.irq = 1;
    zeta_svm_event_after_exit(&vmcb);
    CHECK(vmcb._vintr.fields.irq == 1);
    CHECK(vmcb.exit_int_info.raw == 0);
}

TEST_CASE("an external interrupt enters as a virtual one above every task priority") {
    const Option option(true);
    vmcb_struct vmcb = with_event(X86_ET_EXT_INTR, 0xf3);
    vmcb._vintr.fields.tpr = 0xff;
    zeta_svm_event_before_entry(&vmcb);
    CHECK(vmcb.event_inj.raw == 0);
    CHECK(vmcb._vintr.fields.irq == 1);
    CHECK(vmcb._vintr.fields.vector == 0xf3);
    CHECK(vmcb._vintr.fields.prio == 0xf);
    CHECK(vmcb._vintr.fields.ign_tpr == 1);
    CHECK(vmcb._vintr.fields.tpr == 0xff);
    CHECK(vmcb.vintr_writes == 1);

    SECTION("delivered: the processor has cleared the request, and nothing is left to do") {
        vmcb._vintr.fields.irq = 0;
        zeta_svm_event_after_exit(&vmcb);
        CHECK(vmcb.exit_int_info.raw == 0);
    }
    SECTION("cut short: it is handed back and enters again") {
        zeta_svm_event_after_exit(&vmcb);
        CHECK(vmcb._vintr.fields.irq == 0);
        CHECK(vmcb.exit_int_info.v);
        CHECK(vmcb.exit_int_info.type == X86_ET_EXT_INTR);
        CHECK(vmcb.exit_int_info.vector == 0xf3);
        vmcb.event_inj = vmcb.exit_int_info; // what Xen does with it
        zeta_svm_event_before_entry(&vmcb);
        CHECK(vmcb._vintr.fields.irq == 1);
        CHECK(vmcb._vintr.fields.vector == 0xf3);
    }
}

TEST_CASE("exceptions and non-maskable interrupts stay injected") {
    const Option option(true);
    for (const unsigned type : {X86_ET_NMI, X86_ET_HW_EXC}) {
        vmcb_struct vmcb = with_event(type, 2);
        const auto before = vmcb.event_inj.raw;
        zeta_svm_event_before_entry(&vmcb);
        CHECK(vmcb.event_inj.raw == before);
        CHECK(vmcb.vintr_writes == 0);
    }
}

TEST_CASE("Xen's interrupt window is left alone") {
    const Option option(true);
    vmcb_struct vmcb = with_event(X86_ET_EXT_INTR, 0x30);
    vmcb._vintr.fields.irq = 1;
    vmcb._general1_intercepts = GENERAL1_INTERCEPT_VINTR;
    zeta_svm_event_before_entry(&vmcb);
    CHECK(vmcb.event_inj.v);
    zeta_svm_event_after_exit(&vmcb);
    CHECK(vmcb._vintr.fields.irq == 1);
    CHECK(vmcb.exit_int_info.raw == 0);
}
