/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: MIT */
/*
 * The zeta hypercall family: the one header that the hypervisor, the control
 * domain and guests share. C11 and C++; no dependency but fixed-width integers.
 *
 * Call:    long rc = hypercall(ZETA_HYPERCALL, op, pointer to the op's argument)
 * Result:  0, or a negative Xen errno. See docs/reference/hypercalls.md.
 *
 * Every argument starts with struct zeta_header. The hypervisor reads each
 * byte of an argument once, and writes only into an argument that it accepted.
 * Only 64-bit callers reach the family: 32-bit callers get -ENOSYS.
 */
#ifndef ZETA_ABI_ZETA_H
#define ZETA_ABI_ZETA_H

#ifdef __XEN__
#include <xen/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

#ifdef __cplusplus
#define ZETA_ABI_ASSERT(condition, text) static_assert(condition, text)
#else
#define ZETA_ABI_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* The last number of Xen's table of 64; upstream counts upwards from 43 (common) and 48 (architecture). */
#define ZETA_HYPERCALL 63

/* Version of the argument structures below. */
#define ZETA_ABI_VERSION 1

/* Sub-operations. 0 stays unused so that cleared registers mean nothing. */
#define ZETA_OP_CAPABILITIES 1 /* any domain: struct zeta_capabilities */
#define ZETA_OP_HEALTH_BEAT 2  /* any domain, for itself: struct zeta_health_beat */
#define ZETA_OP_HEALTH_READ 3  /* control domain only: struct zeta_health_read */

/* Bits of zeta_capabilities.features. */
#define ZETA_FEATURE_HEALTH 0x1ULL

struct zeta_header {
    uint32_t version; /* ZETA_ABI_VERSION; any other: -EINVAL */
    uint32_t bytes;   /* sizeof the op's structure; more: -E2BIG, less: -EINVAL */
};

/* What the hypervisor is. Everything after the header is written by the hypervisor. */
struct zeta_capabilities {
    struct zeta_header header;
    uint32_t abi_version_min; /* argument versions that this hypervisor accepts */
    uint32_t abi_version_max;
    uint16_t product_major;
    uint16_t product_minor;
    uint16_t product_patch;
    uint16_t reserved; /* in: 0, out: 0 */
    uint64_t features; /* ZETA_FEATURE_… */
};

/* Stores `word` as the calling domain's health, together with the hypervisor's time and a count. */
struct zeta_health_beat {
    struct zeta_header header;
    uint64_t word; /* the caller's own meaning: a sequence number, progress, a state */
};

/* The last beat of one domain. */
struct zeta_health_read {
    struct zeta_header header;
    uint16_t domid;       /* in; an unknown or special id: -ESRCH */
    uint16_t reserved[3]; /* in: 0 */
    uint64_t word;        /* out: the word of the last beat, 0 where there was none */
    uint64_t beats;       /* out: beats since the domain was created or soft-reset; 0: none yet */
    uint64_t beat_ns;     /* out: hypervisor's uptime at the last beat, 0 where there was none */
    uint64_t now_ns;      /* out: hypervisor's uptime at this read, never before beat_ns */
};

/* The layout is the same for every compiler and both languages: no hidden padding, natural alignment. */
ZETA_ABI_ASSERT(sizeof(struct zeta_header) == 8, "zeta_header");
ZETA_ABI_ASSERT(sizeof(struct zeta_capabilities) == 32, "zeta_capabilities");
ZETA_ABI_ASSERT(offsetof(struct zeta_capabilities, abi_version_min) == 8, "zeta_capabilities.abi_version_min");
ZETA_ABI_ASSERT(offsetof(struct zeta_capabilities, product_major) == 16, "zeta_capabilities.product_major");
ZETA_ABI_ASSERT(offsetof(struct zeta_capabilities, features) == 24, "zeta_capabilities.features");
ZETA_ABI_ASSERT(sizeof(struct zeta_health_beat) == 16, "zeta_health_beat");
ZETA_ABI_ASSERT(offsetof(struct zeta_health_beat, word) == 8, "zeta_health_beat.word");
ZETA_ABI_ASSERT(sizeof(struct zeta_health_read) == 48, "zeta_health_read");
ZETA_ABI_ASSERT(offsetof(struct zeta_health_read, domid) == 8, "zeta_health_read.domid");
ZETA_ABI_ASSERT(offsetof(struct zeta_health_read, word) == 16, "zeta_health_read.word");
ZETA_ABI_ASSERT(offsetof(struct zeta_health_read, now_ns) == 40, "zeta_health_read.now_ns");

#endif
