// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// lab: whether this control domain is the QEMU lab's, and what differs there.
#include "control-domain/zetactl/nouns.hpp"

#include "control-domain/zetactl/cli11.hpp"
#include "control-domain/zetactl/table.hpp"
#include "control-domain/zetactl/zetad_client.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>
#include <fstream>
#include <iterator>
#include <memory>

namespace zeta::ctl {

namespace {

using nlohmann::json;

constexpr const char* kLabFile = "/etc/zetatron/lab.json";

int no_lab(const Context& context) {
    if (context.json) {
        print_json({{"lab", false}, {"differences", json::array()}});
    } else {
        std::puts("This is no lab image: it is made for hardware.");
    }
    return kExitDone;
}

/// The file is one object; "differences" is its list of lines, any other member is shown as it is.
int info(const Context& context, const std::string& path) {
    errno = 0;
    std::ifstream file(path);
    if (!file) {
        return errno == ENOENT ? no_lab(context) : complain(std::format("lab: {}: {}", path, std::strerror(errno)));
    }
    const json about = json::parse(std::istreambuf_iterator<char>(file), {}, nullptr, false);
    if (!about.is_object()) {
        return complain(std::format("lab: {}: not a JSON object; build the image again", path));
    }
    const json differences = about.value("differences", json::array());
    if (context.json) {
        json whole = about;
        whole["lab"] = true;
        whole["differences"] = differences;
        print_json(whole);
        return kExitDone;
    }
    std::puts("This is the lab image. It differs from the one for hardware in:");
    for (const json& line : differences) {
        std::puts(std::format("  - {}", line.is_string() ? line.get<std::string>() : line.dump()).c_str());
    }
    return kExitDone;
}

} // namespace

void add_lab_noun(CLI::App& root, Context& context) {
    CLI::App& noun = *root.add_subcommand("lab", "The QEMU lab");
    noun.require_subcommand(1);
    CLI::App& verb = *noun.add_subcommand("info", "Say whether this is the lab image, and what differs in it");
    const auto path = std::make_shared<std::string>(kLabFile);
    verb.add_option("--file", *path, "read this file")->type_name("FILE")->capture_default_str();
    add_json_flag(verb, context);
    on_run(verb, context, [&context, path] { return info(context, *path); });
}

} // namespace zeta::ctl
