// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Health: whether each service of the control domain answers, and when each
// guest last beat. Observes only; the init restarts services. Layer 3.

#include "hypervisor/base/units.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hypervisor/client/hypercall.hpp"

namespace zeta::zetad {

/// A guest that beat within this time is healthy; agents beat once a second.
inline constexpr std::chrono::nanoseconds kBeatPatience = std::chrono::seconds(5);

struct ServiceHealth {
    std::string name;
    bool up{false};
    std::string detail; ///< why it is not up, or what it says
};

/// Whether something accepts connections on the Unix socket `path`. Never waits.
[[nodiscard]] ServiceHealth probe_socket(std::string service_name, const std::string& path);

/// Reads beats, and opens the hypervisor again when it was not there before. Thread: any.
class BeatReader {
public:
    /// Errors: as Hypervisor::open and Hypervisor::read_health.
    [[nodiscard]] Result<DomainHealth> read(DomId domain);
    [[nodiscard]] Result<HypervisorCapabilities> capabilities();

private:
    [[nodiscard]] Result<void> open_locked();

    std::mutex mutex_;
    std::optional<Hypervisor> hypervisor_;
};

} // namespace zeta::zetad
