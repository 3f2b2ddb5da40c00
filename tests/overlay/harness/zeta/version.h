// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once
// The build writes this file from VERSION; tests use numbers that no release has.
#define ZETA_PRODUCT_NAME "ZetaTron"
#define ZETA_PRODUCT_VERSION "11.22.33"
#define ZETA_PRODUCT_MAJOR 11
#define ZETA_PRODUCT_MINOR 22
#define ZETA_PRODUCT_PATCH 33
