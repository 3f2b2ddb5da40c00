// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/client/hypercall.hpp"

#include "tests/overlay/harness/world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cerrno>
#include <functional>

using namespace zeta::overlay;
using zeta::DomId;
using zeta::ErrorCode;

namespace {

/// Hands the client's argument to the overlay's real code.
struct HarnessPort {
    std::array<std::byte, zeta::kPageBytes> page{};
    std::function<void(std::span<std::byte>)> spoil; // what lies between changes the answer

    std::span<std::byte> buffer() { return page; }
    zeta::Result<void> call(std::uint32_t op) {
        constexpr std::uint64_t address = 0x10000;
        harness.ranges[1] = {.start = address,
                             .count = page.size(),
                             .bytes = reinterpret_cast<std::uint8_t*>(page.data()),
                             .writable = true};
        const long rc = harness_zeta_op(op, address);
        if (spoil) {
            spoil(page);
        }
        if (rc != 0) {
            return zeta::fail_errno(static_cast<int>(-rc), "make a zeta hypercall", zeta::ErrorOrigin::kHypervisor);
        }
        return {};
    }
};

using Client = zeta::BasicHypervisor<HarnessPort>;

template <typename T>
void spoil_answer(Client& client, void (*change)(T&)) {
    client.port().spoil = [change](std::span<std::byte> page) {
        T value;
        std::memcpy(&value, page.data(), sizeof(T));
        change(value);
        std::memcpy(page.data(), &value, sizeof(T));
    };
}

} // namespace

TEST_CASE("the client reads the capabilities") {
    World world;
    Client client{HarnessPort{}};
    const auto capabilities = client.capabilities();
    REQUIRE(capabilities);
    CHECK(capabilities->has(ZETA_FEATURE_HEALTH));
    CHECK_FALSE(capabilities->has(ZETA_FEATURE_HEALTH << 1));
    CHECK(capabilities->product_major == 11);
}

TEST_CASE("the client beats and the control domain's client reads it") {
    World world;
    Client client{HarnessPort{}};
    world.become(kGuest);
    REQUIRE(client.beat(99));
    world.become(0);
    harness.now_ns += 5000;
    const auto health = client.read_health(DomId{kGuest});
    REQUIRE(health);
    CHECK(health->word == 99);
    CHECK(health->beats == 1);
    REQUIRE(health->since_beat);
    CHECK(health->since_beat->count() == 5001);
}

TEST_CASE("a domain that never beat has no time since its beat") {
    World world;
    Client client{HarnessPort{}};
    const auto health = client.read_health(DomId{kGuest});
    REQUIRE(health);
    CHECK(health->beats == 0);
    CHECK_FALSE(health->since_beat);
}

TEST_CASE("the client hands the hypervisor's refusals on") {
    World world;
    Client client{HarnessPort{}};
    const auto missing = client.read_health(DomId{77});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::kNotFound);
    CHECK(missing.error().native == ESRCH);
    CHECK(missing.error().origin == zeta::ErrorOrigin::kHypervisor);
    world.become(kGuest);
    const auto refused = client.read_health(DomId{0});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kPermissionDenied);
}

TEST_CASE("the client refuses a hypervisor that speaks another ABI") {
    World world;
    Client client{HarnessPort{}};
    spoil_answer<zeta_capabilities>(client, [](zeta_capabilities& answer) { answer.abi_version_min = 2; });
    const auto newer = client.capabilities();
    REQUIRE_FALSE(newer);
    CHECK(newer.error().code == ErrorCode::kUnsupported);
    spoil_answer<zeta_capabilities>(client, [](zeta_capabilities& answer) { answer.abi_version_max = 0; });
    CHECK_FALSE(client.capabilities());
}

TEST_CASE("the client refuses an answer that contradicts itself") {
    World world;
    Client client{HarnessPort{}};
    spoil_answer<zeta_health_read>(client, [](zeta_health_read& answer) { answer.domid = 1; });
    const auto other = client.read_health(DomId{kGuest});
    REQUIRE_FALSE(other);
    CHECK(other.error().code == ErrorCode::kCorrupt);
    spoil_answer<zeta_health_read>(client, [](zeta_health_read& answer) { answer.beat_ns = answer.now_ns + 1; });
    CHECK_FALSE(client.read_health(DomId{kGuest}));
}
