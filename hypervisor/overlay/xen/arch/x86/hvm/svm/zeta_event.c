/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * External interrupts for SVM guests by V_IRQ instead of EVENTINJ.
 *
 * For emulators only, and off unless "zeta-svm-vintr" is on the command line:
 * QEMU's TCG (seen in 10.0) keeps an injected external interrupt pending in
 * its own bookkeeping and, when the processor thread is kicked, delivers it a
 * second time, even with interrupts disabled. Guests die of it at random
 * (docs/decisions/0046-faults-of-the-emulated-processor.md). Its V_IRQ path is right.
 *
 * Both ways are architectural. An interrupt is injected only when the guest
 * can take it, so V_IRQ is taken before the guest's first instruction unless
 * the entry is cut short; then it is handed back as an event whose delivery
 * was interrupted, which Xen injects again.
 */
#include <xen/init.h>
#include <xen/param.h>
#include <xen/sched.h>
#include <asm/hvm/svm/vmcb.h>

#include <zeta/svm_event.h>

static bool __ro_after_init opt_svm_vintr;
boolean_param("zeta-svm-vintr", opt_svm_vintr);

/* Above every task priority. */
#define HIGHEST_PRIORITY 0xf

void zeta_svm_event_before_entry(struct vmcb_struct *vmcb)
{
    const intinfo_t event = vmcb->event_inj;
    vintr_t intr;

    if ( likely(!opt_svm_vintr) || !event.v || event.type != X86_ET_EXT_INTR )
        return;

    intr = vmcb_get_vintr(vmcb);
    if ( intr.fields.irq ) /* in use: Xen waits for the guest to enable interrupts */
        return;

    intr.fields.irq = 1;
    intr.fields.vector = event.vector;
    intr.fields.prio = HIGHEST_PRIORITY;
    intr.fields.ign_tpr = 1;
    vmcb_set_vintr(vmcb, intr);
    vmcb->event_inj.raw = 0;
}

void zeta_svm_event_after_exit(struct vmcb_struct *vmcb)
{
    vintr_t intr;

    if ( likely(!opt_svm_vintr) )
        return;

    intr = vmcb_get_vintr(vmcb);
    /* With the intercept on, V_IRQ is Xen's interrupt window and not ours. */
    if ( !intr.fields.irq || (vmcb_get_general1_intercepts(vmcb) & GENERAL1_INTERCEPT_VINTR) )
        return;

    intr.fields.irq = 0;
    vmcb_set_vintr(vmcb, intr);
    vmcb->exit_int_info.raw = 0;
    vmcb->exit_int_info.v = true;
    vmcb->exit_int_info.type = X86_ET_EXT_INTR;
    vmcb->exit_int_info.vector = intr.fields.vector;
}
