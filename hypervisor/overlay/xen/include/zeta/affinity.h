/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ZETA_AFFINITY_H
#define ZETA_AFFINITY_H

#include <xen/cpumask.h>

struct domain;

/*
 * The hard affinity that a domain's unit really gets: `hard`, or a copy of it
 * in `room`. `hard` may be NULL (no change) and is returned so.
 */
const cpumask_t *zeta_hvm_affinity(const struct domain *d,
                                   const cpumask_t *hard, cpumask_t *room);

#endif
