// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The guest specification: what a guest is to be. A file, a template and the
// command line each give some fields; laid over each other and checked they
// become a GuestSpec. Layer 3, pure: no file is opened here. Called by zetad
// (create), zetactl (spec-check) and the fuzz targets.

#include "control-domain/model/complaint.hpp"
#include "hypervisor/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zeta::model {

inline constexpr std::size_t kMaxSpecBytes = 64U * 1024U; ///< a specification's or template's text
inline constexpr std::size_t kMaxGuestNameBytes = 63;     ///< also a host name's limit
inline constexpr std::size_t kMaxDescriptionBytes = 256;
inline constexpr std::size_t kMaxPathBytes = 1023;
inline constexpr std::size_t kMaxCmdlinePvBytes = 1023; ///< Xen's start_info command line less its NUL
inline constexpr std::size_t kMaxCmdlineBytes = 2047;   ///< Linux on x86 (COMMAND_LINE_SIZE) less its NUL
inline constexpr std::uint64_t kMinGuestMemoryBytes = 16ULL << 20U;
inline constexpr std::uint64_t kMaxGuestMemoryBytes = 1ULL << 40U;
inline constexpr std::uint64_t kMemoryStepBytes = 1ULL << 20U; ///< libxl counts guests in MiB
inline constexpr std::uint32_t kMaxVcpus = 128;                ///< Xen's limit for PVH and HVM

enum class GuestType : std::uint8_t { kPv, kPvh, kHvm };

/// "pv", "pvh" or "hvm".
[[nodiscard]] std::string_view name(GuestType type) noexcept;
[[nodiscard]] Checked<GuestType> parse_guest_type(std::string_view text);

/// What one source says. An absent field is left to the source below it.
struct GuestFields {
    std::optional<std::string> name;
    std::optional<std::string> template_name;
    std::optional<std::string> description;
    std::optional<GuestType> type;
    std::optional<Bytes> memory;
    std::optional<std::uint32_t> vcpus;
    std::optional<std::string> kernel;
    std::optional<std::string> initrd;
    std::optional<std::string> cmdline;
    std::optional<bool> autostart;
    bool operator==(const GuestFields&) const = default;
};

/// Complete and within every limit; only complete() and parse_guest_spec() make one.
struct GuestSpec {
    std::string name;
    std::string template_name; ///< empty: made without a template
    std::string description;
    GuestType type{GuestType::kPvh};
    Bytes memory{};
    std::uint32_t vcpus{1};
    std::string kernel; ///< absolute path in the control domain
    std::string initrd; ///< the same; empty: none
    std::string cmdline;
    bool autostart{false};
    bool operator==(const GuestSpec&) const = default;
};

struct Template {
    std::string name; ///< its file's name without ".toml"
    std::string summary;
    GuestFields fields;
    std::optional<std::string> kernel_hvm; ///< in place of `kernel` for HVM guests, whose firmware wants a boot file
};

/// Letters, digits, '-', '_', '.', '+'; a letter first; at most kMaxGuestNameBytes; not a name that Xen owns.
[[nodiscard]] Checked<void> check_guest_name(std::string_view guest_name);

/// `text` is TOML. `source` names it in complaints: "web.toml".
/// Errors: kInvalidArgument with line and column where TOML itself is broken, an unknown key (with the nearest
/// known one), a value of the wrong type or out of range; kResourceExhausted more than kMaxSpecBytes.
[[nodiscard]] Checked<GuestFields> parse_guest_fields(std::string_view text, std::string_view source);
[[nodiscard]] Checked<Template> parse_template(std::string_view text, std::string_view template_name);

/// Each field of `over` that is present, else that of `base`.
[[nodiscard]] GuestFields lay_over(GuestFields base, const GuestFields& over);
/// The same, with the template's kernel for the type that comes out.
[[nodiscard]] GuestFields lay_over(const Template& base, const GuestFields& over);

/// Checks every field and their combination. `object` starts complaints about a guest without a name.
/// Errors: kInvalidArgument naming guest, field, reason and remedy.
[[nodiscard]] Checked<GuestSpec> complete(const GuestFields& fields, std::string_view object);

/// The canonical text: parse_guest_spec(to_toml(spec)) == spec.
[[nodiscard]] std::string to_toml(const GuestSpec& spec);
[[nodiscard]] Checked<GuestSpec> parse_guest_spec(std::string_view text, std::string_view source);

} // namespace zeta::model
