// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/overlay/harness/harness.h"
#define spin_lock_init(lock) harness_lock_init(lock)
#define spin_lock(lock) harness_lock(lock)
#define spin_unlock(lock) harness_unlock(lock)
