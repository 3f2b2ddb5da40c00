// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Generated structs: bytes and back, versions of both ages, hostile bytes.
#include <everything.hpp>
#include <everything_2_0.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>

using namespace zeta::figcom::idl;
namespace newer = interfaces::zoo_everything;

namespace {

constexpr Expected kNewer{.major = 2, .minor = 2, .since = 0};
constexpr Expected kOlder{.major = 2, .minor = 0, .since = 0};

newer::All sample() {
    newer::All all;
    all.flag = false;
    all.a = 200;
    all.c = 20;
    all.e = -100;
    all.g = 7;
    all.kind = newer::Kind::kFirst;
    all.mood = newer::Mood::kHigh;
    all.wide = newer::Wide::kEverything;
    REQUIRE(all.title.assign("na\0me\xff"));
    const std::array blob{std::byte{1}, std::byte{0}, std::byte{3}};
    REQUIRE(all.blob.assign(blob));
    all.place = {.x = 1.5F, .y = -0.5};
    all.path[1].x = -1.0F;
    all.numbers = {0, 999, 5};
    REQUIRE(all.names[1].assign("xyz"));
    all.flags = {true, false, true};
    all.later = 6;
    all.last = newer::Mood::kCalm;
    return all;
}

template <typename T>
std::vector<std::byte> bytes_of(const T& body, const Head& head) {
    std::vector<std::byte> bytes(kHeadBytes + Codec<T>::kBytes);
    REQUIRE(!encode(bytes.data(), head, body));
    return bytes;
}

template <typename T>
Fault read(const std::vector<std::byte>& bytes, const Expected& expected, T& body) {
    Head head;
    return decode(bytes, expected, head, body);
}

} // namespace

TEST_CASE("a value comes back as it was") {
    const newer::All all = sample();
    const auto bytes = bytes_of(all, {.major = 2, .minor = 2, .request = 77});
    Head head;
    newer::All back;
    REQUIRE(!decode(bytes, kNewer, head, back));
    CHECK(back == all);
    CHECK(head.minor == 2);
    CHECK(head.request == 77);
}

TEST_CASE("bytes are little-endian, packed, and zero beyond a string's end") {
    newer::Small small{.value_of = 0x01020304};
    const auto bytes = bytes_of(small, {.major = 2, .minor = 2, .request = 0x0a0b0c0d});
    const std::vector<unsigned> wanted{2, 0, 2, 0, 0x0d, 0x0c, 0x0b, 0x0a, 4, 3, 2, 1};
    std::vector<unsigned> got;
    for (const std::byte one : bytes) {
        got.push_back(std::to_integer<unsigned>(one));
    }
    CHECK(got == wanted);

    newer::All all = sample();
    REQUIRE(all.title.assign("twelve bytes"));
    REQUIRE(all.title.assign("x"));
    const auto second = bytes_of(all, {.major = 2, .minor = 2, .request = 0});
    const std::size_t title = kHeadBytes + Codec<newer::All>::kAtTitle;
    CHECK(second.at(title) == std::byte{1});
    for (std::size_t i = 3; i < 14; ++i) {
        CHECK(second.at(title + i) == std::byte{0});
    }
}

TEST_CASE("first values are those of the file") {
    const newer::All all;
    CHECK(all.flag);
    CHECK(all.b == 0xffff);
    CHECK(all.d == std::numeric_limits<std::uint64_t>::max());
    CHECK(all.g == std::numeric_limits<std::int32_t>::min());
    CHECK(all.h == std::numeric_limits<std::int64_t>::min());
    CHECK(all.i == 0.1F);
    CHECK(all.j == -2e300);
    CHECK(all.kind == newer::Kind::kSecond);
    CHECK(all.title == std::string_view{"a\"\\\n\xff"
                                        "0"});
    CHECK(all.last == newer::Mood::kLow);
}

TEST_CASE("a newer reader sees first values where an older sender has no field") {
    older::All old;
    old.a = 5;
    newer::All seen = sample();
    REQUIRE(!read(bytes_of(old, {.major = 2, .minor = 0, .request = 0}), kNewer, seen));
    CHECK(seen.a == 5);
    CHECK(seen.later == 5);
    CHECK(seen.tag == "new");
    CHECK(seen.last == newer::Mood::kLow);
}

TEST_CASE("an older reader does not look at what a newer sender has added") {
    older::All seen;
    REQUIRE(!read(bytes_of(sample(), {.major = 2, .minor = 2, .request = 0}), kOlder, seen));
    CHECK(seen.a == 200);
    CHECK(seen.names[1] == "xyz");
    // A value of the open enum that the older one has no name for.
    CHECK(static_cast<int>(seen.mood) == 32767);
    CHECK(older::name(seen.mood).empty());
    CHECK(!Codec<older::Mood>::is_known(seen.mood));
    CHECK(newer::name(newer::Mood::kHigh) == "high");
}

TEST_CASE("a sender between two versions has the fields of its own") {
    auto bytes = bytes_of(sample(), {.major = 2, .minor = 1, .request = 0});
    newer::All seen;
    CHECK(read(bytes, kNewer, seen).code == FaultCode::kLength); // minor 1 has no `last`
    bytes.resize(kHeadBytes + Codec<newer::All>::kAtLast);
    REQUIRE(!read(bytes, kNewer, seen));
    CHECK(seen.later == 6);
    CHECK(seen.last == newer::Mood::kLow);
}

TEST_CASE("a sender of a version yet to come may be longer, never shorter") {
    auto bytes = bytes_of(sample(), {.major = 2, .minor = 9, .request = 0});
    newer::All seen;
    CHECK(!read(bytes, kNewer, seen));
    bytes.resize(bytes.size() + 100, std::byte{0xff});
    CHECK(!read(bytes, kNewer, seen));
    CHECK(seen == sample());
    bytes.resize(kHeadBytes + Codec<newer::All>::kBytes - 1);
    CHECK(read(bytes, kNewer, seen).code == FaultCode::kLength);
}

TEST_CASE("another major version is refused with both numbers") {
    newer::All seen;
    const Fault fault = read(bytes_of(sample(), {.major = 3, .minor = 0, .request = 0}), kNewer, seen);
    CHECK(fault.code == FaultCode::kMajor);
    CHECK(describe(fault) == "the sender speaks major version 3, this program 2; update the older one");
}

TEST_CASE("a message that its sender's version does not have is refused") {
    newer::All seen;
    const Fault fault =
        read(bytes_of(sample(), {.major = 2, .minor = 1, .request = 0}), {.major = 2, .minor = 2, .since = 2}, seen);
    CHECK(fault.code == FaultCode::kTooNew);
    CHECK(describe(fault) == "All: exists since minor version 2, its sender speaks 1");
}

TEST_CASE("each hostile field is refused by its name") {
    using Layout = Codec<newer::All>;
    struct Case {
        std::size_t at;
        unsigned byte;
        FaultCode code;
        std::string_view where;
    };
    const Case cases[] = {{Layout::kAtFlag, 2, FaultCode::kRange, "All.flag"},
                          {Layout::kAtC, 9, FaultCode::kRange, "All.c"},
                          {Layout::kAtC + 3, 255, FaultCode::kRange, "All.c"},
                          {Layout::kAtE, 0x9b, FaultCode::kRange, "All.e"},
                          {Layout::kAtKind, 3, FaultCode::kEnum, "All.kind"},
                          {Layout::kAtTitle, 13, FaultCode::kBound, "All.title"},
                          {Layout::kAtTitle + 1, 1, FaultCode::kBound, "All.title"},
                          {Layout::kAtBlob, 6, FaultCode::kBound, "All.blob"},
                          {Layout::kAtPlace + 3, 0x7f, FaultCode::kRange, "Point.x"}, // not a number
                          {Layout::kAtPath + 12 + 3, 0xff, FaultCode::kRange, "Point.x"},
                          {Layout::kAtNumbers + 5, 4, FaultCode::kRange, "All.numbers"},
                          {Layout::kAtKinds + 1, 2, FaultCode::kEnum, "All.kinds"},
                          {Layout::kAtNames + 5, 4, FaultCode::kBound, "All.names"},
                          {Layout::kAtFlags + 2, 255, FaultCode::kRange, "All.flags"},
                          {Layout::kAtLater, 7, FaultCode::kRange, "All.later"},
                          {Layout::kAtTag, 5, FaultCode::kBound, "All.tag"}};
    const auto good = bytes_of(sample(), {.major = 2, .minor = 2, .request = 0});
    for (const Case& one : cases) {
        CAPTURE(one.where, one.at);
        auto bytes = good;
        bytes.at(kHeadBytes + one.at) = std::byte{static_cast<std::uint8_t>(one.byte)};
        newer::All seen;
        const Fault fault = read(bytes, kNewer, seen);
        CHECK(fault.code == one.code);
        CHECK(std::string_view{fault.where} == one.where);
        CHECK(describe(fault).starts_with(one.where));
    }
}

TEST_CASE("every length but the right one is refused") {
    const auto good = bytes_of(sample(), {.major = 2, .minor = 2, .request = 0});
    for (std::size_t length = 0; length < good.size() + 3; ++length) {
        std::vector<std::byte> bytes(good.begin(),
                                     good.begin() + static_cast<std::ptrdiff_t>(std::min(length, good.size())));
        bytes.resize(length);
        bytes.shrink_to_fit(); // a sanitizer sees a read beyond it
        newer::All seen;
        CHECK(static_cast<bool>(read(bytes, kNewer, seen)) == (length != good.size()));
    }
}

TEST_CASE("a value outside of its range is not written") {
    std::array<std::byte, kHeadBytes + Codec<newer::All>::kBytes> bytes{};
    newer::All all = sample();
    all.numbers[2] = 1000;
    CHECK(encode(bytes.data(), {.major = 2, .minor = 2, .request = 0}, all).code == FaultCode::kRange);
    all = sample();
    all.place.y = std::numeric_limits<double>::quiet_NaN();
    CHECK(std::string_view{encode(bytes.data(), {.major = 2, .minor = 2, .request = 0}, all).where} == "Point.y");
    all = sample();
    all.kind = static_cast<newer::Kind>(200);
    CHECK(encode(bytes.data(), {.major = 2, .minor = 2, .request = 0}, all).code == FaultCode::kEnum);
    CHECK(bytes == decltype(bytes){});
}

TEST_CASE("bounded text and bytes keep what they have when something does not fit") {
    BoundedString<3> text{"abc"};
    CHECK(!text.assign("abcd"));
    CHECK(text == "abc");
    CHECK(text.assign(""));
    CHECK(text.empty());
    BoundedBytes<2> bytes;
    const std::array three{std::byte{1}, std::byte{2}, std::byte{3}};
    CHECK(!bytes.assign(three));
    CHECK(bytes.assign(std::span{three}.first(2)));
    CHECK(bytes.length() == 2);
}
