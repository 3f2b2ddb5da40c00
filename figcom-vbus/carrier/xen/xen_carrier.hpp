// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// FIGCOM between Xen domains: regions are read-only grants, doorbells are event channels. One
// grant reference names a region: its header page carries the others. A peer is a domain id. Layer 1.

#include "figcom-vbus/core/carrier.hpp"

namespace zeta::figcom {

class XenCarrier final : public Carrier {
public:
    [[nodiscard]] Result<std::unique_ptr<Doorbell>> listen(PeerId peer) override;
    [[nodiscard]] Result<std::unique_ptr<Doorbell>> connect(PeerId peer, std::uint64_t port) override;
    /// At most FIGCOM_CARRIER_WORDS pages. When this process ends, however it ends, the kernel clears
    /// the region's `alive` byte and raises `doorbell`.
    [[nodiscard]] Result<std::unique_ptr<OwnedMemory>> allocate(PeerId peer, Bytes bytes,
                                                                const Doorbell& doorbell) override;
    [[nodiscard]] Result<std::unique_ptr<MappedMemory>> map(PeerId peer, std::uint64_t reference, Bytes limit) override;
    void describe(OwnedMemory& memory) noexcept override;
};

} // namespace zeta::figcom
