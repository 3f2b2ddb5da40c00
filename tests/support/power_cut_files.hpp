// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A SQLite file layer in memory whose power can be cut. What was written since
// a file's last sync survives a cut only by luck, in pieces of one sector; the
// pieces are drawn from a seed. Thread: one.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace zeta::test {

class PowerCutFiles {
public:
    static constexpr std::size_t kSectorBytes = 512;
    static constexpr const char* kName = "power-cut";

    struct Change {
        std::size_t offset;
        std::string bytes; ///< empty: the file is cut to `offset`
    };
    struct File {
        std::string durable;
        std::string current;
        std::vector<Change> unsynced;
    };

    /// Registers the layer under kName. One at a time.
    PowerCutFiles();
    ~PowerCutFiles();
    PowerCutFiles(const PowerCutFiles&) = delete;
    PowerCutFiles& operator=(const PowerCutFiles&) = delete;

    /// The power goes at the `operation`-th write, sync, truncation or deletion from now.
    void cut_at(std::size_t operation) { left_ = operation; }
    [[nodiscard]] bool is_cut() const { return cut_; }
    /// Switches on again: each file is what reached its disk.
    void restore(std::uint32_t seed);

    /// For the layer's functions. False: the power is off.
    [[nodiscard]] bool use_power();
    [[nodiscard]] std::map<std::string, File>& files() { return files_; }

private:
    std::map<std::string, File> files_;
    std::size_t left_{std::numeric_limits<std::size_t>::max()};
    bool cut_{false};
};

/// Applies `change` to `bytes`.
void apply(const PowerCutFiles::Change& change, std::string& bytes);

} // namespace zeta::test
