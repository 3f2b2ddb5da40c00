// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/overlay/harness/harness.h"
#define xzalloc(type) ((type*)harness_allocate(sizeof(type)))
#define XFREE(pointer)                                                                                                 \
    do {                                                                                                               \
        harness_free(pointer);                                                                                         \
        (pointer) = NULL;                                                                                              \
    } while (0)
