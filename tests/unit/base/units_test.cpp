// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/base/units.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace {

template <typename A, typename B>
concept Addable = requires(A a, B b) { a + b; };
template <typename A, typename B>
concept Comparable = requires(A a, B b) { a < b; };

} // namespace

// What must not compile is as much the contract as what does.
static_assert(Addable<zeta::Bytes, zeta::Bytes>);
static_assert(Addable<zeta::PageCount, zeta::PageCount>);
static_assert(!Addable<zeta::Bytes, zeta::PageCount>);
static_assert(!Addable<zeta::Gfn, zeta::Gfn>);
static_assert(!Addable<zeta::DomId, zeta::DomId>);
static_assert(!Addable<zeta::Bytes, int>);
static_assert(!Comparable<zeta::Gfn, zeta::Mfn>);
static_assert(!Comparable<zeta::GrantRef, zeta::EvtchnPort>);
static_assert(!std::is_convertible_v<std::uint16_t, zeta::DomId>);
static_assert(!std::is_convertible_v<zeta::DomId, std::uint16_t>);
static_assert(sizeof(zeta::DomId) == 2 && sizeof(zeta::Gfn) == 8);
static_assert(std::is_trivially_copyable_v<zeta::Bytes>);

TEST_CASE("quantities of one kind add, subtract and compare", "[units]") {
    CHECK(zeta::Bytes{3} + zeta::Bytes{4} == zeta::Bytes{7});
    CHECK(zeta::PageCount{9} - zeta::PageCount{4} == zeta::PageCount{5});
    CHECK(zeta::DomId{1} > zeta::kControlDomain);
    CHECK(zeta::Gfn{} == zeta::Gfn{0});
}

TEST_CASE("bytes become pages, rounded up", "[units]") {
    CHECK(zeta::to_pages(zeta::Bytes{0}) == zeta::PageCount{0});
    CHECK(zeta::to_pages(zeta::Bytes{1}) == zeta::PageCount{1});
    CHECK(zeta::to_pages(zeta::Bytes{4096}) == zeta::PageCount{1});
    CHECK(zeta::to_pages(zeta::Bytes{4097}) == zeta::PageCount{2});
}

TEST_CASE("the largest byte count does not overflow on its way to pages", "[units]") {
    constexpr zeta::Bytes kMost{std::numeric_limits<std::uint64_t>::max()};
    CHECK(zeta::to_pages(kMost) == zeta::PageCount{1ULL << 52U});
}
