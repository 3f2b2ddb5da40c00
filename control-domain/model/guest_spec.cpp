// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/model/guest_spec.hpp"

#include "control-domain/model/nearest.hpp"
#include "control-domain/model/size.hpp"

#include <algorithm>
#include <array>
#include <format>

namespace zeta::model {

namespace {

constexpr std::array<std::string_view, 3> kTypeNames{"pv", "pvh", "hvm"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name_char(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '+';
}
bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// The complaints of one guest, each starting with the guest and the field.
class Checker {
public:
    Checker(const GuestSpec& spec, std::string_view object) : spec_(spec), object_(object) {}

    [[nodiscard]] Checked<void> all() const;

private:
    [[nodiscard]] std::unexpected<Complaint> bad(std::string_view field, std::string_view why) const {
        return refuse(ErrorCode::kInvalidArgument, std::format("{}: {}: {}", object_, field, why));
    }
    [[nodiscard]] Checked<void> memory() const;
    [[nodiscard]] Checked<void> vcpus() const;
    [[nodiscard]] Checked<void> path(std::string_view field, const std::string& value) const;
    [[nodiscard]] Checked<void> cmdline() const;
    [[nodiscard]] Checked<void> description() const;

    const GuestSpec& spec_;
    std::string_view object_;
};

Checked<void> Checker::memory() const {
    const std::uint64_t bytes = spec_.memory.value;
    if (bytes == 0) {
        return bad("memory", "0 is no memory to run in; give at least 16MiB, as in \"256MiB\"");
    }
    if (bytes < kMinGuestMemoryBytes || bytes > kMaxGuestMemoryBytes) {
        return bad("memory", std::format("{} is out of range; give {} to {}", format_size(spec_.memory),
                                         format_size({kMinGuestMemoryBytes}), format_size({kMaxGuestMemoryBytes})));
    }
    if (bytes % kMemoryStepBytes != 0) {
        return bad("memory", std::format("{} is no whole number of MiB; round it", format_size(spec_.memory)));
    }
    return {};
}

Checked<void> Checker::vcpus() const {
    if (spec_.vcpus < 1 || spec_.vcpus > kMaxVcpus) {
        return bad("vcpus", std::format("{} is out of range; give 1 to {}", spec_.vcpus, kMaxVcpus));
    }
    return {};
}

Checked<void> Checker::path(std::string_view field, const std::string& value) const {
    if (value.front() != '/') {
        return bad(field, std::format("\"{}\" is no absolute path; begin with '/'", printable(value, 120)));
    }
    if (value.size() > kMaxPathBytes || has_control(value)) {
        return bad(field, std::format("the path has control characters or more than {} bytes", kMaxPathBytes));
    }
    return {};
}

Checked<void> Checker::cmdline() const {
    const std::size_t limit = spec_.type == GuestType::kPv ? kMaxCmdlinePvBytes : kMaxCmdlineBytes;
    if (spec_.cmdline.size() > limit) {
        return bad("cmdline", std::format("{} bytes are too many; a {} guest takes {}", spec_.cmdline.size(),
                                          name(spec_.type), limit));
    }
    if (has_control(spec_.cmdline)) {
        return bad("cmdline", "has a control character; keep it on one line");
    }
    return {};
}

Checked<void> Checker::description() const {
    if (spec_.description.size() > kMaxDescriptionBytes || has_control(spec_.description)) {
        return bad("description", std::format("must be one line of at most {} bytes", kMaxDescriptionBytes));
    }
    return {};
}

Checked<void> Checker::all() const {
    if (auto ok = memory(); !ok) {
        return ok;
    }
    if (auto ok = vcpus(); !ok) {
        return ok;
    }
    if (spec_.kernel.empty()) {
        return bad("kernel", "no kernel to boot; name a template or give kernel = \"/path\"");
    }
    if (auto ok = path("kernel", spec_.kernel); !ok) {
        return ok;
    }
    if (!spec_.initrd.empty()) {
        if (auto ok = path("initrd", spec_.initrd); !ok) {
            return ok;
        }
    }
    if (auto ok = cmdline(); !ok) {
        return ok;
    }
    return description();
}

/// TOML's basic string. Control characters cannot occur in a checked specification, but are escaped all the same.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += std::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            out += c;
        }
    }
    return out + '"';
}

} // namespace

std::string_view name(GuestType type) noexcept { return kTypeNames[static_cast<std::size_t>(type)]; }

Checked<GuestType> parse_guest_type(std::string_view text) {
    const auto* const found = std::ranges::find(kTypeNames, text);
    if (found == kTypeNames.end()) {
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("\"{}\" is no guest type; give \"pv\", \"pvh\" or \"hvm\"", printable(text, 40)));
    }
    return static_cast<GuestType>(found - kTypeNames.begin());
}

Checked<void> check_guest_name(std::string_view guest_name) {
    if (guest_name.empty()) {
        return refuse(ErrorCode::kInvalidArgument, "the guest has no name; give one, as in \"alpha\"");
    }
    const bool shaped = is_letter(guest_name.front()) && std::ranges::all_of(guest_name, is_name_char);
    if (!shaped || guest_name.size() > kMaxGuestNameBytes) {
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("guest name \"{}\" is not allowed; use a letter, then letters, digits, '-', '_', "
                                  "'.' or '+', at most {} in all",
                                  printable(guest_name, 80), kMaxGuestNameBytes));
    }
    if (guest_name == "Domain-0" || guest_name == "Xenstore") {
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("guest name \"{}\" belongs to the platform; choose another", guest_name));
    }
    return {};
}

GuestFields lay_over(GuestFields base, const GuestFields& over) {
    const auto lay = [](auto& under, const auto& top) {
        if (top) {
            under = top;
        }
    };
    lay(base.name, over.name);
    lay(base.template_name, over.template_name);
    lay(base.description, over.description);
    lay(base.type, over.type);
    lay(base.memory, over.memory);
    lay(base.vcpus, over.vcpus);
    lay(base.kernel, over.kernel);
    lay(base.initrd, over.initrd);
    lay(base.cmdline, over.cmdline);
    lay(base.autostart, over.autostart);
    return base;
}

GuestFields lay_over(const Template& base, const GuestFields& over) {
    GuestFields laid = lay_over(base.fields, over);
    if (!over.kernel && base.kernel_hvm && laid.type == GuestType::kHvm) {
        laid.kernel = base.kernel_hvm;
    }
    return laid;
}

Checked<GuestSpec> complete(const GuestFields& fields, std::string_view object) {
    if (auto ok = check_guest_name(fields.name.value_or("")); !ok) {
        return std::unexpected(prefixed(object, ok.error()));
    }
    const std::string guest = std::format("guest {}", *fields.name);
    if (!fields.memory) {
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("{}: memory: not given; add it, as in memory = \"256MiB\"", guest));
    }
    GuestSpec spec{.name = *fields.name,
                   .template_name = fields.template_name.value_or(""),
                   .description = fields.description.value_or(""),
                   .type = fields.type.value_or(GuestType::kPvh),
                   .memory = *fields.memory,
                   .vcpus = fields.vcpus.value_or(1),
                   .kernel = fields.kernel.value_or(""),
                   .initrd = fields.initrd.value_or(""),
                   .cmdline = fields.cmdline.value_or(""),
                   .autostart = fields.autostart.value_or(false)};
    if (auto ok = Checker(spec, guest).all(); !ok) {
        return std::unexpected(ok.error());
    }
    return spec;
}

std::string to_toml(const GuestSpec& spec) {
    std::string out = std::format("name = {}\n", quoted(spec.name));
    const auto add_text = [&out](std::string_view key, const std::string& value) {
        if (!value.empty()) {
            out += std::format("{} = {}\n", key, quoted(value));
        }
    };
    add_text("template", spec.template_name);
    add_text("description", spec.description);
    out += std::format("type = \"{}\"\nmemory = \"{}\"\nvcpus = {}\n", name(spec.type), format_size(spec.memory),
                       spec.vcpus);
    add_text("kernel", spec.kernel);
    add_text("initrd", spec.initrd);
    add_text("cmdline", spec.cmdline);
    out += std::format("autostart = {}\n", spec.autostart);
    return out;
}

Checked<GuestSpec> parse_guest_spec(std::string_view text, std::string_view source) {
    const auto fields = parse_guest_fields(text, source);
    if (!fields) {
        return std::unexpected(fields.error());
    }
    return complete(*fields, source);
}

} // namespace zeta::model
