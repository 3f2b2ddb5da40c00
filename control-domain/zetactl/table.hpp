// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tables for people: columns as wide as their widest cell. Layer 3.

#include <string>
#include <vector>

namespace zeta::ctl {

/// The first row holds the headings. Every row has as many cells as the first.
void print_table(const std::vector<std::vector<std::string>>& rows);

/// "key: value" lines with the values below each other.
void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs);

} // namespace zeta::ctl
