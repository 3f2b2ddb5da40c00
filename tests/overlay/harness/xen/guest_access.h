// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/overlay/harness/harness.h"
struct guest_handle_void {
    void* p;
};
struct guest_handle_char {
    char* p;
};
#define XEN_GUEST_HANDLE_PARAM(type) struct guest_handle_##type
#define guest_handle_cast(handle, type) ((struct guest_handle_##type){(handle).p})
// Address arithmetic on numbers: the addresses are a guest's and mean nothing here.
#define HARNESS_OFFSET(handle, offset) ((void*)((uintptr_t)(handle).p + (offset)))
#define copy_from_guest(to, handle, count) harness_read_guest(to, HARNESS_OFFSET(handle, 0), (count) * sizeof(*(to)))
#define copy_from_guest_offset(to, handle, offset, count)                                                              \
    harness_read_guest(to, HARNESS_OFFSET(handle, offset), (count) * sizeof(*(to)))
#define copy_to_guest(handle, from, count)                                                                             \
    harness_write_guest(HARNESS_OFFSET(handle, 0), from, (count) * sizeof(*(from)))
