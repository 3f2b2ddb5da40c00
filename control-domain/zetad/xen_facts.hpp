// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What only Xen itself tells: its version and command line, what the machine
// can do for guests, its log, and the domains that exist below libvirt. Through
// libxl, which libvirt's Xen driver already brings. Layer 3.

#include "control-domain/model/complaint.hpp"
#include "hypervisor/base/units.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace zeta::zetad {

inline constexpr std::size_t kMaxXenLogBytes = 1U << 20U; ///< the newest are kept

struct XenFacts {
    std::string version;
    std::string command_line;
    std::string guest_abis; ///< "xen-3.0-x86_64 hvm-3.0-x86_64 …"
    std::string compiled;
    std::uint32_t cpus{0};
    std::uint32_t numa_nodes{0};
    Bytes memory{};
    Bytes memory_free{};
    bool pv{false};
    bool hvm{false};
    bool nested_paging{false};
    bool iommu{false}; ///< devices can be given to HVM and PVH guests
};

struct XenDomain {
    DomId domid{};
    std::string uuid;
};

/// Errors of each: kUnavailable this is not the control domain of a running Xen.
/// Thread: any, each call uses its own context.
[[nodiscard]] Checked<XenFacts> read_xen_facts();
[[nodiscard]] Checked<std::vector<XenDomain>> list_xen_domains();
[[nodiscard]] Checked<std::string> read_xen_log();

} // namespace zeta::zetad
