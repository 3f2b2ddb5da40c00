// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two domains and a way for bytes between them, as the measurement sees it.

#include "hypervisor/base/result.hpp"
#include "hypervisor/client/xenstore.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

namespace zeta::bench {

/// How a side waits for the other.
enum class Waiting { kPolled, kAsleep };

/// What the two sides are told by the one who runs the benchmark, in XenStore below data/bench.
struct Part {
    bool server{false};
    std::uint32_t peer{0}; ///< domain id
};

class Bus {
public:
    Bus() = default;
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    virtual ~Bus() = default;

    /// Both block, in the manner of `waiting`. False: the peer is gone, or this took unreasonably long.
    [[nodiscard]] virtual bool send(std::span<const std::byte> message, Waiting waiting) = 0;
    [[nodiscard]] virtual bool receive(std::span<std::byte> message, Waiting waiting) = 0;
};

[[nodiscard]] Result<std::unique_ptr<Bus>> make_figcom_bus(const Part& part, XenStore& store);
[[nodiscard]] Result<std::unique_ptr<Bus>> make_vchan_bus(const Part& part, XenStore& store);

/// Waits until somebody has written `path` below data/bench of this domain, and takes it away.
[[nodiscard]] Result<std::string> take_note(XenStore& store, std::string_view name);

/// Every ioctl() of this program so far: event channels and grants have no other way to the hypervisor.
[[nodiscard]] std::uint64_t ioctl_count() noexcept;

} // namespace zeta::bench
