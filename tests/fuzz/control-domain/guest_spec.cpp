// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Any text is either refused with one printable line or becomes a specification that survives being written and read,
// and whose XML holds no character that XML forbids.
#include "control-domain/model/guest_spec.hpp"
#include "control-domain/model/domain_xml.hpp"
#include "hypervisor/base/log.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace zeta;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr std::string_view kUuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    const auto spec = model::parse_guest_spec(text, "input");
    if (!spec) {
        ZETA_ASSERT(!spec.error().text.empty() && spec.error().text.size() <= kMaxComplaintBytes + 3);
        ZETA_ASSERT(
            std::ranges::none_of(spec.error().text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    } else {
        const auto again = model::parse_guest_spec(model::to_toml(*spec), "written");
        ZETA_ASSERT(again && *again == *spec);
        const std::string xml = model::domain_xml(*spec, kUuid, model::XmlDialect::kXen);
        ZETA_ASSERT(
            std::ranges::none_of(xml, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; }));
        const auto carried = model::spec_from_metadata(model::metadata_xml(*spec, kUuid), kUuid);
        ZETA_ASSERT(carried && *carried == *spec);
    }
    static_cast<void>(model::parse_template(text, "input"));
    static_cast<void>(model::spec_from_metadata(text, kUuid));
    return 0;
}
