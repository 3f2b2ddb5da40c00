// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/overlay/harness/harness.h"
#define current (&harness.current)
#define is_control_domain(d) ((d)->is_privileged)
#define is_hvm_domain(d) ((d)->is_hvm)
#define rcu_lock_domain_by_id(id) harness_find_domain(id)
#define rcu_unlock_domain(d) harness_release_domain(d)
