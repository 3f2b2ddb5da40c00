// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <xen/guest_access.h>
long do_zeta_op(unsigned int op, XEN_GUEST_HANDLE_PARAM(void) arg);
