// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/overlay/harness/harness.h"
#define NOW() ((uint64_t)harness_now())
