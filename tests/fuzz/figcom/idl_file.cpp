// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// An interface file: a right one can be written in every language and is no change against itself; a wrong one has
// one line.
#include "figcom-vbus/idl/compare.hpp"
#include "figcom-vbus/idl/parser.hpp"
#include "figcom-vbus/idl/writers.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    using namespace zeta::idlgen;
    const auto interface = parse({reinterpret_cast<const char*>(data), length});
    if (!interface) {
        const Problem& problem = interface.error();
        const std::string line = to_line("x", problem);
        const bool whole = !problem.what.empty() && !problem.remedy.empty() && problem.place.line != 0;
        if (!whole || line.find_first_of("\n\r") != std::string::npos) {
            std::abort();
        }
        return 0;
    }
    if (to_cpp(*interface, "x").empty() || to_python(*interface, "x").empty() || to_json(*interface).empty()) {
        std::abort();
    }
    if (!compare(*interface, *interface).changes.empty()) {
        std::abort();
    }
    for (const StructType& type : interface->structs) {
        if (type.bytes > kBodyBytesMax || bytes_at(type, interface->minor) != type.bytes) {
            std::abort();
        }
    }
    return 0;
}
