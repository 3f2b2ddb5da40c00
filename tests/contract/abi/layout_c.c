// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
/* The layout of the ABI as a C compiler sees it; layout.cpp compares. */
#include "tests/contract/abi/layout.h"

const struct abi_layout kLayoutInC[] = {ABI_LAYOUT};
const unsigned kLayoutInCCount = sizeof(kLayoutInC) / sizeof(kLayoutInC[0]);
