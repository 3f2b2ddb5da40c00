// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tells the hypervisor once a second that this guest's agent runs. Layer 2.

#include "figcom-vbus/core/event_loop.hpp"
#include "hypervisor/client/hypercall.hpp"

#include <cstdint>
#include <optional>

namespace zeta::guest {

class Heartbeat {
public:
    /// Ownership: borrows `loop`, which outlives this.
    explicit Heartbeat(figcom::EventLoop& loop) noexcept : loop_(loop) {}

    /// Beats now and from then on. Where the hypervisor or the kernel does not allow it, that is
    /// logged once and the guest goes without.
    void start();

private:
    void beat();

    figcom::EventLoop& loop_;
    std::optional<Hypervisor> hypervisor_;
    std::uint64_t beats_{0};
};

} // namespace zeta::guest
