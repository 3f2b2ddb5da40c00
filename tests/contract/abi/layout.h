// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every structure and field of the hypercall ABI as a table, made once by a C
// compiler and once by a C++ compiler.

#include "hypervisor/abi/zeta.h"

#include <stddef.h>

struct abi_layout {
    const char* name;
    size_t offset;
    size_t bytes;
};

#define ABI_STRUCT(type) {#type, 0, sizeof(struct type)}
#define ABI_FIELD(type, field) {#type "." #field, offsetof(struct type, field), sizeof(((struct type*)0)->field)}
#define ABI_LAYOUT                                                                                                     \
    ABI_STRUCT(zeta_header), ABI_FIELD(zeta_header, version), ABI_FIELD(zeta_header, bytes),                           \
        ABI_STRUCT(zeta_capabilities), ABI_FIELD(zeta_capabilities, header),                                           \
        ABI_FIELD(zeta_capabilities, abi_version_min), ABI_FIELD(zeta_capabilities, abi_version_max),                  \
        ABI_FIELD(zeta_capabilities, product_major), ABI_FIELD(zeta_capabilities, product_minor),                      \
        ABI_FIELD(zeta_capabilities, product_patch), ABI_FIELD(zeta_capabilities, reserved),                           \
        ABI_FIELD(zeta_capabilities, features), ABI_STRUCT(zeta_health_beat), ABI_FIELD(zeta_health_beat, header),     \
        ABI_FIELD(zeta_health_beat, word), ABI_STRUCT(zeta_health_read), ABI_FIELD(zeta_health_read, header),          \
        ABI_FIELD(zeta_health_read, domid), ABI_FIELD(zeta_health_read, reserved), ABI_FIELD(zeta_health_read, word),  \
        ABI_FIELD(zeta_health_read, beats), ABI_FIELD(zeta_health_read, beat_ns), ABI_FIELD(zeta_health_read, now_ns)

#ifdef __cplusplus
extern "C" {
#endif
extern const struct abi_layout kLayoutInC[];
extern const unsigned kLayoutInCCount;
#ifdef __cplusplus
}
#endif
