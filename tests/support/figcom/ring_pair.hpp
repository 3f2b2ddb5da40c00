// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two formatted regions in plain memory and a ring between them: the core without a carrier.

#include "figcom-vbus/core/consumer.hpp"
#include "figcom-vbus/core/producer.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace zeta::figcom::support {

struct AlignedMemory {
    explicit AlignedMemory(std::size_t length)
        : owned(static_cast<std::byte*>(std::aligned_alloc(kPageBytes, length)), &std::free),
          bytes(owned.get(), length) {
        std::ranges::fill(bytes, std::byte{0});
    }
    std::unique_ptr<std::byte, void (*)(void*)> owned;
    std::span<std::byte> bytes;
};

/// One direction: the producer's region, and the region whose progress word the consumer owns.
template <Trust kTrust = Trust::kUntrusted>
struct RingPair {
    explicit RingPair(const RegionSpec& spec)
        : layout(lay_out(spec).value()), sender(layout.region_bytes), receiver(layout.region_bytes),
          producer(sender.bytes, layout, 0, &header_of(receiver.bytes).progress[0].consumed),
          consumer(sender.bytes, layout, 0, &header_of(receiver.bytes).progress[0]) {
        need(format_region(sender.bytes, layout));
        need(format_region(receiver.bytes, layout));
    }
    RegionLayout layout;
    AlignedMemory sender;
    AlignedMemory receiver;
    Producer producer;
    Consumer<kTrust> consumer;

private:
    static void need(const Result<void>& result) {
        if (!result) {
            std::abort();
        }
    }
};

} // namespace zeta::figcom::support
