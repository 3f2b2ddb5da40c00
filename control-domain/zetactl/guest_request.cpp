// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetactl/guest_request.hpp"

#include "control-domain/model/guest_spec.hpp"
#include "control-domain/zetactl/cli11.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>
#include <memory>

namespace zeta::ctl {

namespace {

struct FileCloser {
    void operator()(std::FILE* file) const noexcept {
        if (file != stdin) {
            std::fclose(file);
        }
    }
};

Checked<std::string> read_spec(const std::string& path) {
    const std::unique_ptr<std::FILE, FileCloser> file(path == "-" ? stdin : std::fopen(path.c_str(), "re"));
    if (!file) {
        return refuse(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                      std::format("specification {}: {}; give a readable file, or - for standard input", path,
                                  std::strerror(errno)));
    }
    std::string text(model::kMaxSpecBytes + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0) {
        return refuse(ErrorCode::kIo, std::format("specification {}: {}", path, std::strerror(errno)));
    }
    if (text.size() > model::kMaxSpecBytes) {
        return refuse(ErrorCode::kResourceExhausted,
                      std::format("specification {}: more than {} bytes; make it shorter", path, model::kMaxSpecBytes));
    }
    return text;
}

std::string toml_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (code < 0x20 || code == 0x7f) {
            out += std::format("\\u{:04X}", static_cast<unsigned>(code));
            continue;
        }
        out += letter == '"' || letter == '\\' ? "\\" : "";
        out += letter;
    }
    return out + '"';
}

} // namespace

void add_guest_flags(CLI::App& verb, GuestFlags& flags) {
    verb.add_option("name", flags.name, "the guest's name")->type_name("NAME");
    verb.add_option("--spec", flags.spec_path, "read the specification from FILE; - is standard input")
        ->type_name("FILE");
    verb.add_option("--template", flags.template_name, "start from this template")->type_name("TEMPLATE");
    verb.add_option("--memory", flags.memory, "memory with its unit, as in 256MiB")->type_name("SIZE");
    verb.add_option("--vcpus", flags.vcpus, "virtual CPUs")->type_name("COUNT");
    verb.add_option("--type", flags.type, "pv, pvh or hvm")->type_name("TYPE");
    verb.add_option("--kernel", flags.kernel, "kernel image in the control domain")->type_name("PATH");
    verb.add_option("--initrd", flags.initrd, "initial RAM disk in the control domain")->type_name("PATH");
    verb.add_option("--cmdline", flags.cmdline, "kernel command line")->type_name("TEXT");
    verb.add_option("--description", flags.description, "one line about the guest")->type_name("TEXT");
    verb.add_flag("--autostart", flags.autostart, "start it with the host");
}

Checked<nlohmann::json> guest_request(const GuestFlags& flags) {
    if (!flags.name && flags.spec_path.empty()) {
        return refuse(ErrorCode::kInvalidArgument, "guest: neither a name nor a specification is given; give a NAME or "
                                                   "--spec FILE");
    }
    nlohmann::json params = nlohmann::json::object();
    if (!flags.spec_path.empty()) {
        auto text = read_spec(flags.spec_path);
        if (!text) {
            return std::unexpected(text.error());
        }
        params["spec"] = std::move(*text);
        params["source"] = flags.spec_path == "-" ? "standard input" : flags.spec_path;
    }
    std::string fields;
    for (const auto& [key, value] : {std::pair("name", &flags.name), std::pair("template", &flags.template_name),
                                     std::pair("description", &flags.description), std::pair("type", &flags.type),
                                     std::pair("memory", &flags.memory), std::pair("kernel", &flags.kernel),
                                     std::pair("initrd", &flags.initrd), std::pair("cmdline", &flags.cmdline)}) {
        if (*value) {
            fields += std::format("{} = {}\n", key, toml_quoted(**value));
        }
    }
    if (flags.vcpus) {
        fields += std::format("vcpus = {}\n", *flags.vcpus);
    }
    if (flags.autostart) {
        fields += "autostart = true\n";
    }
    params["flags"] = std::move(fields);
    params["start"] = !flags.no_start;
    return params;
}

} // namespace zeta::ctl
