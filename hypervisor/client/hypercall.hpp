// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The zeta hypercall family, typed. Layer 0; zetad, the health watch and the
// guest agents call it. BasicHypervisor knows the ABI and checks every answer;
// its Port carries one argument to the hypervisor and back, so that a test can
// put another party there.

#include "hypervisor/abi/zeta.h"
#include "hypervisor/base/result.hpp"
#include "hypervisor/base/unique_handle.hpp"
#include "hypervisor/base/units.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

namespace zeta {

/// What the hypervisor says that it is and can do.
struct HypervisorCapabilities {
    std::uint32_t abi_version_min{};
    std::uint32_t abi_version_max{};
    std::uint16_t product_major{};
    std::uint16_t product_minor{};
    std::uint16_t product_patch{};
    std::uint64_t features{}; ///< ZETA_FEATURE_… bits

    [[nodiscard]] constexpr bool has(std::uint64_t feature) const noexcept { return (features & feature) == feature; }
};

/// One domain's last beat, as the hypervisor saw it.
struct DomainHealth {
    std::uint64_t word{};                                 ///< the domain's own meaning
    std::uint64_t beats{};                                ///< since creation or soft reset
    std::optional<std::chrono::nanoseconds> since_beat{}; ///< none: it never beat
};

/// Carries arguments through /dev/xen/privcmd, in memory that the kernel never moves.
class PrivcmdPort {
public:
    /// Errors: kNotFound no privcmd device (not a Xen guest, or module xen-privcmd is not loaded);
    /// kPermissionDenied the caller is not root; kResourceExhausted no memory to lock.
    [[nodiscard]] static Result<PrivcmdPort> open();

    /// One page, zeroed at first.
    [[nodiscard]] std::span<std::byte> buffer() noexcept { return {static_cast<std::byte*>(page_.get()), kPageBytes}; }

    /// Calls `op` with the buffer as its argument. Blocks: for the hypercall only.
    /// Errors: the hypervisor's own errno. kPermissionDenied may also be the kernel's: a guest's kernel lets
    /// programs make hypercalls only when it was told so (xen_privcmd.unrestricted).
    [[nodiscard]] Result<void> call(std::uint32_t op) noexcept;

private:
    struct PagePolicy {
        using Native = void*;
        static constexpr void* invalid() noexcept { return nullptr; }
        static void close(void* page) noexcept;
    };

    PrivcmdPort(UniqueFd privcmd, UniqueHandle<PagePolicy> page) noexcept
        : privcmd_(std::move(privcmd)), page_(std::move(page)) {}
    static UniqueHandle<PagePolicy> map_page();

    UniqueFd privcmd_;
    UniqueHandle<PagePolicy> page_;
};

/// Thread: one at a time for each object; objects are independent.
template <typename Port>
class BasicHypervisor {
public:
    /// Errors: as Port::open.
    [[nodiscard]] static Result<BasicHypervisor> open() {
        ZETA_TRY_ASSIGN(Port port, Port::open());
        return BasicHypervisor{std::move(port)};
    }
    explicit BasicHypervisor(Port port) noexcept : port_(std::move(port)) {}

    /// Errors: kUnsupported this is not our hypervisor, or it is one that speaks another ABI version.
    [[nodiscard]] Result<HypervisorCapabilities> capabilities() {
        zeta_capabilities argument{};
        ZETA_TRY(exchange(ZETA_OP_CAPABILITIES, argument));
        if (argument.abi_version_min > ZETA_ABI_VERSION || argument.abi_version_max < ZETA_ABI_VERSION) {
            return fail(ErrorCode::kUnsupported, "agree on a hypercall ABI version");
        }
        return HypervisorCapabilities{.abi_version_min = argument.abi_version_min,
                                      .abi_version_max = argument.abi_version_max,
                                      .product_major = argument.product_major,
                                      .product_minor = argument.product_minor,
                                      .product_patch = argument.product_patch,
                                      .features = argument.features};
    }

    /// Stores `word` as this domain's health and says that it is alive now.
    /// Errors: kUnsupported as above; kPermissionDenied the kernel refuses hypercalls from programs.
    [[nodiscard]] Result<void> beat(std::uint64_t word) {
        zeta_health_beat argument{.header = {}, .word = word};
        return exchange(ZETA_OP_HEALTH_BEAT, argument);
    }

    /// The last beat of `domain`, the caller's own domain included.
    /// Errors: kPermissionDenied not the control domain; kNotFound no such domain; kUnsupported as above;
    /// kCorrupt the answer contradicts itself.
    [[nodiscard]] Result<DomainHealth> read_health(DomId domain) {
        zeta_health_read argument{};
        argument.domid = domain.value;
        ZETA_TRY(exchange(ZETA_OP_HEALTH_READ, argument));
        if (argument.domid != domain.value || argument.now_ns < argument.beat_ns) {
            return fail(ErrorCode::kCorrupt, "read a domain's health");
        }
        DomainHealth health{.word = argument.word, .beats = argument.beats, .since_beat = {}};
        if (health.beats != 0) {
            health.since_beat = std::chrono::nanoseconds{argument.now_ns - argument.beat_ns};
        }
        return health;
    }

    [[nodiscard]] Port& port() noexcept { return port_; }

private:
    /// Fills in the header, calls, and takes the answer. The header is ours and is not read back.
    template <typename Argument>
    Result<void> exchange(std::uint32_t op, Argument& argument) {
        static_assert(std::is_trivially_copyable_v<Argument> && sizeof(Argument) <= kPageBytes);
        argument.header = {.version = ZETA_ABI_VERSION, .bytes = sizeof(Argument)};
        std::span<std::byte> buffer = port_.buffer();
        std::memcpy(buffer.data(), &argument, sizeof(Argument));
        ZETA_TRY(port_.call(op));
        std::memcpy(&argument, buffer.data(), sizeof(Argument));
        return {};
    }

    Port port_;
};

using Hypervisor = BasicHypervisor<PrivcmdPort>;

} // namespace zeta
