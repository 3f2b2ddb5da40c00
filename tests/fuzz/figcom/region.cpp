// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// A peer's whole region, header and rings, as hostile bytes: inspected, then read as a consumer would.
#include "figcom-vbus/core/region.hpp"
#include "figcom-vbus/core/consumer.hpp"
#include "figcom-vbus/core/state.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    using namespace zeta::figcom;
    const std::size_t rounded = (length + 4095) / 4096 * 4096;
    if (rounded == 0 || rounded > 65536) {
        return 0;
    }
    const std::unique_ptr<std::byte, void (*)(void*)> memory{static_cast<std::byte*>(std::aligned_alloc(4096, rounded)),
                                                             &std::free};
    std::memset(memory.get(), 0, rounded);
    std::memcpy(memory.get(), data, length);
    const std::span<const std::byte> region{memory.get(), rounded};
    const auto layout = inspect_region(region);
    if (!layout) {
        return 0;
    }
    for (std::uint8_t priority = 0; priority < layout->priority_count; ++priority) {
        figcom_progress progress{};
        Consumer<Trust::kUntrusted> consumer{region, *layout, priority, &progress};
        std::array<std::byte, 2048> buffer{};
        for (int i = 0; i < 64; ++i) {
            MessageHead head;
            std::size_t taken = 0;
            std::size_t count = 1;
            const ReceiveStatus status = i % 3 == 0 ? consumer.try_receive(head, buffer, taken)
                                                    : consumer.try_receive_many(head, buffer, taken, count);
            if (status == ReceiveStatus::kReceived && count * taken > buffer.size()) {
                std::abort();
            }
        }
    }
    for (std::uint32_t index = 0; index < layout->state_count; ++index) {
        StateReader reader{region, *layout, index};
        std::array<std::byte, 2048> buffer{};
        if (const auto head = reader.read(buffer); head && head->length > buffer.size()) {
            std::abort();
        }
    }
    return 0;
}
