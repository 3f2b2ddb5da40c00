// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/templates.hpp"

#include "hypervisor/base/unique_handle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <format>

namespace zeta::zetad {

Checked<std::string> read_text_file(const std::string& path, std::size_t limit_bytes) {
    const auto refuse_file = [&path](int number) {
        return refuse(number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                      std::format("{}: {}", path, std::strerror(number)));
    };
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) {
        return refuse_file(errno);
    }
    std::string text;
    std::array<char, 4096> part{};
    while (true) {
        const ssize_t got = ::read(fd.get(), part.data(), part.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return refuse_file(errno);
        }
        if (got == 0) {
            return text;
        }
        text.append(part.data(), static_cast<std::size_t>(got));
        if (text.size() > limit_bytes) {
            return refuse(ErrorCode::kResourceExhausted,
                          std::format("{}: more than {} bytes; make it smaller", path, limit_bytes));
        }
    }
}

Checked<std::vector<std::string>> TemplateFolder::names() const {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
        const std::filesystem::path file = entry->path();
        if (file.extension() == ".toml" && model::check_guest_name(file.stem().string())) {
            names.push_back(file.stem().string());
        }
        if (names.size() > kMaxTemplates) {
            return refuse(ErrorCode::kResourceExhausted,
                          std::format("{}: more than {} templates; remove some", path_, kMaxTemplates));
        }
    }
    std::ranges::sort(names);
    return names;
}

Checked<model::Template> TemplateFolder::read(std::string_view template_name) const {
    const auto known = names();
    if (!known) {
        return std::unexpected(known.error());
    }
    // Only a name of the list is ever made into a path.
    if (std::ranges::find(*known, template_name) == known->end()) {
        std::string list;
        for (const std::string& name : *known) {
            list += (list.empty() ? "" : ", ") + name;
        }
        return refuse(ErrorCode::kNotFound,
                      std::format("template {}: not found in {}; there is: {}", printable(template_name, 80), path_,
                                  list.empty() ? "none" : list));
    }
    const auto text = read_text_file(std::format("{}/{}.toml", path_, template_name), model::kMaxSpecBytes);
    if (!text) {
        return std::unexpected(prefixed(std::format("template {}", template_name), text.error()));
    }
    return model::parse_template(*text, template_name);
}

} // namespace zeta::zetad
