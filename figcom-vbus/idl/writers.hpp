// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// An interface as a C++ header, a Python module, or JSON. Layer 1; called by figcom-idl. `source` is the
// interface file's name, for the note at the top. The same interface gives the same bytes.

#include "figcom-vbus/idl/model.hpp"

namespace zeta::idlgen {

[[nodiscard]] std::string to_cpp(const Interface& interface, std::string_view source);
[[nodiscard]] std::string to_python(const Interface& interface, std::string_view source);
/// Everything that is known of it, offsets included; docs/reference/figcom-idl.md.
[[nodiscard]] std::string to_json(const Interface& interface);

/// The parts of to_cpp.
[[nodiscard]] std::string cpp_types(const Interface& interface);
[[nodiscard]] std::string cpp_codecs(const Interface& interface);
[[nodiscard]] std::string cpp_ports(const Interface& interface);
[[nodiscard]] std::string cpp_comment(const std::vector<std::string>& doc, std::string_view indent);

/// The parts of to_python.
[[nodiscard]] std::string python_types(const Interface& interface);
[[nodiscard]] std::string python_ports(const Interface& interface);

} // namespace zeta::idlgen
