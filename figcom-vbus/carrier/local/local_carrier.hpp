// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// FIGCOM between processes of one user on one kernel: sealed memfds, pipes as doorbells,
// pidfds for death. A peer reaches them through /proc/PID/fd, so the kernel's own access check
// decides who may. A peer is a process id. Layer 1.

#include "figcom-vbus/core/carrier.hpp"

namespace zeta::figcom {

class LocalCarrier final : public Carrier {
public:
    /// `peer` may be 0 where it is not yet known; Doorbell::meet() names it later.
    [[nodiscard]] Result<std::unique_ptr<Doorbell>> listen(PeerId peer) override;
    [[nodiscard]] Result<std::unique_ptr<Doorbell>> connect(PeerId peer, std::uint64_t port) override;
    /// Sealed so that it can neither shrink nor be written through any later mapping.
    [[nodiscard]] Result<std::unique_ptr<OwnedMemory>> allocate(PeerId peer, Bytes bytes,
                                                                const Doorbell& doorbell) override;
    [[nodiscard]] Result<std::unique_ptr<MappedMemory>> map(PeerId peer, std::uint64_t reference, Bytes limit) override;
    void describe(OwnedMemory& /*memory*/) noexcept override {}
};

} // namespace zeta::figcom
