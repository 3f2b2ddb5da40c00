// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts what the processor really executes: one instruction at a time, by its trap flag.

#include <cstdint>
#include <functional>
#include <optional>

namespace zeta::bench {

struct Executed {
    std::uint64_t instructions{0};
    std::uint64_t fences{0}; ///< mfence, a lock prefix, and xchg with memory: what orders stores before loads
};

/// Whether the instruction at `code` (x86-64) is such a fence. Intel SDM volume 2, chapter 2 (prefixes) and
/// the pages of MFENCE and XCHG.
[[nodiscard]] bool is_fence(const std::uint8_t* code) noexcept;

/// Runs `work` and counts what it executes in this thread. Empty: `work` returned false, or the counting does not
/// work here: a lone xchg is counted first to see that.
/// Thread: one at a time. Replaces the handler of SIGTRAP meanwhile.
[[nodiscard]] std::optional<Executed> step_through(const std::function<bool()>& work);

} // namespace zeta::bench
