// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// host: the machine as a whole.
#include "control-domain/zetactl/nouns.hpp"

#include "control-domain/zetactl/cli11.hpp"
#include "control-domain/zetactl/table.hpp"
#include "control-domain/zetactl/zetad_client.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>

namespace zeta::ctl {

namespace {

using nlohmann::json;

std::string known(const json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? "unknown"
           : found->is_string()                      ? found->get<std::string>()
           : found->is_boolean()                     ? (found->get<bool>() ? "yes" : "no")
                                                     : found->dump();
}

std::string joined(const json& list) {
    std::string text;
    for (const json& item : list) {
        text += (text.empty() ? "" : ", ") + (item.is_string() ? item.get<std::string>() : item.value("name", ""));
    }
    return text.empty() ? "none" : text;
}

int info(const Context& context) {
    const auto reply = call_zetad(context, "host.info");
    if (!reply) {
        return reply.error();
    }
    if (context.json) {
        print_json(*reply);
        return kExitDone;
    }
    const json& host = (*reply)["host"];
    const json& xen = (*reply)["xen"];
    print_pairs({{"Product", std::format("{} {}", reply->value("product", ""), reply->value("version", ""))},
                 {"Hypervisor", known(xen, "version")},
                 {"libvirt", known(host, "libvirt_version")},
                 {"CPUs", known(host, "cpus")},
                 {"NUMA nodes", known(host, "numa_nodes")},
                 {"Memory", human_bytes(host["memory_bytes"])},
                 {"Free memory", human_bytes(host["memory_free_bytes"])},
                 {"PV guests", known(xen, "pv")},
                 {"PVH and HVM guests", known(xen, "hvm")},
                 {"Nested paging", known(xen, "nested_paging")},
                 {"IOMMU", known(xen, "iommu")},
                 {"Images", joined((*reply)["images"])},
                 {"Templates", joined((*reply)["templates"])},
                 {"Guests", std::format("{} running of {}", (*reply)["guests"]["running"].dump(),
                                        (*reply)["guests"]["defined"].dump())}});
    return kExitDone;
}

void print_health(const json& reply) {
    std::vector<std::vector<std::string>> rows{{"WHAT", "STATE", "DETAIL"}};
    for (const json& service : reply["services"]) {
        rows.push_back(
            {service.value("name", ""), service.value("up", false) ? "up" : "down", service.value("detail", "")});
    }
    for (const json& guest : reply["guests"]) {
        rows.push_back({"guest " + guest.value("name", ""), guest.value("state", ""),
                        "last beat: " + human_beat(guest.value("beat", json()))});
    }
    for (const json& stranger : reply["strangers"]) {
        rows.push_back({"domain " + stranger["domid"].dump(), "unknown to libvirt",
                        "left behind; end it with: xl destroy " + stranger["domid"].dump()});
    }
    print_table(rows);
}

/// Healthy is exit status 0, anything else 1, so that scripts need no --json.
int health(const Context& context) {
    const auto reply = call_zetad(context, "host.health");
    if (!reply) {
        return reply.error();
    }
    context.json ? print_json(*reply) : print_health(*reply);
    return reply->value("healthy", false) ? kExitDone : kExitFailed;
}

int memory(const Context& context) {
    const auto reply = call_zetad(context, "host.memory");
    if (!reply) {
        return reply.error();
    }
    if (context.json) {
        print_json(*reply);
        return kExitDone;
    }
    std::vector<std::vector<std::string>> rows{{"WHOSE", "MEMORY"}};
    for (const json& domain : (*reply)["domains"]) {
        rows.push_back({domain.value("name", ""), human_bytes(domain["memory_bytes"])});
    }
    rows.push_back({"(free)", human_bytes((*reply)["memory_free_bytes"])});
    rows.push_back({"(whole machine)", human_bytes((*reply)["memory_bytes"])});
    print_table(rows);
    return kExitDone;
}

/// The init's own command ends the services in order.
int become(const char* command) {
    ::execlp(command, command, static_cast<char*>(nullptr));
    return complain(std::format("host {}: {}", command, std::strerror(errno)));
}

} // namespace

void add_host_noun(CLI::App& root, Context& context) {
    CLI::App& noun = *root.add_subcommand("host", "The machine: inventory, health, memory, power");
    noun.require_subcommand(1);
    const auto add = [&](const char* verb_name, const char* help, int (*run)(const Context&)) {
        CLI::App& verb = *noun.add_subcommand(verb_name, help);
        add_json_flag(verb, context);
        on_run(verb, context, [&context, run] { return run(context); });
    };
    add("info", "Hypervisor, CPUs, memory, images and templates", info);
    add("health", "Services and guests; exit status 1 when anything is wrong", health);
    add("memory", "Where the machine's memory is", memory);
    on_run(*noun.add_subcommand("poweroff", "End every service and power off"), context,
           [] { return become("poweroff"); });
    on_run(*noun.add_subcommand("reboot", "End every service and restart"), context, [] { return become("reboot"); });
}

} // namespace zeta::ctl
