// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a carrier provides: memory that one peer may read, the peer's memory, and a way to
// wake each other. Used while a channel is set up and when a side sleeps; never per polled
// message. Layer 1; implemented in figcom-vbus/carrier.

#include "hypervisor/base/result.hpp"
#include "hypervisor/base/units.hpp"

#include <poll.h>

#include <cerrno>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace zeta::figcom {

/// Who is at the other end: a domain id (Xen) or a process id (local). The carrier vouches for it.
struct PeerId {
    std::uint32_t value{0};
    friend auto operator<=>(PeerId, PeerId) = default;
};

class Doorbell {
public:
    Doorbell() = default;
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;
    virtual ~Doorbell() = default;

    /// Wakes the peer if it sleeps on its end.
    [[nodiscard]] virtual Result<void> notify() noexcept = 0;
    /// Takes what woke us. Never blocks.
    virtual void drain() noexcept = 0;
    /// Readable when the peer notified us, and when it died.
    [[nodiscard]] virtual int fd() const noexcept = 0;
    /// What the peer needs to connect to this doorbell.
    [[nodiscard]] virtual std::uint64_t port() const noexcept = 0;
    /// Sleeps until fd() is readable, at most `timeout_ms`. False: the time is over, or a signal came.
    /// Blocks. Errors: what poll(2) reports.
    [[nodiscard]] virtual Result<bool> sleep(int timeout_ms) noexcept {
        pollfd waiting{.fd = fd(), .events = POLLIN, .revents = 0};
        const int ready = ::poll(&waiting, 1, timeout_ms);
        if (ready < 0 && errno != EINTR) {
            return fail_errno(errno, "sleep on a doorbell");
        }
        return ready > 0;
    }
    /// Whether the carrier itself knows that the peer is gone. The region's `alive` byte may know more.
    [[nodiscard]] virtual bool peer_gone() const noexcept = 0;
    /// Names the peer of a doorbell that listened before its peer was known.
    virtual void meet(PeerId /*peer*/) noexcept {}
};

/// Memory that we write and one peer may read. Zeroed.
class OwnedMemory {
public:
    OwnedMemory() = default;
    OwnedMemory(const OwnedMemory&) = delete;
    OwnedMemory& operator=(const OwnedMemory&) = delete;
    virtual ~OwnedMemory() = default;

    [[nodiscard]] virtual std::span<std::byte> bytes() const noexcept = 0;
    /// What the peer needs to map it.
    [[nodiscard]] virtual std::uint64_t reference() const noexcept = 0;
    /// Takes the memory away from the peer and puts private zeros in its place, so that whoever still uses
    /// bytes() harms nobody. False: this carrier cannot; the memory must be destroyed instead.
    [[nodiscard]] virtual bool revoke() noexcept { return false; }
};

/// A peer's memory: read-only for us, the peer's to change at any time.
class MappedMemory {
public:
    MappedMemory() = default;
    MappedMemory(const MappedMemory&) = delete;
    MappedMemory& operator=(const MappedMemory&) = delete;
    virtual ~MappedMemory() = default;

    [[nodiscard]] virtual std::span<const std::byte> bytes() const noexcept = 0;
    /// Lets go of the peer's memory and puts zeros in its place. False: this carrier cannot; as above.
    [[nodiscard]] virtual bool revoke() noexcept { return false; }
};

class Carrier {
public:
    Carrier() = default;
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;
    virtual ~Carrier() = default;

    /// A doorbell that `peer` may connect to.
    [[nodiscard]] virtual Result<std::unique_ptr<Doorbell>> listen(PeerId peer) = 0;
    /// The other end of `peer`'s doorbell.
    [[nodiscard]] virtual Result<std::unique_ptr<Doorbell>> connect(PeerId peer, std::uint64_t port) = 0;
    /// Memory for `peer` to read; `doorbell` is rung should we die.
    /// Errors: kResourceExhausted, kInvalidArgument beyond what the carrier can pass at once.
    [[nodiscard]] virtual Result<std::unique_ptr<OwnedMemory>> allocate(PeerId peer, Bytes bytes,
                                                                        const Doorbell& doorbell) = 0;
    /// The region of `peer` behind `reference`, whole, at most `limit`.
    /// Errors: kCorrupt, kUnsupported as inspect_region; kResourceExhausted beyond `limit`.
    [[nodiscard]] virtual Result<std::unique_ptr<MappedMemory>> map(PeerId peer, std::uint64_t reference,
                                                                    Bytes limit) = 0;
    /// Called between format_region and publish: lets the carrier write its words into the header.
    virtual void describe(OwnedMemory& memory) noexcept = 0;
};

} // namespace zeta::figcom
