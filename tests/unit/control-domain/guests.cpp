// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// The guest service over libvirt's own test driver, in this process: its domains outlive each Guests object, as real
// ones outlive a dead zetad.
#include "control-domain/zetad/guests.hpp"

#include "control-domain/zetad/libvirt_virtualization.hpp"
#include "tests/support/mortal_virtualization.hpp"
#include "tests/support/scratch_folder.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <format>

using namespace zeta;
using namespace zeta::zetad;
using test::Fate;

namespace {

LibvirtVirtualization& libvirt() {
    static const auto link = LibvirtVirtualization::create({.uri = "test:///default", .definitions_folder = ""}, [] {});
    return *link;
}

/// One zetad's worth of objects on a store that outlives them.
struct World {
    World() {
        kernel = folder.write("vmlinuz", "kernel");
        folder.write("linux-shell.toml", std::format("type = \"pvh\"\nmemory = \"64MiB\"\nkernel = \"{}\"\n", kernel));
        wake();
    }
    ~World() {
        virt.set_fate(Fate::kNone, 0);
        const auto left = libvirt().list();
        for (const DomainView& domain : *left) {
            if (domain.name != "test") {
                static_cast<void>(libvirt().destroy(domain.uuid));
                static_cast<void>(libvirt().undefine(domain.uuid));
            }
        }
    }
    /// What a start of zetad does; any earlier one is dead.
    void wake() {
        guests.reset();
        store.reset();
        auto opened = Store::open(folder.file("state.db"));
        REQUIRE(opened.has_value());
        store = std::move(*opened);
        guests.emplace(*store, virt, templates);
    }
    [[nodiscard]] GuestRequest request(const std::string& text) const { return {text, "test.toml", "", true}; }
    [[nodiscard]] GuestRequest alpha() const {
        return request("name = \"alpha\"\ntemplate = \"linux-shell\"\nautostart = true\n");
    }
    [[nodiscard]] std::optional<DomainView> domain(const char* domain_name) const {
        return *libvirt().find_by_name(domain_name);
    }
    /// The two places say the same: all of alpha, or nothing of it. True: all.
    [[nodiscard]] bool whole() const {
        const auto record = *store->find_by_name("alpha");
        const auto there = domain("alpha");
        CHECK(record.has_value() == there.has_value());
        if (record && there) {
            CHECK(record->phase == GuestPhase::kPresent);
            CHECK(record->uuid == there->uuid);
            CHECK(there->active);
            CHECK(there->persistent);
        }
        return record.has_value();
    }

    test::ScratchFolder folder;
    std::string kernel;
    test::MortalVirtualization virt{libvirt()};
    TemplateFolder templates{folder.path()};
    std::unique_ptr<Store> store;
    std::optional<Guests> guests;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("a guest is created, shown, destroyed, started and deleted") {
    World world;
    const auto made = world.guests->create(world.alpha());
    REQUIRE(made.has_value());
    CHECK(made->domain.active);
    CHECK(made->managed);
    CHECK(made->spec->memory.value == 64ULL << 20U);
    CHECK(world.whole());
    CHECK(world.guests->remove("alpha", false).error().code == ErrorCode::kConflict);
    REQUIRE(world.guests->destroy("alpha").has_value());
    CHECK(world.guests->destroy("alpha").error().code == ErrorCode::kConflict);
    REQUIRE(world.guests->start("alpha").has_value());
    REQUIRE(world.guests->remove("alpha", true).has_value());
    CHECK_FALSE(world.whole());
    CHECK(world.guests->show("alpha").error().code == ErrorCode::kNotFound);
}

TEST_CASE("what cannot be created leaves nothing") {
    World world;
    REQUIRE(world.guests->create(world.alpha()).has_value());
    const auto refused = [&world](const std::string& text) {
        const auto made = world.guests->create(world.request(text));
        REQUIRE_FALSE(made.has_value());
        CHECK(world.store->all()->size() == 1);
        CHECK(libvirt().list()->size() == 2);
        return made.error().text;
    };
    const std::string beta = "name = \"beta\"\ntemplate = \"linux-shell\"\n";
    CHECK(has(refused("name = \"alpha\"\ntemplate = \"linux-shell\"\n"), "exists already"));
    CHECK(has(refused("name = \"test\"\ntemplate = \"linux-shell\"\n"), "exists already"));
    CHECK(has(refused(beta + "memory = \"0MiB\"\n"), "guest beta: memory: 0"));
    CHECK(has(refused(beta + "memory = \"900GiB\"\n"), "more than the host's free"));
    CHECK(has(refused(beta + "kernel = \"/nonexistent\"\n"), "guest beta: kernel: /nonexistent: No such file"));
    CHECK(has(refused(beta + "initrd = \"/\"\n"), "guest beta: initrd: /: no image"));
    CHECK(has(refused(beta + "memroy = \"1MiB\"\n"), "did you mean \"memory\""));
    CHECK(has(refused("name = \"beta\"\ntemplate = \"../linux-shell\"\n"), "there is: linux-shell"));
}

TEST_CASE("after a death at any step of a creation the guest is whole or not there") {
    const Fate fate = GENERATE(Fate::kDieBefore, Fate::kDieAfter);
    constexpr std::size_t kSteps = 4; // define, autostart, start, make durable
    for (std::size_t step = 0; step < kSteps; ++step) {
        INFO("step " << step << (fate == Fate::kDieBefore ? " before" : " after"));
        World world;
        world.virt.set_fate(fate, step);
        CHECK_THROWS_AS(world.guests->create(world.alpha()), test::Death);
        world.wake();
        const auto settled = world.guests->settle();
        REQUIRE(settled.has_value());
        CHECK(*settled == Settlement{.rolled_back = 1});
        CHECK_FALSE(world.whole());
        REQUIRE(world.guests->create(world.alpha()).has_value());
        CHECK(world.whole());
    }
}

TEST_CASE("a creation has exactly the steps that the death test walks through") {
    World world;
    REQUIRE(world.guests->create(world.alpha()).has_value());
    CHECK(world.virt.steps() == 4);
}

TEST_CASE("a death while the death is being settled is settled by the next start") {
    World world;
    world.virt.set_fate(Fate::kDieAfter, 2);
    CHECK_THROWS_AS(world.guests->create(world.alpha()), test::Death);
    for (std::size_t step = 0; step < 3; ++step) {
        world.wake();
        world.virt.set_fate(Fate::kDieAfter, step);
        CHECK_THROWS_AS(world.guests->settle(), test::Death);
    }
    world.wake();
    REQUIRE(world.guests->settle().has_value());
    CHECK_FALSE(world.whole());
}

TEST_CASE("after a death at any step of a deletion the guest is gone") {
    const Fate fate = GENERATE(Fate::kDieBefore, Fate::kDieAfter);
    for (std::size_t step = 0; step < 3; ++step) {
        World world;
        REQUIRE(world.guests->create(world.alpha()).has_value());
        world.virt.set_fate(fate, step);
        CHECK_THROWS_AS(world.guests->remove("alpha", true), test::Death);
        world.wake();
        CHECK(*world.guests->settle() == Settlement{.completed = 1});
        CHECK_FALSE(world.whole());
    }
}

TEST_CASE("a step that fails takes the whole creation back") {
    for (std::size_t step = 0; step < 4; ++step) {
        World world;
        world.virt.set_fate(Fate::kFail, step);
        const auto made = world.guests->create(world.alpha());
        REQUIRE_FALSE(made.has_value());
        CHECK(has(made.error().text, "guest alpha: not created"));
        CHECK_FALSE(world.whole());
        CHECK(world.guests->create(world.alpha()).has_value());
    }
}

TEST_CASE("a failed undoing is finished by the next change") {
    World world;
    world.virt.set_fate(Fate::kDieAfter, 0);
    CHECK_THROWS_AS(world.guests->create(world.alpha()), test::Death);
    world.wake();
    world.virt.set_fate(Fate::kFail, 1);
    CHECK_FALSE(world.guests->settle().has_value());
    CHECK(world.guests->create(world.alpha()).has_value());
    CHECK(world.whole());
}

TEST_CASE("a guest undefined through libvirt is forgotten") {
    World world;
    REQUIRE(world.guests->create(world.alpha()).has_value());
    const std::string uuid = world.domain("alpha")->uuid;
    REQUIRE(libvirt().destroy(uuid).has_value());
    REQUIRE(libvirt().undefine(uuid).has_value());
    CHECK(*world.guests->settle() == Settlement{.forgotten = 1});
    CHECK_FALSE(world.whole());
}

TEST_CASE("a lost store is filled again from libvirt's definitions, and foreign domains are left alone") {
    World world;
    const auto made = world.guests->create(world.alpha());
    REQUIRE(made.has_value());
    const auto before = *world.store->find_by_name("alpha");
    world.store.reset();
    world.folder.write("state.db", "damaged beyond reading, but long enough to be looked at by SQLite");
    world.wake();
    CHECK_FALSE(world.store->damaged_aside().empty());
    CHECK(*world.guests->settle() == Settlement{.adopted = 1});
    CHECK(world.whole());
    CHECK(world.store->find_by_name("alpha")->value().spec_toml == before->spec_toml);
    CHECK_FALSE(world.store->find_by_name("test")->has_value());
}
