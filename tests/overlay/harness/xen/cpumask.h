// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>
// A set of up to 64 processors. Tests define which are online.
typedef struct {
    uint64_t bits;
} cpumask_t;
extern cpumask_t cpu_online_map;
#define cpumask_copy(to, from) ((void)(*(to) = *(from)))
#define __cpumask_clear_cpu(cpu, mask) ((void)((mask)->bits &= ~(UINT64_C(1) << (cpu))))
#define cpumask_intersects(one, other) (((one)->bits & (other)->bits) != 0)
