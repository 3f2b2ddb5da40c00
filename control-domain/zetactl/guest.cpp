// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// guest: create, look at, start, power off and delete guests.
#include "control-domain/zetactl/nouns.hpp"

#include "control-domain/zetactl/cli11.hpp"
#include "control-domain/zetactl/guest_request.hpp"
#include "control-domain/zetactl/table.hpp"
#include "control-domain/zetactl/zetad_client.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <format>
#include <memory>
#include <thread>

namespace zeta::ctl {

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookInterval{200};

std::string text_at(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) {
        return "-";
    }
    return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string yes_or_no(const json& object, const char* key) { return object.value(key, false) ? "yes" : "no"; }

/// Asks until the guest has beaten; complains at the deadline.
int wait_for_beat(const Context& context, const std::string& guest_name, double patience_s) {
    const auto deadline =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(patience_s));
    while (true) {
        const auto guest = call_zetad(context, "guest.show", {{"name", guest_name}});
        if (!guest) {
            return guest.error();
        }
        const json beat = guest->value("beat", json());
        if (beat.is_object() && beat.value("healthy", false)) {
            return kExitDone;
        }
        if (!guest->value("active", false)) {
            return complain(std::format("guest {}: it ended before its first health beat; see \"zetactl console {}\" "
                                        "after starting it again",
                                        guest_name, guest_name));
        }
        if (beat.is_object() && beat.contains("unknown")) {
            return complain(std::format("guest {}: it runs, but its health cannot be read: {}", guest_name,
                                        beat.value("unknown", "")));
        }
        if (Clock::now() >= deadline) {
            return complain(std::format("guest {}: it runs, but gave no health beat within {} s; is zeta-agent in it?",
                                        guest_name, patience_s));
        }
        std::this_thread::sleep_for(kLookInterval);
    }
}

void print_guest(const json& guest) {
    std::vector<std::pair<std::string, std::string>> pairs{{"Name", text_at(guest, "name")},
                                                           {"UUID", text_at(guest, "uuid")},
                                                           {"State", text_at(guest, "state")},
                                                           {"Domain id", text_at(guest, "domid")},
                                                           {"Memory", human_bytes(guest["memory_bytes"])},
                                                           {"vCPUs", text_at(guest, "vcpus")},
                                                           {"Autostart", yes_or_no(guest, "autostart")},
                                                           {"Last beat", human_beat(guest.value("beat", json()))},
                                                           {"Created by ZetaTron", yes_or_no(guest, "managed")}};
    if (guest.contains("spec")) {
        const json& spec = guest["spec"];
        for (const auto& [label, key] :
             {std::pair("Type", "type"), std::pair("Template", "template"), std::pair("Description", "description"),
              std::pair("Kernel", "kernel"), std::pair("Initrd", "initrd"), std::pair("Command line", "cmdline")}) {
            pairs.emplace_back(label, text_at(spec, key));
        }
    }
    print_pairs(pairs);
}

int create(const Context& context, const GuestFlags& flags, double wait_s) {
    const auto params = guest_request(flags);
    if (!params) {
        return complain(params.error().text);
    }
    const auto guest = call_zetad(context, "guest.create", *params);
    if (!guest) {
        return guest.error();
    }
    const std::string guest_name = text_at(*guest, "name");
    if (wait_s > 0 && !flags.no_start) {
        if (const int waited = wait_for_beat(context, guest_name, wait_s); waited != kExitDone) {
            return waited;
        }
    }
    if (context.json) {
        print_json(*guest);
    } else {
        std::puts(std::format("guest {} created, {}", guest_name, text_at(*guest, "state")).c_str());
    }
    return kExitDone;
}

int list(const Context& context) {
    const auto reply = call_zetad(context, "guest.list");
    if (!reply) {
        return reply.error();
    }
    if (context.json) {
        print_json((*reply)["guests"]);
        return kExitDone;
    }
    std::vector<std::vector<std::string>> rows{{"NAME", "STATE", "TYPE", "MEMORY", "VCPUS", "LAST BEAT"}};
    for (const json& guest : (*reply)["guests"]) {
        const json spec = guest.value("spec", json::object());
        rows.push_back({text_at(guest, "name"), text_at(guest, "state"), text_at(spec, "type"),
                        human_bytes(guest["memory_bytes"]), text_at(guest, "vcpus"),
                        human_beat(guest.value("beat", json()))});
    }
    print_table(rows);
    return kExitDone;
}

/// One call on one guest, and what is said when it worked.
int act(const Context& context, const char* call, const json& params, const char* done) {
    const auto reply = call_zetad(context, call, params);
    if (!reply) {
        return reply.error();
    }
    if (context.json) {
        print_json(*reply);
    } else {
        std::puts(std::format("guest {} {}", text_at(params, "name"), done).c_str());
    }
    return kExitDone;
}

int show(const Context& context, const std::string& guest_name) {
    const auto guest = call_zetad(context, "guest.show", {{"name", guest_name}});
    if (!guest) {
        return guest.error();
    }
    context.json ? print_json(*guest) : print_guest(*guest);
    return kExitDone;
}

int spec_check(const Context& context, const GuestFlags& flags) {
    const auto params = guest_request(flags);
    if (!params) {
        return complain(params.error().text);
    }
    const auto reply = call_zetad(context, "guest.check", *params);
    if (!reply) {
        return reply.error();
    }
    if (context.json) {
        print_json((*reply)["spec"]);
    } else {
        std::fputs(text_at(*reply, "toml").c_str(), stdout);
    }
    return kExitDone;
}

void add_create(CLI::App& noun, Context& context) {
    CLI::App& verb = *noun.add_subcommand("create", "Create a guest and start it");
    const auto flags = std::make_shared<GuestFlags>();
    const auto wait_s = std::make_shared<double>(0);
    add_guest_flags(verb, *flags);
    verb.add_flag("--no-start", flags->no_start, "define it, but do not start it");
    verb.add_option("--wait", *wait_s, "wait at most SECONDS for the guest's first health beat")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.0, 86400.0).description(""));
    add_json_flag(verb, context);
    on_run(verb, context, [&context, flags, wait_s] { return create(context, *flags, *wait_s); });
}

void add_spec_check(CLI::App& noun, Context& context) {
    CLI::App& verb =
        *noun.add_subcommand("spec-check", "Check a specification and print it complete, creating nothing");
    const auto flags = std::make_shared<GuestFlags>();
    add_guest_flags(verb, *flags);
    add_json_flag(verb, context);
    on_run(verb, context, [&context, flags] { return spec_check(context, *flags); });
}

/// A verb that takes one guest's name.
CLI::App& add_named(CLI::App& noun, Context& context, const char* verb_name, const char* help,
                    const std::shared_ptr<std::string>& guest_name) {
    CLI::App& verb = *noun.add_subcommand(verb_name, help);
    verb.add_option("name", *guest_name, "the guest")->required()->type_name("NAME");
    add_json_flag(verb, context);
    return verb;
}

void add_wait(CLI::App& noun, Context& context) {
    const auto guest_name = std::make_shared<std::string>();
    const auto patience_s = std::make_shared<double>(120);
    CLI::App& verb = *noun.add_subcommand("wait", "Wait until a guest gives health beats");
    verb.add_option("name", *guest_name, "the guest")->required()->type_name("NAME");
    verb.add_option("--timeout", *patience_s, "give up after SECONDS")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.0, 86400.0).description(""));
    on_run(verb, context,
           [&context, guest_name, patience_s] { return wait_for_beat(context, *guest_name, *patience_s); });
}

} // namespace

void add_guest_noun(CLI::App& root, Context& context) {
    CLI::App& noun = *root.add_subcommand("guest", "Guests: create, look, start, power off, delete");
    noun.require_subcommand(1);
    add_create(noun, context);
    CLI::App& list_verb = *noun.add_subcommand("list", "List guests, running or not");
    add_json_flag(list_verb, context);
    on_run(list_verb, context, [&context] { return list(context); });
    const auto name = std::make_shared<std::string>();
    const auto force = std::make_shared<bool>(false);
    on_run(add_named(noun, context, "show", "Show one guest", name), context,
           [&context, name] { return show(context, *name); });
    on_run(add_named(noun, context, "start", "Start a guest that is shut off", name), context,
           [&context, name] { return act(context, "guest.start", {{"name", *name}}, "started"); });
    on_run(add_named(noun, context, "destroy", "Power a guest off at once; it stays defined", name), context,
           [&context, name] { return act(context, "guest.destroy", {{"name", *name}}, "destroyed"); });
    CLI::App& remove = add_named(noun, context, "delete", "Delete a guest", name);
    remove.add_flag("--force", *force, "even when it runs: power it off first");
    on_run(remove, context, [&context, name, force] {
        return act(context, "guest.delete", {{"name", *name}, {"force", *force}}, "deleted");
    });
    add_wait(noun, context);
    add_spec_check(noun, context);
}

} // namespace zeta::ctl
