// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/model/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace zeta::model {

namespace {

constexpr std::size_t kMaxWord = 32;
using Row = std::array<std::size_t, kMaxWord + 1>;

std::size_t distance(std::string_view a, std::string_view b) {
    Row two_back{};
    Row back{};
    Row row{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        back[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = back[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
            row[j] = std::min({back[j] + 1, row[j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], two_back[j - 2] + 1);
            }
        }
        two_back = back;
        back = row;
    }
    return back[b.size()];
}

} // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
    if (word.size() > kMaxWord) {
        return {};
    }
    std::string_view best;
    std::size_t best_distance = 3;
    for (const std::string_view candidate : known) {
        if (candidate.size() > kMaxWord) {
            continue;
        }
        const std::size_t edits = distance(word, candidate);
        if (edits < best_distance && edits * 2 < candidate.size()) {
            best_distance = edits;
            best = candidate;
        }
    }
    return best;
}

} // namespace zeta::model
