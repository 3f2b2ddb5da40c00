// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/harness/harness.h"

#include <xen/hypercall.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kUninitialised = 0, kFree = 0x66726565, kHeld = 0x68656c64 };

struct harness harness;

void harness_reset(void) {
    memset(&harness, 0, sizeof(harness));
    harness.now_ns = 1000;
    harness.tick_ns = 1;
}

void harness_broken(const char* rule) {
    fprintf(stderr, "harness: rule broken: %s\n", rule);
    abort();
}

void harness_assert_idle(void) {
    if (harness.locks_held != 0) {
        harness_broken("a lock is still held");
    }
    if (harness.rcu_held != 0) {
        harness_broken("a domain reference is still held");
    }
    if (harness.allocations != 0) {
        harness_broken("an allocation was not freed");
    }
}

static void log_access(bool write, uint64_t start, size_t count, bool failed) {
    if (harness.access_count == HARNESS_ACCESSES_MAX) {
        harness_broken("one call touches guest memory too often");
    }
    harness.accesses[harness.access_count++] =
        (struct harness_access){.write = write, .start = start, .count = count, .failed = failed};
}

// The bytes from `start` on, and through `available` how many of them the guest has there.
static uint8_t* find_bytes(uint64_t start, bool write, size_t* available) {
    for (unsigned at = 0; at < HARNESS_RANGES_MAX; at++) {
        const struct harness_range* range = &harness.ranges[at];
        if (range->bytes != NULL && start >= range->start && start - range->start < range->count &&
            (!write || range->writable)) {
            *available = (size_t)(range->count - (start - range->start));
            return range->bytes + (start - range->start);
        }
    }
    *available = 0;
    return NULL;
}

static void check_may_touch_guest(void) {
    if (harness.locks_held != 0) {
        harness_broken("guest memory touched while a lock is held");
    }
}

size_t harness_read_guest(void* to, const void* guest_address, size_t count) {
    check_may_touch_guest();
    const uint64_t start = (uint64_t)(uintptr_t)guest_address;
    size_t available;
    const uint8_t* bytes = find_bytes(start, false, &available);
    const size_t copied = available < count ? available : count;
    if (copied != 0) {
        memcpy(to, bytes, copied);
    }
    // Xen clears what it could not read.
    memset((uint8_t*)to + copied, 0, count - copied);
    log_access(false, start, count, copied != count);
    if (harness.after_read != NULL) {
        harness.after_read(harness.context);
    }
    return count - copied;
}

size_t harness_write_guest(void* guest_address, const void* from, size_t count) {
    check_may_touch_guest();
    const uint64_t start = (uint64_t)(uintptr_t)guest_address;
    size_t available;
    uint8_t* bytes = find_bytes(start, true, &available);
    const size_t copied = available < count ? available : count;
    if (copied != 0) {
        memcpy(bytes, from, copied);
    }
    log_access(true, start, count, copied != count);
    return count - copied;
}

void harness_lock_init(spinlock_t* lock) {
    if (lock->state == kHeld) {
        harness_broken("a held lock is initialised again");
    }
    lock->state = kFree;
}

void harness_lock(spinlock_t* lock) {
    if (lock->state == kUninitialised) {
        harness_broken("a lock is used before it is initialised");
    }
    if (lock->state != kFree) {
        harness_broken("a lock is taken twice");
    }
    if (harness.locks_held != 0) {
        harness_broken("a leaf lock is taken under another lock");
    }
    lock->state = kHeld;
    harness.locks_held++;
}

void harness_unlock(spinlock_t* lock) {
    if (lock->state != kHeld) {
        harness_broken("a lock is released that is not held");
    }
    lock->state = kFree;
    harness.locks_held--;
}

void* harness_allocate(size_t count) {
    if (harness.locks_held != 0) {
        harness_broken("memory is allocated under a lock");
    }
    void* memory = harness.out_of_memory ? NULL : calloc(1, count);
    harness.allocations += memory != NULL;
    return memory;
}

void harness_free(void* memory) {
    harness.allocations -= memory != NULL;
    free(memory);
}

struct domain* harness_find_domain(uint16_t id) {
    for (unsigned at = 0; at < HARNESS_DOMAINS_MAX; at++) {
        if (harness.domains[at] != NULL && harness.domains[at]->domain_id == id) {
            harness.rcu_held++;
            return harness.domains[at];
        }
    }
    return NULL;
}

void harness_release_domain(struct domain* domain) {
    if (domain == NULL || harness.rcu_held == 0) {
        harness_broken("a domain reference is released that is not held");
    }
    harness.rcu_held--;
}

int64_t harness_now(void) {
    harness.now_ns += harness.tick_ns;
    return harness.now_ns;
}

long harness_zeta_op(unsigned op, uint64_t guest_address) {
    harness.access_count = 0;
    const XEN_GUEST_HANDLE_PARAM(void) handle = {(void*)(uintptr_t)guest_address};
    const long rc = do_zeta_op(op, handle);
    if (harness.locks_held != 0 || harness.rcu_held != 0) {
        harness_broken("the hypercall returns with something held");
    }
    return rc;
}
