// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/store.hpp"

#include "tests/support/scratch_folder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <filesystem>
#include <fstream>

using namespace zeta;
using namespace zeta::zetad;

namespace {
GuestRecord record(const char* guest_name, const char* uuid) {
    return {uuid, guest_name, GuestPhase::kCreating, "name = \"x\"\n", 1};
}
} // namespace

TEST_CASE("what the store took is there after it is opened again") {
    const test::ScratchFolder folder;
    {
        const auto store = Store::open(folder.file("state.db"));
        REQUIRE(store.has_value());
        REQUIRE((*store)->insert(record("alpha", "u1")).has_value());
        REQUIRE((*store)->insert(record("beta", "u2")).has_value());
        REQUIRE((*store)->set_phase("u1", GuestPhase::kPresent).has_value());
        REQUIRE((*store)->erase("u2").has_value());
    }
    const auto store = Store::open(folder.file("state.db"));
    REQUIRE(store.has_value());
    const auto all = (*store)->all();
    REQUIRE(all->size() == 1);
    CHECK(all->front().name == "alpha");
    CHECK(all->front().phase == GuestPhase::kPresent);
    CHECK((*store)->damaged_aside().empty());
}

TEST_CASE("a taken name, a missing guest and a second zetad are refused") {
    const test::ScratchFolder folder;
    const auto store = Store::open(folder.file("state.db"));
    REQUIRE((*store)->insert(record("alpha", "u1")).has_value());
    CHECK((*store)->insert(record("alpha", "u2")).error().code == ErrorCode::kAlreadyExists);
    CHECK((*store)->set_phase("nobody", GuestPhase::kPresent).error().code == ErrorCode::kNotFound);
    const auto second = Store::open(folder.file("state.db"));
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == ErrorCode::kConflict);
}

TEST_CASE("a damaged store is moved aside, named, and replaced by an empty one") {
    const test::ScratchFolder folder;
    const std::string path = folder.file("state.db");
    REQUIRE((*Store::open(path))->insert(record("alpha", "u1")).has_value());
    {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.write("no database at all", 18);
    }
    const auto store = Store::open(path);
    REQUIRE(store.has_value());
    CHECK((*store)->all()->empty());
    CHECK(std::filesystem::exists((*store)->damaged_aside()));
}

TEST_CASE("a store of a newer zetad is left alone") {
    const test::ScratchFolder folder;
    const std::string path = folder.file("state.db");
    {
        auto database = Database::open(path, nullptr);
        REQUIRE(database->run("PRAGMA user_version=99").has_value());
    }
    const auto store = Store::open(path);
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error().code == ErrorCode::kUnsupported);
    CHECK(Database::open(path, nullptr)->value("PRAGMA user_version") == "99");
}
