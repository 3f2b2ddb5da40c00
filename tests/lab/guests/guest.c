// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// The bare guest: finds its console, lends the checks its page tables and its
// hypercall page, prints the results and powers itself off.

#define __XEN_INTERFACE_VERSION__ 0x00041300
#include <stddef.h>
#include <stdint.h>

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>
#include <xen/sched.h>
#include <xen/xen.h>

#include "hypervisor/abi/zeta.h"
#include "tests/lab/guests/checks.h"

#define PAGE_BYTES 4096UL
#define HIGH_SLOT 0x8000000000UL // the second slot of entry.S's page tables
#define STORM_CALLS 20000
#define STORM_SEED 20250101
#define DRAIN_YIELDS_MAX 2000000U
#define DEBUG_PORT 0xe9 // Xen prints what a PVH or HVM guest writes there, where its log level allows it
#define NO_SUCH_HYPERCALL (-38)

extern unsigned char zt_hypercall_page[];
extern unsigned char zt_edge_page[];
extern unsigned char zt_absent_page[];
extern unsigned char zt_readable_page[];
extern int zt_result_32bit;

void zt_pvh_main(const struct hvm_start_info* info);
void zt_pv_main(const start_info_t* info);
void* memset(void* to, int value, size_t count);
void* memcpy(void* restrict to, const void* restrict from, size_t count);

static struct xencons_interface* console;
static evtchn_port_t console_port;
static bool console_is_hypervisors;
static bool is_pvh;

// The compiler may call these two by itself.
void* memset(void* to, int value, size_t count) {
    void* start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
    return start;
}

void* memcpy(void* restrict to, const void* restrict from, size_t count) {
    void* start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    return start;
}

static long hypercall(unsigned long number, unsigned long a, unsigned long b, unsigned long c) {
    long result;
    __asm__ volatile("call *%[entry]"
                     : "=a"(result), "+D"(a), "+S"(b), "+d"(c)
                     : [entry] "r"(zt_hypercall_page + number * 32)
                     : "memory", "rcx", "r8", "r9", "r10", "r11");
    return result;
}

static long zeta_op(unsigned op, void* argument) { return hypercall(ZETA_HYPERCALL, op, (unsigned long)argument, 0); }

static void yield(void) { (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0); }

static void notify_console(void) {
    evtchn_send_t send = {.port = console_port};
    (void)hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (unsigned long)&send, 0);
}

static void print_to_ring(const char* text) {
    while (*text != '\0') {
        const XENCONS_RING_IDX producer = console->out_prod;
        if (producer - __atomic_load_n(&console->out_cons, __ATOMIC_ACQUIRE) >= sizeof(console->out)) {
            notify_console();
            yield();
            continue;
        }
        console->out[MASK_XENCONS_IDX(producer, console->out)] = *text++;
        __atomic_store_n(&console->out_prod, producer + 1, __ATOMIC_RELEASE);
    }
    notify_console();
}

static void print(const char* text) {
    if (console_is_hypervisors) {
        size_t count = 0;
        while (text[count] != '\0') {
            count++;
        }
        (void)hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, count, (unsigned long)text);
        return;
    }
    for (const char* at = text; is_pvh && *at != '\0'; at++) {
        __asm__ volatile("outb %0, %1" : : "a"(*at), "Nd"((uint16_t)DEBUG_PORT));
    }
    if (console != NULL) {
        print_to_ring(text);
    }
}

// Bounded, because a console without a reader must not keep the guest alive.
static void drain_console(void) {
    for (unsigned turn = 0; console != NULL && turn < DRAIN_YIELDS_MAX; turn++) {
        if (__atomic_load_n(&console->out_cons, __ATOMIC_ACQUIRE) == console->out_prod) {
            return;
        }
        yield();
    }
}

static void power_off(void) {
    drain_console();
    sched_shutdown_t shutdown = {.reason = SHUTDOWN_poweroff};
    for (;;) {
        (void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&shutdown, 0);
    }
}

static uint64_t get_param(uint32_t index) {
    struct xen_hvm_param param = {.domid = DOMID_SELF, .index = index};
    return hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (unsigned long)&param, 0) == 0 ? param.value : 0;
}

static void prepare_readable(void) {
    struct zeta_capabilities* caps = (struct zeta_capabilities*)zt_readable_page;
    caps->header.version = ZETA_ABI_VERSION;
    caps->header.bytes = sizeof(*caps);
}

void zt_pvh_main(const struct hvm_start_info* info) {
    is_pvh = true;
    console_is_hypervisors = (info->flags & SIF_INITDOMAIN) != 0;
    const uint64_t frame = get_param(HVM_PARAM_CONSOLE_PFN);
    if (!console_is_hypervisors && frame != 0) {
        console = (struct xencons_interface*)(frame * PAGE_BYTES);
        console_port = (evtchn_port_t)get_param(HVM_PARAM_CONSOLE_EVTCHN);
    }
    prepare_readable();
    const struct zt_platform platform = {.name = "pvh",
                                         .hypercall = zeta_op,
                                         .print = print,
                                         .unmapped = (void*)(2 * HIGH_SLOT),
                                         .edge = (unsigned char*)(HIGH_SLOT + PAGE_BYTES),
                                         .readable = (unsigned char*)(HIGH_SLOT + 2 * PAGE_BYTES),
                                         .control_domain = (info->flags & SIF_PRIVILEGED) != 0,
                                         .exclusive = true,
                                         .storm_calls = STORM_CALLS,
                                         .seed = STORM_SEED};
    zt_expect(&platform, "caller-32bit", zt_result_32bit, NO_SUCH_HYPERCALL);
    (void)zt_run(&platform);
    power_off();
}

void zt_pv_main(const start_info_t* info) {
    console_is_hypervisors = (info->flags & SIF_INITDOMAIN) != 0;
    if (!console_is_hypervisors) {
        const unsigned long* machine_to_guest = (const unsigned long*)MACH2PHYS_VIRT_START;
        console = (struct xencons_interface*)(machine_to_guest[info->console.domU.mfn] * PAGE_BYTES);
        console_port = info->console.domU.evtchn;
    }
    prepare_readable();
    const unsigned long* frames = (const unsigned long*)info->mfn_list;
    const unsigned long present_read_only = 0x1;
    const unsigned long readable = frames[(unsigned long)zt_readable_page / PAGE_BYTES];
    const struct zt_platform platform = {.name = "pv",
                                         .hypercall = zeta_op,
                                         .print = print,
                                         .unmapped = (void*)(2 * HIGH_SLOT),
                                         .edge = zt_absent_page,
                                         .readable = zt_readable_page,
                                         .control_domain = (info->flags & SIF_PRIVILEGED) != 0,
                                         .exclusive = true,
                                         .storm_calls = STORM_CALLS,
                                         .seed = STORM_SEED};
    zt_expect(&platform, "page-taken-away",
              hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)zt_absent_page, 0, UVMF_INVLPG), 0);
    zt_expect(&platform, "page-made-read-only",
              hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)zt_readable_page,
                        readable * PAGE_BYTES | present_read_only, UVMF_INVLPG),
              0);
    (void)zt_run(&platform);
    power_off();
}
