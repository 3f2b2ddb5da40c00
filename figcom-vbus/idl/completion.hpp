// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The commands of figcom-idl, for its command line and for shells that complete it. Layer 1.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace zeta::idlgen {

enum class Takes : std::uint8_t { kFile, kFileAndOutput, kTwoFiles, kShell };

struct Command {
    std::string_view name;
    std::string_view help;
    Takes takes;
};

[[nodiscard]] std::span<const Command> commands() noexcept;

/// A script for "bash", "zsh" or "fish"; empty for another word.
[[nodiscard]] std::string completion(std::string_view shell);

} // namespace zeta::idlgen
