/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared between the files of this folder only.
 */
#ifndef ZETA_PRIVATE_H
#define ZETA_PRIVATE_H

#include <xen/guest_access.h>
#include <xen/spinlock.h>
#include <xen/types.h>

#include <zeta/abi/zeta.h>

struct domain;

/*
 * A domain's health as of its last beat. The lock is a leaf: nothing is called
 * while it is held, and it is held for a few loads or stores only.
 */
struct zeta_health
{
    spinlock_t lock;
    uint64_t word;
    uint64_t beats;
    uint64_t beat_ns;
};

/* Hangs on struct domain from its creation to its end. */
struct zeta_domain
{
    struct zeta_health health;
};

/*
 * Brings one argument of exactly `bytes` bytes in, each byte read once: first
 * the header, which decides whether the rest is looked at.
 *
 * -EFAULT  the memory cannot be read
 * -EINVAL  unknown version, or header.bytes too small
 * -E2BIG   header.bytes too large
 */
int zeta_copy_argument(void *to, XEN_GUEST_HANDLE_PARAM(void) from,
                       size_t bytes);

void zeta_health_init(struct zeta_health *health);
int zeta_health_beat(XEN_GUEST_HANDLE_PARAM(void) arg);
int zeta_health_read(XEN_GUEST_HANDLE_PARAM(void) arg);

#endif /* ZETA_PRIVATE_H */
