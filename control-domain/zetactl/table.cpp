// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/table.hpp"

#include "control-domain/model/complaint.hpp"

#include <algorithm>
#include <cstdio>
#include <format>

namespace zeta::ctl {

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += i + 1 == row.size() ? row[i] : std::format("{:<{}}", row[i], widths[i] + 3);
        }
        std::puts(printable(line).c_str());
    }
}

void print_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::size_t width = 0;
    for (const auto& [key, value] : pairs) {
        width = std::max(width, key.size());
    }
    for (const auto& [key, value] : pairs) {
        std::puts(std::format("{:<{}} {}", key + ":", width + 2, printable(value)).c_str());
    }
}

} // namespace zeta::ctl
