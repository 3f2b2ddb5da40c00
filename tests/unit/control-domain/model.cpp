// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/model/guest_spec.hpp"

#include "control-domain/model/domain_xml.hpp"
#include "control-domain/model/nearest.hpp"
#include "control-domain/model/size.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>

using namespace zeta;
using namespace zeta::model;

namespace {

constexpr std::string_view kUuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
constexpr const char* kGood = "name = \"alpha\"\nmemory = \"256MiB\"\nkernel = \"/k\"\n";

/// The complaint about `text`; the test fails when there is none.
std::string complaint(const std::string& text) {
    const auto spec = parse_guest_spec(text, "a.toml");
    REQUIRE_FALSE(spec.has_value());
    CHECK(spec.error().text.find('\n') == std::string::npos);
    return spec.error().text;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("sizes need a whole number and a known unit") {
    CHECK(parse_size("256MiB")->value == 256 * kMiB);
    CHECK(parse_size("1TiB")->value == kTiB);
    for (const char* const bad : {"", "MiB", "256", "256MB", "256 MiB", "-1MiB", "1.5GiB", "0x10MiB", "256mib",
                                  "18446744073709551616KiB", "18446744073709551615KiB"}) {
        INFO(bad);
        CHECK_FALSE(parse_size(bad).has_value());
    }
    CHECK(has(parse_size("256MB").error().text, "\"256MiB\""));
    CHECK(format_size({1536 * kMiB}) == "1536MiB");
}

TEST_CASE("the nearest known word is offered, a far one is not") {
    constexpr std::array<std::string_view, 3> known{"memory", "kernel", "vcpus"};
    CHECK(nearest("memroy", known) == "memory");
    CHECK(nearest("vcpu", known) == "vcpus");
    CHECK(nearest("colour", known).empty());
    CHECK(nearest("", known).empty());
}

TEST_CASE("a specification with defaults is complete") {
    const auto spec = parse_guest_spec(kGood, "a.toml");
    REQUIRE(spec.has_value());
    CHECK(spec->type == GuestType::kPvh);
    CHECK(spec->vcpus == 1);
    CHECK_FALSE(spec->autostart);
}

TEST_CASE("each mistake is one line that names object, field and remedy") {
    const std::string good = kGood;
    CHECK(has(complaint(good + "memroy = \"1GiB\"\n"), "a.toml:4: unknown key \"memroy\"; did you mean \"memory\"?"));
    CHECK(has(complaint(good + "zzz = 1\n"), "unknown key \"zzz\"; remove it"));
    CHECK(has(complaint("name = \"alpha\"\nmemory = \"0MiB\"\nkernel = \"/k\"\n"), "guest alpha: memory: 0"));
    CHECK(has(complaint("name = \"alpha\"\nmemory = 256\nkernel = \"/k\"\n"), "memory: must be text with a unit"));
    CHECK(has(complaint("name = \"alpha\"\nmemory = \"256MB\"\nkernel = \"/k\"\n"), "unit \"MB\""));
    CHECK(has(complaint("name = \"alpha\"\nmemory = \"2TiB\"\nkernel = \"/k\"\n"), "16MiB to 1TiB"));
    CHECK(has(complaint("name = \"alpha\"\nmemory = \"17000KiB\"\nkernel = \"/k\"\n"), "whole number of MiB"));
    CHECK(has(complaint("name = \"alpha\"\nmemory = \"64MiB\"\n"), "guest alpha: kernel:"));
    CHECK(has(complaint("name = \"alpha\"\nmemory = \"64MiB\"\nkernel = \"k\"\n"), "absolute"));
    CHECK(has(complaint(good + "vcpus = 0\n"), "guest alpha: vcpus: 0"));
    CHECK(has(complaint(good + "vcpus = 129\n"), "1 to 128"));
    CHECK(has(complaint(good + "vcpus = \"2\"\n"), "vcpus: must be a whole number"));
    CHECK(has(complaint(good + "type = \"kvm\"\n"), "\"pv\", \"pvh\" or \"hvm\""));
    CHECK(has(complaint(good + "autostart = \"yes\"\n"), "true or false"));
    CHECK(has(complaint("name = \"alpha\"\nname = \"b\"\n"), "a.toml:2"));
    CHECK(has(complaint("memory = \"64MiB\"\nkernel = \"/k\"\n"), "no name"));
    CHECK(parse_guest_spec(std::string(kMaxSpecBytes + 1, '#'), "a.toml").error().code ==
          ErrorCode::kResourceExhausted);
}

TEST_CASE("a PV guest's command line has Xen's shorter limit") {
    const std::string line(kMaxCmdlinePvBytes + 1, 'x');
    const std::string tail = "cmdline = \"" + line + "\"\n";
    CHECK(parse_guest_spec(kGood + tail, "a").has_value());
    CHECK(has(complaint(kGood + tail + "type = \"pv\"\n"), "a pv guest takes 1023"));
}

TEST_CASE("names that Xen, virsh or a shell would misread are refused") {
    for (const char* const bad : {"", "9lives", "-x", "a b", "a/b", "a;b", "Domain-0", "\xc3\xa4"}) {
        INFO(bad);
        CHECK_FALSE(check_guest_name(bad).has_value());
    }
    CHECK_FALSE(check_guest_name(std::string(kMaxGuestNameBytes + 1, 'a')).has_value());
    CHECK(check_guest_name(std::string(kMaxGuestNameBytes, 'a')).has_value());
    CHECK(check_guest_name("web-1.prod_a+b").has_value());
}

TEST_CASE("the command line lies over the file, which lies over the template") {
    const auto base = parse_template("summary = \"s\"\ntype = \"pv\"\nmemory = \"64MiB\"\nkernel = \"/t\"\n", "t");
    REQUIRE(base.has_value());
    const auto file = parse_guest_fields("name = \"a\"\nmemory = \"128MiB\"\n", "a.toml");
    const auto flags = parse_guest_fields("memory = \"512MiB\"\n", "command line");
    const auto spec = complete(lay_over(base->fields, lay_over(*file, *flags)), "guest");
    REQUIRE(spec.has_value());
    CHECK(spec->memory.value == 512 * kMiB);
    CHECK(spec->type == GuestType::kPv);
    CHECK(spec->kernel == "/t");
    CHECK_FALSE(parse_template("name = \"x\"\n", "t").has_value());
    CHECK_FALSE(parse_template("kernel_hvm = 1\n", "t").has_value());
}

TEST_CASE("a template has another kernel for HVM guests, and only as its own default") {
    const auto base = parse_template("kernel = \"/elf\"\nkernel_hvm = \"/boot-file\"\n", "t");
    REQUIRE(base.has_value());
    const auto kernel_of = [&base](GuestFields over) { return lay_over(*base, over).kernel; };
    CHECK(kernel_of({}) == "/elf");
    CHECK(kernel_of({.type = GuestType::kPv}) == "/elf");
    CHECK(kernel_of({.type = GuestType::kHvm}) == "/boot-file");
    CHECK(kernel_of({.type = GuestType::kHvm, .kernel = "/mine"}) == "/mine");
}

TEST_CASE("the XML says the right kind of guest and escapes every text") {
    GuestSpec spec = *parse_guest_spec(kGood, "a");
    spec.cmdline = "a=\"<&>'\"";
    const auto xml = [&](GuestType type) {
        spec.type = type;
        return domain_xml(spec, kUuid, XmlDialect::kXen);
    };
    CHECK(has(xml(GuestType::kPv), "<type arch='x86_64'>linux</type>"));
    CHECK(has(xml(GuestType::kPvh), "<type arch='x86_64'>xenpvh</type>"));
    CHECK(has(xml(GuestType::kHvm), "<type arch='x86_64'>hvm</type>"));
    CHECK(has(xml(GuestType::kPv), "<cmdline>a=&quot;&lt;&amp;&gt;&apos;&quot;</cmdline>"));
    CHECK(has(xml(GuestType::kPv), "<memory unit='KiB'>262144</memory>"));
}

TEST_CASE("the specification travels in the metadata, but not to another domain") {
    GuestSpec spec = *parse_guest_spec(kGood, "a");
    spec.cmdline = "x=\"<&>'\"";
    const std::string element = metadata_xml(spec, kUuid);
    CHECK(*spec_from_metadata(element, kUuid) == spec);
    CHECK(spec_from_metadata(element, "00000000-0000-4000-8000-000000000000").error().code == ErrorCode::kNotFound);
    CHECK_FALSE(spec_from_metadata("", kUuid).has_value());
    CHECK_FALSE(spec_from_metadata("<a>&bogus;</a>", kUuid).has_value());
}
