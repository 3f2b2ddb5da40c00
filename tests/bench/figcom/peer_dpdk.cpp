// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// DPDK's rte_ring, single producer and single consumer, 16-byte elements, in plain memory: its data path
// is inline code that needs no environment of DPDK's.
#include "tests/bench/figcom/peers.hpp"

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <cstdlib>

namespace zeta::bench {

namespace {

constexpr unsigned kElementBytes = 16;

class DpdkRing final : public BulkRing {
public:
    explicit DpdkRing(rte_ring* ring) noexcept : ring_(ring) {}
    ~DpdkRing() override { std::free(ring_); }
    bool try_put(std::span<const std::byte> messages) noexcept override {
        return rte_ring_sp_enqueue_bulk_elem(ring_, messages.data(), kElementBytes,
                                             static_cast<unsigned>(messages.size() / kElementBytes), nullptr) != 0;
    }
    bool try_get(std::span<std::byte> messages) noexcept override {
        return rte_ring_sc_dequeue_bulk_elem(ring_, messages.data(), kElementBytes,
                                             static_cast<unsigned>(messages.size() / kElementBytes), nullptr) != 0;
    }

private:
    rte_ring* ring_;
};

} // namespace

Made<BulkRing> make_dpdk_ring(std::uint32_t messages) {
    // Elements of pointer size, twice as many: rte_ring_get_memsize_elem() has no C linkage in DPDK 24.11's header.
    const ssize_t bytes = rte_ring_get_memsize(static_cast<unsigned>(messages * (kElementBytes / sizeof(void*))));
    if (bytes < 0) {
        return {.peer = nullptr, .why = "rte_ring refuses this number of elements", .absent = false};
    }
    constexpr std::size_t kPage = 4096;
    const std::size_t rounded = (static_cast<std::size_t>(bytes) + kPage - 1) / kPage * kPage;
    auto* const ring = static_cast<rte_ring*>(std::aligned_alloc(kPage, rounded));
    if (ring == nullptr || rte_ring_init(ring, "bench", messages, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
        std::free(ring);
        return {.peer = nullptr, .why = "rte_ring_init failed", .absent = false};
    }
    return {.peer = std::make_unique<DpdkRing>(ring), .why = {}, .absent = false};
}

} // namespace zeta::bench
