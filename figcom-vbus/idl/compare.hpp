// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a change of an interface file does to programs that were built from the older one. Layer 1; called by
// figcom-idl. docs/reference/figcom-idl.md has the rules.

#include "figcom-vbus/idl/model.hpp"

namespace zeta::idlgen {

struct Change {
    bool breaking{false};
    std::string what; ///< "struct Reading, field probe: was u16, is u32"
};

struct Comparison {
    std::vector<Change> changes;
    bool major_raised{false};

    /// Whether programs of both versions can talk, or the version says that they cannot.
    [[nodiscard]] bool sound() const noexcept;
};

[[nodiscard]] Comparison compare(const Interface& older, const Interface& newer);

} // namespace zeta::idlgen
