// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The templates that guests are made from: TOML files in one folder, read anew
// for each request, so that a file put there is used at once. Layer 3.

#include "control-domain/model/guest_spec.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace zeta::zetad {

inline constexpr std::size_t kMaxTemplates = 256;

class TemplateFolder {
public:
    explicit TemplateFolder(std::string path) : path_(std::move(path)) {}

    /// Errors: kNotFound with the names that exist; kInvalidArgument the file breaks a rule; kIo.
    [[nodiscard]] Checked<model::Template> read(std::string_view template_name) const;
    /// Sorted. An absent folder is an empty one. Errors: kResourceExhausted more than kMaxTemplates.
    [[nodiscard]] Checked<std::vector<std::string>> names() const;

private:
    std::string path_;
};

/// The whole of a small text file. Errors: kNotFound, kIo, kResourceExhausted more than `limit_bytes`.
[[nodiscard]] Checked<std::string> read_text_file(const std::string& path, std::size_t limit_bytes);

} // namespace zeta::zetad
