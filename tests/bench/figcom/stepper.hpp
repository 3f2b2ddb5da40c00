// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts what the processor really executes: a child is run one instruction at a time.

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

/// Runs `work` in a child and counts what it executes. Empty: tracing is not allowed here, or `work` returned false.
[[nodiscard]] std::optional<Executed> step_through(const std::function<bool()>& work);

} // namespace zeta::bench
