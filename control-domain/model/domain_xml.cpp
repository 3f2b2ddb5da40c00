// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/model/domain_xml.hpp"

#include <array>
#include <format>
#include <utility>

namespace zeta::model {

namespace {

constexpr std::array<std::pair<char, std::string_view>, 5> kEntities{
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}}};

/// The libvirt name of the kind of guest: <os><type>.
std::string_view os_type(GuestType type, XmlDialect dialect) {
    if (dialect == XmlDialect::kTest) {
        return "hvm";
    }
    switch (type) {
    case GuestType::kPv:
        return "linux";
    case GuestType::kPvh:
        return "xenpvh";
    case GuestType::kHvm:
        return "hvm";
    }
    return "";
}

std::string os_xml(const GuestSpec& spec, XmlDialect dialect) {
    std::string out = std::format("  <os>\n    <type arch='x86_64'>{}</type>\n    <kernel>{}</kernel>\n",
                                  os_type(spec.type, dialect), xml_escape(spec.kernel));
    if (!spec.initrd.empty()) {
        out += std::format("    <initrd>{}</initrd>\n", xml_escape(spec.initrd));
    }
    if (!spec.cmdline.empty()) {
        out += std::format("    <cmdline>{}</cmdline>\n", xml_escape(spec.cmdline));
    }
    return out + "  </os>\n";
}

/// libvirt returns the element serialised anew: entities by name or by number.
bool append_unescaped(std::string_view entity, std::string& out) {
    for (const auto& [letter, name] : kEntities) {
        if (entity == name) {
            out += letter;
            return true;
        }
    }
    if (entity == "&#10;" || entity == "&#xA;") {
        out += '\n';
        return true;
    }
    return false;
}

Checked<std::string> unescape(std::string_view text) {
    constexpr std::size_t kMaxEntity = 6;
    std::string out;
    while (!text.empty()) {
        const std::size_t amp = text.find('&');
        out += text.substr(0, amp);
        if (amp == std::string_view::npos) {
            break;
        }
        text.remove_prefix(amp);
        const std::size_t end = text.find(';');
        if (end >= kMaxEntity || !append_unescaped(text.substr(0, end + 1), out)) {
            return refuse(ErrorCode::kCorrupt, "the guest's metadata has an unknown XML entity");
        }
        text.remove_prefix(end + 1);
    }
    return out;
}

std::string uuid_line(std::string_view uuid) { return std::format("# guest {}\n", uuid); }

} // namespace

std::string xml_escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char letter : text) {
        std::string_view written(&letter, 1);
        for (const auto& [special, entity] : kEntities) {
            if (letter == special) {
                written = entity;
            }
        }
        const auto code = static_cast<unsigned char>(letter);
        if ((code < 0x20 && letter != '\n') || code == 0x7f) {
            written = "?";
        }
        out += written;
    }
    return out;
}

std::string metadata_xml(const GuestSpec& spec, std::string_view uuid) {
    return std::format("<zeta:guest xmlns:zeta='{}'>{}{}</zeta:guest>", kMetadataNamespace, uuid_line(uuid),
                       xml_escape(to_toml(spec)));
}

std::string domain_xml(const GuestSpec& spec, std::string_view uuid, XmlDialect dialect) {
    const bool hvm = dialect == XmlDialect::kXen && spec.type == GuestType::kHvm;
    std::string out = std::format("<domain type='{}'>\n  <name>{}</name>\n  <uuid>{}</uuid>\n",
                                  dialect == XmlDialect::kTest ? "test" : "xen", xml_escape(spec.name), uuid);
    if (!spec.description.empty()) {
        out += std::format("  <description>{}</description>\n", xml_escape(spec.description));
    }
    out += std::format("  <metadata>{}</metadata>\n", metadata_xml(spec, uuid));
    const std::uint64_t memory_kib = spec.memory.value / 1024;
    out += std::format("  <memory unit='KiB'>{0}</memory>\n  <currentMemory unit='KiB'>{0}</currentMemory>\n"
                       "  <vcpu>{1}</vcpu>\n",
                       memory_kib, spec.vcpus);
    out += os_xml(spec, dialect);
    if (hvm) {
        out += "  <features><acpi/><apic/><pae/></features>\n";
    }
    out += "  <clock offset='utc'/>\n"
           "  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>restart</on_reboot>\n  <on_crash>destroy</on_crash>\n";
    // The paravirtual console in every kind of guest, so that hvc0 is where virsh console connects.
    out += "  <devices>\n    <console type='pty'><target type='xen'/></console>\n  </devices>\n</domain>\n";
    return out;
}

Checked<GuestSpec> spec_from_metadata(std::string_view element, std::string_view uuid) {
    const std::size_t open_end = element.find('>');
    const std::size_t close = element.rfind("</");
    if (open_end == std::string_view::npos || close == std::string_view::npos || close <= open_end) {
        return refuse(ErrorCode::kNotFound, "no guest specification in the domain's metadata");
    }
    const auto text = unescape(element.substr(open_end + 1, close - open_end - 1));
    if (!text) {
        return std::unexpected(text.error());
    }
    if (!text->starts_with(uuid_line(uuid))) {
        return refuse(ErrorCode::kNotFound, "the metadata was copied from another domain");
    }
    auto spec = parse_guest_spec(*text, "metadata");
    if (!spec) {
        return refuse(ErrorCode::kCorrupt, spec.error().text);
    }
    return spec;
}

} // namespace zeta::model
