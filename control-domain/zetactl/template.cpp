// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// template: what guests can be made from.
#include "control-domain/zetactl/nouns.hpp"

#include "control-domain/zetactl/cli11.hpp"
#include "control-domain/zetactl/table.hpp"
#include "control-domain/zetactl/zetad_client.hpp"

#include <memory>

namespace zeta::ctl {

namespace {

using nlohmann::json;

int list(const Context& context) {
    const auto reply = call_zetad(context, "template.list");
    if (!reply) {
        return reply.error();
    }
    if (context.json) {
        print_json((*reply)["templates"]);
        return kExitDone;
    }
    std::vector<std::vector<std::string>> rows{{"NAME", "TYPE", "MEMORY", "SUMMARY"}};
    for (const json& found : (*reply)["templates"]) {
        const json fields = found.value("fields", json::object());
        rows.push_back({found.value("name", ""), fields.value("type", "-"),
                        human_bytes(fields.value("memory_bytes", json())),
                        found.value("summary", found.value("error", ""))});
    }
    print_table(rows);
    return kExitDone;
}

int show(const Context& context, const std::string& template_name) {
    const auto found = call_zetad(context, "template.show", {{"name", template_name}});
    if (!found) {
        return found.error();
    }
    if (context.json) {
        print_json(*found);
        return kExitDone;
    }
    std::vector<std::pair<std::string, std::string>> pairs{{"name", found->value("name", "")},
                                                           {"summary", found->value("summary", "")}};
    const json fields = found->value("fields", json::object());
    for (const auto& [key, value] : fields.items()) {
        const bool size = key == "memory_bytes";
        pairs.emplace_back(size ? "memory" : key, size                ? human_bytes(value)
                                                  : value.is_string() ? value.get<std::string>()
                                                                      : value.dump());
    }
    print_pairs(pairs);
    return kExitDone;
}

} // namespace

void add_template_noun(CLI::App& root, Context& context) {
    CLI::App& noun = *root.add_subcommand("template", "Templates that guests are made from");
    noun.require_subcommand(1);
    CLI::App& list_verb = *noun.add_subcommand("list", "List the templates");
    add_json_flag(list_verb, context);
    on_run(list_verb, context, [&context] { return list(context); });
    CLI::App& show_verb = *noun.add_subcommand("show", "Show one template");
    const auto name = std::make_shared<std::string>();
    show_verb.add_option("name", *name, "the template")->required()->type_name("TEMPLATE");
    add_json_flag(show_verb, context);
    on_run(show_verb, context, [&context, name] { return show(context, *name); });
}

} // namespace zeta::ctl
