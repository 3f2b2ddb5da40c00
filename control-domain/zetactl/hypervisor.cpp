// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// hypervisor: what runs below the control domain.
#include "control-domain/zetactl/nouns.hpp"

#include "control-domain/zetactl/cli11.hpp"
#include "control-domain/zetactl/table.hpp"
#include "control-domain/zetactl/zetad_client.hpp"

#include <cstdio>

namespace zeta::ctl {

namespace {

using nlohmann::json;

std::string shown(const json& value) {
    return value.is_string()    ? value.get<std::string>()
           : value.is_boolean() ? (value.get<bool>() ? "yes" : "no")
                                : value.dump();
}

/// A flat object, one line for each member.
int flat(const Context& context, const char* call) {
    const auto reply = call_zetad(context, call);
    if (!reply) {
        return reply.error();
    }
    if (context.json) {
        print_json(*reply);
        return kExitDone;
    }
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [key, value] : reply->items()) {
        const bool size = key.ends_with("_bytes");
        pairs.emplace_back(key, size ? human_bytes(value) : shown(value));
    }
    print_pairs(pairs);
    return kExitDone;
}

int health(const Context& context) {
    const auto reply = call_zetad(context, "hypervisor.health");
    if (!reply) {
        return reply.error();
    }
    if (context.json) {
        print_json((*reply)["domains"]);
        return kExitDone;
    }
    std::vector<std::vector<std::string>> rows{{"DOMAIN", "ID", "BEATS", "WORD", "LAST BEAT"}};
    for (const json& domain : (*reply)["domains"]) {
        const json beat = domain.value("beat", json::object());
        rows.push_back({domain.value("name", ""), shown(domain["domid"]),
                        beat.is_object() ? shown(beat.value("beats", json("-"))) : "-",
                        beat.is_object() ? shown(beat.value("word", json("-"))) : "-", human_beat(beat)});
    }
    print_table(rows);
    return kExitDone;
}

int log(const Context& context) {
    const auto reply = call_zetad(context, "hypervisor.log");
    if (!reply) {
        return reply.error();
    }
    context.json ? print_json(*reply) : static_cast<void>(std::fputs(reply->value("log", "").c_str(), stdout));
    return kExitDone;
}

} // namespace

void add_hypervisor_noun(CLI::App& root, Context& context) {
    CLI::App& noun = *root.add_subcommand("hypervisor", "The hypervisor: version, capabilities, beats, log");
    noun.require_subcommand(1);
    const auto add = [&](const char* verb_name, const char* help, std::function<int()> run) {
        CLI::App& verb = *noun.add_subcommand(verb_name, help);
        add_json_flag(verb, context);
        on_run(verb, context, std::move(run));
    };
    add("info", "Version, command line, and what the machine can do for guests",
        [&context] { return flat(context, "hypervisor.info"); });
    add("capabilities", "The zeta hypercall family's version and features",
        [&context] { return flat(context, "hypervisor.capabilities"); });
    add("health", "The health beats of every running domain", [&context] { return health(context); });
    add("log", "The hypervisor's log", [&context] { return log(context); });
}

} // namespace zeta::ctl
