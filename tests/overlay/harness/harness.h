// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the overlay's C sees instead of Xen, and what tests steer. Every call
// checks its own rules (locks held, references balanced) and aborts where one
// is broken, so that a fuzzer finds it too. C and C++.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HARNESS_DOMAINS_MAX 8
#define HARNESS_RANGES_MAX 8
#define HARNESS_ACCESSES_MAX 64

struct zeta_domain;

struct domain {
    uint16_t domain_id;
    bool is_privileged;
    bool is_hvm; // with a hardware-assisted guest's context: PVH or HVM
    struct zeta_domain* zeta;
};

struct vcpu {
    struct domain* domain;
};

typedef struct {
    uint32_t state; // 0 where nobody initialised it
} spinlock_t;

// A piece of a guest's address space. Addresses are numbers; `bytes` is what the guest sees there.
struct harness_range {
    uint64_t start;
    uint64_t count;
    uint8_t* bytes;
    bool writable;
};

// One access to guest memory, in the order of the calls.
struct harness_access {
    bool write;
    uint64_t start;
    uint64_t count;
    bool failed;
};

struct harness {
    struct vcpu current;
    struct domain* domains[HARNESS_DOMAINS_MAX]; // found by id
    struct harness_range ranges[HARNESS_RANGES_MAX];
    struct harness_access accesses[HARNESS_ACCESSES_MAX];
    unsigned access_count;
    void (*after_read)(void* context); // the guest changes its memory between two reads
    void* context;
    int64_t now_ns;
    int64_t tick_ns;    // added to now_ns by each NOW()
    bool out_of_memory; // the next allocations fail
    unsigned locks_held;
    unsigned rcu_held;
    unsigned allocations; // live ones
};

extern struct harness harness;

// Empty memory, no domains, nothing held.
void harness_reset(void);
// Aborts where a lock, a domain reference or an allocation is left over.
void harness_assert_idle(void);
// Aborts, naming the rule.
void harness_broken(const char* rule) __attribute__((noreturn));

// Returns the number of bytes that could not be copied, as Xen's functions do.
size_t harness_read_guest(void* to, const void* guest_address, size_t count);
size_t harness_write_guest(void* guest_address, const void* from, size_t count);

void harness_lock(spinlock_t* lock);
void harness_unlock(spinlock_t* lock);
void harness_lock_init(spinlock_t* lock);
void* harness_allocate(size_t count);
void harness_free(void* memory);
struct domain* harness_find_domain(uint16_t id);
void harness_release_domain(struct domain* domain);
int64_t harness_now(void);

// The hypercall as a guest makes it, with a check afterwards that nothing is left held.
long harness_zeta_op(unsigned op, uint64_t guest_address);

#ifdef __cplusplus
}
#endif
