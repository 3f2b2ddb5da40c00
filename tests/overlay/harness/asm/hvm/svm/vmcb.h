// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The fields of AMD's virtual machine control block that the overlay touches, under Xen's names. Positions of the bits:
// AMD64 Architecture Programmer's Manual, volume 2, appendix B.

#include <stdbool.h>
#include <stdint.h>

#define X86_ET_EXT_INTR 0
#define X86_ET_NMI 2
#define X86_ET_HW_EXC 3
#define GENERAL1_INTERCEPT_VINTR (1U << 4)

typedef union {
    struct {
        uint8_t vector;
        uint8_t type : 3;
        bool ev : 1;
        uint32_t resvd1 : 19;
        bool v : 1;
        uint32_t ec;
    };
    uint64_t raw;
} intinfo_t;

typedef union {
    uint64_t bytes;
    struct {
        uint64_t tpr : 8;
        uint64_t irq : 1;
        uint64_t unused1 : 7;
        uint64_t prio : 4;
        uint64_t ign_tpr : 1;
        uint64_t unused2 : 11;
        uint64_t vector : 8;
        uint64_t unused3 : 24;
    } fields;
} vintr_t;

struct vmcb_struct {
    intinfo_t event_inj;
    intinfo_t exit_int_info;
    vintr_t _vintr;
    uint32_t _general1_intercepts;
    unsigned vintr_writes; // Xen's setter also marks the cached field as changed
};

static inline vintr_t vmcb_get_vintr(const struct vmcb_struct* vmcb) { return vmcb->_vintr; }
static inline uint32_t vmcb_get_general1_intercepts(const struct vmcb_struct* vmcb) {
    return vmcb->_general1_intercepts;
}
static inline void vmcb_set_vintr(struct vmcb_struct* vmcb, vintr_t value) {
    vmcb->_vintr = value;
    vmcb->vintr_writes++;
}
