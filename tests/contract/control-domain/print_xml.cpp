// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Prints the domain XML of a guest of the given kind, with letters that need care, for xml_schema.sh.
#include "control-domain/model/domain_xml.hpp"

#include <cstdio>

int main(int argc, char** argv) {
    using namespace zeta::model;
    const auto type = parse_guest_type(argc > 1 ? argv[1] : "");
    if (!type) {
        std::fprintf(stderr, "print_xml: %s\n", type.error().text.c_str());
        return 2;
    }
    const GuestSpec spec{.name = "alpha",
                         .template_name = "linux-shell",
                         .description = "a <b> & 'c'",
                         .type = *type,
                         .memory = {256ULL << 20U},
                         .vcpus = 2,
                         .kernel = "/usr/share/zetatron/task-shells/linux-shell/vmlinuz",
                         .initrd = "/usr/share/zetatron/task-shells/linux-shell/initrd",
                         .cmdline = "console=hvc0 x=\"<&>\"",
                         .autostart = true};
    std::fputs(domain_xml(spec, "6ba7b810-9dad-41d1-80b4-00c04fd430c8", XmlDialect::kXen).c_str(), stdout);
    return 0;
}
