// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// ping, host.* and hypervisor.*: what is asked and answered about the machine.
#include "control-domain/zetad/calls_table.hpp"

#include "control-domain/zetad/xen_facts.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <format>
#include <map>

namespace zeta::zetad {

namespace {

using nlohmann::json;

Answered ping(Services&, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    return json{{"version", ZETA_VERSION}};
}

/// The folders of task-shell images that hold a kernel.
json images_json(const std::string& folder) {
    std::map<std::string, std::uintmax_t> found;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code absent;
        const auto bytes = std::filesystem::file_size(entry->path() / "vmlinuz", absent);
        if (!absent) {
            found.emplace(printable(entry->path().filename().string()), bytes);
        }
    }
    json images = json::array();
    for (const auto& [image, bytes] : found) {
        images.push_back({{"name", image}, {"kernel_bytes", bytes}});
    }
    return images;
}

json host_json(const HostView& host) {
    json numa_free = json::array();
    for (const Bytes node : host.numa_free) {
        numa_free.push_back(node.value);
    }
    return {{"driver", host.driver},
            {"hypervisor_version", host.hypervisor_version},
            {"libvirt_version", host.libvirt_version},
            {"cpu_model", host.cpu_model},
            {"cpus", host.cpus},
            {"sockets", host.sockets},
            {"cores_per_socket", host.cores_per_socket},
            {"threads_per_core", host.threads_per_core},
            {"numa_nodes", host.numa_nodes},
            {"numa_free_bytes", std::move(numa_free)},
            {"memory_bytes", host.memory.value},
            {"memory_free_bytes", host.memory_free.value}};
}

json xen_json(const XenFacts& facts) {
    return {{"version", facts.version},
            {"command_line", facts.command_line},
            {"guest_abis", facts.guest_abis},
            {"compiled", facts.compiled},
            {"cpus", facts.cpus},
            {"numa_nodes", facts.numa_nodes},
            {"memory_bytes", facts.memory.value},
            {"memory_free_bytes", facts.memory_free.value},
            {"pv", facts.pv},
            {"hvm", facts.hvm},
            {"nested_paging", facts.nested_paging},
            {"iommu", facts.iommu}};
}

json or_unknown(const Checked<XenFacts>& facts) {
    return facts ? xen_json(*facts) : json{{"unknown", facts.error().text}};
}

Answered host_info(Services& services, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    const auto host = services.virtualization.host();
    if (!host) {
        return std::unexpected(host.error());
    }
    const auto guests = services.guests.list();
    if (!guests) {
        return std::unexpected(guests.error());
    }
    const auto templates = services.templates.names();
    const auto running = std::ranges::count_if(*guests, [](const GuestView& guest) { return guest.domain.active; });
    return json{{"product", "ZetaTron"},
                {"version", ZETA_VERSION},
                {"host", host_json(*host)},
                {"xen", or_unknown(read_xen_facts())},
                {"images", images_json(services.images_folder)},
                {"templates", templates ? json(*templates) : json::array()},
                {"guests", {{"defined", guests->size()}, {"running", running}}}};
}

/// Where the machine's memory is.
Answered host_memory(Services& services, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    const auto host = services.virtualization.host();
    if (!host) {
        return std::unexpected(host.error());
    }
    const auto domains = services.virtualization.list();
    if (!domains) {
        return std::unexpected(domains.error());
    }
    json rows = json::array();
    for (const DomainView& domain : *domains) {
        if (domain.active) {
            rows.push_back({{"name", domain.name}, {"memory_bytes", domain.memory.value}});
        }
    }
    return json{{"memory_bytes", host->memory.value},
                {"memory_free_bytes", host->memory_free.value},
                {"domains", std::move(rows)}};
}

json service_json(const ServiceHealth& service) {
    return {{"name", service.name}, {"up", service.up}, {"detail", service.detail}};
}

/// Domains that run on Xen although libvirt does not know them: left behind by a libvirtd that died while starting.
json strangers_json(const std::vector<DomainView>& known) {
    json strangers = json::array();
    const auto domains = list_xen_domains();
    if (!domains) {
        return strangers;
    }
    for (const XenDomain& domain : *domains) {
        const bool ours =
            domain.domid == kControlDomain ||
            std::ranges::any_of(known, [&domain](const DomainView& view) { return view.uuid == domain.uuid; });
        if (!ours) {
            strangers.push_back({{"domid", domain.domid.value}, {"uuid", domain.uuid}});
        }
    }
    return strangers;
}

json services_json(const Services& services) {
    json list = json::array();
    list.push_back(service_json({"zetad", true, std::format("version {}", ZETA_VERSION)}));
    if (services.libvirt != nullptr) {
        const LinkView link = services.libvirt->link();
        list.push_back({{"name", "libvirtd"},
                        {"up", link.up},
                        {"detail", link.up ? std::string() : link.last_error},
                        {"reconnects", link.reconnects}});
    }
    list.push_back(service_json(probe_socket("xenstored", services.xenstored_socket)));
    list.push_back(service_json(probe_socket("zeta-broker", services.broker_socket)));
    const std::string& aside = services.store.damaged_aside();
    list.push_back(service_json(
        {"state-store", aside.empty(),
         aside.empty() ? std::string()
                       : std::format("was damaged and built anew from libvirt; the old one is {}", aside)}));
    return list;
}

Answered host_health(Services& services, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    json list = services_json(services);
    bool healthy = std::ranges::all_of(list, [](const json& service) { return service["up"].get<bool>(); });
    json guests = json::array();
    json strangers = json::array();
    // Without libvirt the rest is still worth saying, and at once.
    const bool linked = services.libvirt == nullptr || services.libvirt->link().up;
    const auto domains = linked ? services.virtualization.list() : Checked<std::vector<DomainView>>();
    if (domains) {
        for (const DomainView& domain : *domains) {
            if (domain.active && domain.domid != kControlDomain) {
                guests.push_back(
                    {{"name", domain.name}, {"state", domain.state}, {"beat", beat_json(services.beats, domain)}});
            }
        }
        strangers = linked ? strangers_json(*domains) : json::array();
    }
    healthy = healthy && domains.has_value() && strangers.empty();
    return json{{"healthy", healthy},
                {"services", std::move(list)},
                {"guests", std::move(guests)},
                {"strangers", std::move(strangers)}};
}

Answered hypervisor_info(Services&, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    const auto facts = read_xen_facts();
    if (!facts) {
        return std::unexpected(facts.error());
    }
    return xen_json(*facts);
}

Answered hypervisor_capabilities(Services& services, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    const auto found = services.beats.capabilities();
    if (!found) {
        return refuse(found.error().code, std::format("the hypervisor's capabilities: {}", describe(found.error())));
    }
    return json{
        {"abi_version_min", found->abi_version_min},
        {"abi_version_max", found->abi_version_max},
        {"product_version", std::format("{}.{}.{}", found->product_major, found->product_minor, found->product_patch)},
        {"features", found->features},
        {"health_beat", found->has(ZETA_FEATURE_HEALTH)}};
}

Answered hypervisor_health(Services& services, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    const auto domains = services.virtualization.list();
    if (!domains) {
        return std::unexpected(domains.error());
    }
    json rows = json::array();
    for (const DomainView& domain : *domains) {
        if (domain.domid) {
            rows.push_back(
                {{"name", domain.name}, {"domid", domain.domid->value}, {"beat", beat_json(services.beats, domain)}});
        }
    }
    return json{{"domains", std::move(rows)}};
}

Answered hypervisor_log(Services&, Params& params) {
    if (auto end = params.finish(); !end) {
        return std::unexpected(end.error());
    }
    const auto log = read_xen_log();
    if (!log) {
        return std::unexpected(log.error());
    }
    return json{{"log", *log}};
}

constexpr std::array kCalls{
    Call{"ping", Lane::kLook, ping},
    Call{"host.info", Lane::kLook, host_info},
    Call{"host.memory", Lane::kLook, host_memory},
    Call{"host.health", Lane::kLook, host_health},
    Call{"hypervisor.info", Lane::kLook, hypervisor_info},
    Call{"hypervisor.capabilities", Lane::kLook, hypervisor_capabilities},
    Call{"hypervisor.health", Lane::kLook, hypervisor_health},
    Call{"hypervisor.log", Lane::kLook, hypervisor_log},
};

} // namespace

std::span<const Call> host_calls() { return kCalls; }

} // namespace zeta::zetad
