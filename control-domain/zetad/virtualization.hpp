// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The seam between zetad and libvirt: the few operations on domains that the
// guest service needs. libvirt_virtualization.cpp is the real one; tests put
// failures and deaths between its calls. Layer 3.

#include "control-domain/model/complaint.hpp"
#include "control-domain/model/domain_xml.hpp"
#include "hypervisor/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zeta::zetad {

/// A domain as libvirt shows it.
struct DomainView {
    std::string uuid;
    std::string name;
    std::string state; ///< "running", "paused", "shut off", …: libvirt's own words
    bool active{false};
    bool persistent{false};
    bool autostart{false};
    std::optional<DomId> domid; ///< while active
    Bytes memory{};
    std::uint32_t vcpus{0};
};

/// The host as libvirt shows it.
struct HostView {
    std::string driver;             ///< "Xen" or "TEST"
    std::string hypervisor_version; ///< "4.20.0"
    std::string libvirt_version;
    std::string cpu_model;
    std::uint32_t cpus{0};
    std::uint32_t numa_nodes{0};
    std::uint32_t sockets{0};
    std::uint32_t cores_per_socket{0};
    std::uint32_t threads_per_core{0};
    Bytes memory{};
    Bytes memory_free{};
    std::vector<Bytes> numa_free; ///< one for each node, where libvirt tells
};

/// Errors of every operation: kUnavailable libvirtd does not answer; kInternal libvirt's own message.
/// Thread: any. Blocks: until libvirtd answers.
class Virtualization {
public:
    virtual ~Virtualization() = default;

    [[nodiscard]] virtual Checked<model::XmlDialect> dialect() = 0;
    [[nodiscard]] virtual Checked<HostView> host() = 0;

    [[nodiscard]] virtual Checked<std::vector<DomainView>> list() = 0;
    [[nodiscard]] virtual Checked<std::optional<DomainView>> find_by_uuid(std::string_view uuid) = 0;
    [[nodiscard]] virtual Checked<std::optional<DomainView>> find_by_name(std::string_view domain_name) = 0;
    /// The element of model::kMetadataNamespace; empty: the domain has none.
    [[nodiscard]] virtual Checked<std::string> metadata(std::string_view uuid) = 0;

    /// Errors: kAlreadyExists the name or UUID is taken.
    [[nodiscard]] virtual Checked<void> define(const std::string& xml) = 0;
    [[nodiscard]] virtual Checked<void> set_autostart(std::string_view uuid, bool on) = 0;
    /// Errors: kNotFound; kConflict it already runs.
    [[nodiscard]] virtual Checked<void> start(std::string_view uuid) = 0;
    /// Powers off at once. A domain that does not run, or is not there, is no error.
    [[nodiscard]] virtual Checked<void> destroy(std::string_view uuid) = 0;
    /// Forgets the definition. A domain that is not there is no error.
    [[nodiscard]] virtual Checked<void> undefine(std::string_view uuid) = 0;

    /// Returns when every definition made or removed so far is on the disk.
    [[nodiscard]] virtual Checked<void> make_durable() = 0;
};

} // namespace zeta::zetad
