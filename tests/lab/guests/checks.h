// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The checks of the zeta hypercall family, the same ones from every kind of
// caller: a bare PV or PVH guest, a bare control domain, a Linux program. C11
// without a library, because a bare guest has none.

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a kind of caller offers to the checks.
struct zt_platform {
    const char* name;
    long (*hypercall)(unsigned op, void* argument); // 0 or a negative Xen errno
    void (*print)(const char* text);                // whole lines, ending in '\n'
    void* unmapped;                                 // nothing is mapped at this address and the page after it
    unsigned char* edge;                            // end of a writable page; nothing is mapped from here on
    unsigned char* readable;                        // a page that may be read and not written
    bool control_domain;                            // may use the control domain's operations
    bool exclusive;                                 // nobody else beats for this domain meanwhile
    unsigned storm_calls;                           // how many random calls to make
    uint64_t seed;                                  // of the random calls
};

// Prints one line per check, then a summary. Returns the number of failed checks.
unsigned zt_run(const struct zt_platform* platform);

// One check by value, for what only one kind of caller can try.
void zt_expect(const struct zt_platform* platform, const char* check, long actual, long expected);

#ifdef __cplusplus
}
#endif
