// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/options.hpp"

#include "control-domain/model/nearest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <vector>

namespace zeta::zetad {

namespace {

struct TextOption {
    std::string_view flag;
    std::string Options::* value;
    std::string_view meaning;
};

constexpr std::array kTextOptions{
    TextOption{"--state-dir", &Options::state_folder, "folder of the state store"},
    TextOption{"--socket", &Options::socket_path, "Unix socket to serve"},
    TextOption{"--libvirt-uri", &Options::libvirt_uri, "libvirt connection"},
    TextOption{"--definitions-dir", &Options::definitions_folder,
               "where libvirtd keeps domain definitions, to bring them to the disk; empty: not here"},
    TextOption{"--templates-dir", &Options::templates_folder, "folder of guest templates"},
    TextOption{"--images-dir", &Options::images_folder, "folder of task-shell images"},
    TextOption{"--broker-socket", &Options::broker_socket, "the FIGCOM broker's socket, for health"},
    TextOption{"--xenstored-socket", &Options::xenstored_socket, "xenstored's socket, for health"},
};

std::unexpected<Complaint> unknown(std::string_view flag) {
    std::vector<std::string_view> known{"--ready-fd", "--help", "--version"};
    std::ranges::transform(kTextOptions, std::back_inserter(known), &TextOption::flag);
    const std::string_view meant = model::nearest(flag, known);
    return refuse(ErrorCode::kInvalidArgument, std::format("option {} is unknown; {}", printable(flag, 60),
                                                           meant.empty() ? std::string("see zetad --help")
                                                                         : std::format("did you mean {}?", meant)));
}

Checked<void> take_ready_fd(std::string_view value, Options& options) {
    const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), options.ready_fd);
    if (error != std::errc{} || rest != value.data() + value.size() || options.ready_fd < 0) {
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("option --ready-fd: \"{}\" is no file descriptor number", printable(value, 40)));
    }
    return {};
}

/// `value` is what follows the flag.
Checked<void> take_value(std::string_view flag, std::string_view value, Options& options) {
    if (flag == "--ready-fd") {
        return take_ready_fd(value, options);
    }
    const auto* const found = std::ranges::find(kTextOptions, flag, &TextOption::flag);
    if (found == kTextOptions.end()) {
        return unknown(flag);
    }
    options.*(found->value) = value;
    return {};
}

} // namespace

Checked<Options> parse_options(std::span<const char* const> arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string_view flag = arguments[i];
        if (flag == "--help" || flag == "--version") {
            (flag == "--help" ? options.help : options.version) = true;
            continue;
        }
        const std::size_t equals = flag.find('=');
        std::string_view value;
        if (equals != std::string_view::npos) {
            value = flag.substr(equals + 1);
            flag = flag.substr(0, equals);
        } else if (i + 1 < arguments.size()) {
            value = arguments[++i];
        } else {
            Options ignored;
            const auto known = take_value(flag, "0", ignored);
            return known ? refuse(ErrorCode::kInvalidArgument,
                                  std::format("option {} needs a value", printable(flag, 60)))
                         : std::unexpected(known.error());
        }
        if (auto taken = take_value(flag, value, options); !taken) {
            return std::unexpected(taken.error());
        }
    }
    return options;
}

std::string usage() {
    const Options defaults;
    std::string text =
        "Usage: zetad [OPTION]...\n\nThe control domain's daemon: guests and their store, inventory, health.\n\n";
    for (const TextOption& option : kTextOptions) {
        text += std::format("  {:<22} {} [{}]\n", std::format("{} TEXT", option.flag), option.meaning,
                            defaults.*(option.value));
    }
    text += "  --ready-fd N           write one newline to descriptor N when it serves and libvirtd has answered\n"
            "  --help                 show this and end\n  --version              show the version and end\n\n"
            "SIGTERM ends it after the requests under way; guests keep running. See docs/reference/zetad.md.\n";
    return text;
}

} // namespace zeta::zetad
