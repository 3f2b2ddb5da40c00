// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/client/xenstore.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cerrno>
#include <cstring>

using namespace zeta;

namespace {
std::string message(std::uint32_t type, std::uint32_t request, std::string_view payload) {
    const std::uint32_t words[] = {type, request, 0, static_cast<std::uint32_t>(payload.size())};
    std::string bytes(sizeof words, '\0');
    std::memcpy(bytes.data(), words, sizeof words);
    return bytes + std::string{payload};
}
using namespace std::string_view_literals;
} // namespace

TEST_CASE("messages are cut out of pieces of any size") {
    const std::string stream = message(2, 7, "value") + message(15, 0, "path\0token\0"sv) + message(11, 8, "");
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        XenStoreAssembler assembler;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            REQUIRE(assembler.add(std::span{stream}.subspan(at, std::min(piece, stream.size() - at))));
        }
        const auto first = assembler.take();
        REQUIRE(first);
        CHECK(first->type == 2);
        CHECK(first->request_id == 7);
        CHECK(first->payload == "value");
        CHECK(assembler.take()->payload == "path\0token\0"sv);
        CHECK(assembler.take()->payload.empty());
        CHECK(!assembler.take());
    }
}

TEST_CASE("a message beyond the protocol's limit ends the stream") {
    XenStoreAssembler assembler;
    const std::uint32_t words[] = {2, 1, 0, 4097};
    std::string bytes(sizeof words, '\0');
    std::memcpy(bytes.data(), words, sizeof words);
    CHECK(!assembler.add(bytes));
    CHECK(!assembler.add(message(2, 1, "x")));
    CHECK(!assembler.take());
}

TEST_CASE("events, names and errors are read within their bounds") {
    CHECK(parse_xenstore_event("a/b\0t\0"sv)->path == "a/b");
    CHECK(parse_xenstore_event("a/b\0t\0"sv)->token == "t");
    for (const auto bad : {""sv, "a"sv, "a\0"sv, "a\0t"sv, "\0t\0"sv}) {
        CHECK(!parse_xenstore_event(bad));
    }
    CHECK(parse_xenstore_names("1\0002\0"sv) == std::vector<std::string>{"1", "2"});
    CHECK(parse_xenstore_names("1\0\0\0003"sv) == std::vector<std::string>{"1", "3"});
    CHECK(parse_xenstore_names(""sv).empty());
    CHECK(xenstore_errno("ENOENT\0"sv) == ENOENT);
    CHECK(xenstore_errno("EACCES"sv) == EACCES);
    CHECK(xenstore_errno("EWHATEVER\0"sv) == EIO);
}
