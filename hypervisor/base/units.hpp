// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Numbers that must not be mixed up each get a type. Layer 0.

#include <compare>
#include <cstdint>

namespace zeta {

/// A number with a meaning: no arithmetic between different tags, no implicit conversion.
template <typename Tag, typename Rep>
struct Quantity {
    Rep value{};
    friend constexpr auto operator<=>(Quantity, Quantity) noexcept = default;
    friend constexpr Quantity operator+(Quantity a, Quantity b) noexcept
        requires(Tag::kAdditive)
    {
        return {static_cast<Rep>(a.value + b.value)};
    }
    friend constexpr Quantity operator-(Quantity a, Quantity b) noexcept
        requires(Tag::kAdditive)
    {
        return {static_cast<Rep>(a.value - b.value)};
    }
};

struct BytesTag {
    static constexpr bool kAdditive = true;
};
struct PageCountTag {
    static constexpr bool kAdditive = true;
};
struct GfnTag {
    static constexpr bool kAdditive = false;
};
struct MfnTag {
    static constexpr bool kAdditive = false;
};
struct DomIdTag {
    static constexpr bool kAdditive = false;
};
struct VcpuIdTag {
    static constexpr bool kAdditive = false;
};
struct EvtchnPortTag {
    static constexpr bool kAdditive = false;
};
struct GrantRefTag {
    static constexpr bool kAdditive = false;
};

using Bytes = Quantity<BytesTag, std::uint64_t>;
using PageCount = Quantity<PageCountTag, std::uint64_t>; ///< pages of kPageBytes
using Gfn = Quantity<GfnTag, std::uint64_t>;             ///< guest frame number
using Mfn = Quantity<MfnTag, std::uint64_t>;             ///< machine frame number
using DomId = Quantity<DomIdTag, std::uint16_t>;         ///< Xen domain id
using VcpuId = Quantity<VcpuIdTag, std::uint32_t>;
using EvtchnPort = Quantity<EvtchnPortTag, std::uint32_t>;
using GrantRef = Quantity<GrantRefTag, std::uint32_t>;

inline constexpr std::uint64_t kPageBytes = 4096;
inline constexpr DomId kControlDomain{0};

[[nodiscard]] constexpr Bytes to_bytes(PageCount pages) noexcept { return {pages.value * kPageBytes}; }
/// Rounds up.
[[nodiscard]] constexpr PageCount to_pages(Bytes bytes) noexcept {
    return {bytes.value / kPageBytes + (bytes.value % kPageBytes != 0 ? 1U : 0U)};
}

} // namespace zeta
