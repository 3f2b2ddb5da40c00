// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A guest specification as the domain XML that libvirt defines, and back: the
// specification travels in the XML's <metadata>, so that zetad's store can be
// rebuilt from libvirt's definitions. Layer 3, pure.

#include "control-domain/model/guest_spec.hpp"

#include <string>
#include <string_view>

namespace zeta::model {

/// Which libvirt driver will read the XML. `kTest` is libvirt's own test driver, which knows HVM only.
enum class XmlDialect : std::uint8_t { kXen, kTest };

inline constexpr const char* kMetadataNamespace = "urn:zetatron:guest:1";

/// `uuid` in its 36-letter form. Every text is escaped.
[[nodiscard]] std::string domain_xml(const GuestSpec& spec, std::string_view uuid, XmlDialect dialect);

/// The five XML entities; control characters, which XML 1.0 cannot carry, become '?'.
[[nodiscard]] std::string xml_escape(std::string_view text);

/// What libvirt returns for our <metadata> element: the specification of the guest `uuid`.
/// Errors: kNotFound not our element, or one copied from another domain; kCorrupt it cannot be read.
[[nodiscard]] Checked<GuestSpec> spec_from_metadata(std::string_view element, std::string_view uuid);

/// The <metadata> element's own text for `spec`.
[[nodiscard]] std::string metadata_xml(const GuestSpec& spec, std::string_view uuid);

} // namespace zeta::model
