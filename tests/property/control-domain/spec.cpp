// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Any specification within the limits survives being written as TOML and carried in a domain's metadata.
#include "control-domain/model/domain_xml.hpp"
#include "control-domain/model/guest_spec.hpp"
#include "control-domain/model/size.hpp"

#include <catch2/catch_test_macros.hpp>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <rapidcheck.h>
#pragma GCC diagnostic pop

using namespace zeta;
using namespace zeta::model;

namespace {

/// One line of printable ASCII, with the letters that TOML and XML treat specially.
rc::Gen<std::string> line(std::size_t limit) {
    const auto letter =
        rc::gen::oneOf(rc::gen::inRange<char>(0x20, 0x7f), rc::gen::elementOf(std::string("\"\\'<>&#=[]")));
    return rc::gen::map(rc::gen::container<std::string>(letter),
                        [limit](std::string text) { return text.substr(0, limit); });
}

rc::Gen<GuestSpec> any_spec() {
    return rc::gen::build<GuestSpec>(
        rc::gen::set(&GuestSpec::name,
                     rc::gen::map(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcXYZ019-_.+"))),
                                  [](std::string tail) { return ("g" + tail).substr(0, kMaxGuestNameBytes); })),
        rc::gen::set(&GuestSpec::description, line(kMaxDescriptionBytes)),
        rc::gen::set(&GuestSpec::type, rc::gen::element(GuestType::kPv, GuestType::kPvh, GuestType::kHvm)),
        rc::gen::set(&GuestSpec::memory, rc::gen::map(rc::gen::inRange<std::uint64_t>(16, 1U << 20U),
                                                      [](std::uint64_t mib) { return Bytes{mib * kMiB}; })),
        rc::gen::set(&GuestSpec::vcpus, rc::gen::inRange<std::uint32_t>(1, kMaxVcpus + 1)),
        rc::gen::set(&GuestSpec::kernel, rc::gen::map(line(200), [](const std::string& path) { return "/" + path; })),
        rc::gen::set(&GuestSpec::cmdline, line(kMaxCmdlinePvBytes)),
        rc::gen::set(&GuestSpec::autostart, rc::gen::arbitrary<bool>()));
}

} // namespace

TEST_CASE("specifications survive TOML and metadata") {
    CHECK(rc::check("round trip", [] {
        const GuestSpec spec = *any_spec();
        const auto read = parse_guest_spec(to_toml(spec), "written");
        RC_ASSERT(read.has_value());
        RC_ASSERT(*read == spec);
        constexpr std::string_view kUuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
        const auto carried = spec_from_metadata(metadata_xml(spec, kUuid), kUuid);
        RC_ASSERT(carried.has_value());
        RC_ASSERT(*carried == spec);
    }));
}

TEST_CASE("sizes survive being written") {
    CHECK(rc::check("size round trip", [] {
        const Bytes size{*rc::gen::inRange<std::uint64_t>(1, 1ULL << 50U) * kKiB};
        RC_ASSERT(parse_size(format_size(size)).value() == size);
    }));
}
