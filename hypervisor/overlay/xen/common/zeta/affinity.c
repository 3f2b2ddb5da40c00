/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PVH and HVM guests away from processor 0.
 *
 * For emulators only, and off unless "zeta-hvm-avoid-cpu0" is on the command
 * line: in QEMU's TCG (seen in 10.0) an FXRSTOR or XRSTOR on any processor
 * changes a flag word of processor 0 without a lock. Where that meets a VMRUN
 * or an exit on processor 0, the word's other bits are lost, nested paging
 * among them (docs/decisions/0046-faults-of-the-emulated-processor.md).
 */
#include <xen/cpumask.h>
#include <xen/init.h>
#include <xen/param.h>
#include <xen/sched.h>

#include <zeta/affinity.h>

static bool __ro_after_init opt_hvm_avoid_cpu0;
boolean_param("zeta-hvm-avoid-cpu0", opt_hvm_avoid_cpu0);

const cpumask_t *zeta_hvm_affinity(const struct domain *d,
                                   const cpumask_t *hard, cpumask_t *room)
{
    if ( likely(!opt_hvm_avoid_cpu0) || !hard || !is_hvm_domain(d) )
        return hard;

    cpumask_copy(room, hard);
    __cpumask_clear_cpu(0, room);

    /* Better there than nowhere: a machine of one processor, or a guest pinned to processor 0. */
    return cpumask_intersects(room, &cpu_online_map) ? room : hard;
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
