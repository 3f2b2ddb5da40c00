// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The bare ring that FIGCOM is measured against: two indices, each on lines of its own, each side
// keeping a private copy of the other's and reading it again only when that copy runs out.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace zeta::bench {

template <typename T, std::size_t kCapacity>
class BareRing {
    static_assert((kCapacity & (kCapacity - 1)) == 0);

public:
    bool try_push(const T& value) noexcept {
        const std::uint64_t at = head_.load(std::memory_order_relaxed);
        if (at - seen_tail_ == kCapacity) {
            seen_tail_ = tail_.load(std::memory_order_acquire);
            if (at - seen_tail_ == kCapacity) {
                return false;
            }
        }
        slots_[at % kCapacity] = value;
        head_.store(at + 1, std::memory_order_release);
        return true;
    }

    bool try_pop(T& value) noexcept {
        const std::uint64_t at = tail_.load(std::memory_order_relaxed);
        if (at == seen_head_) {
            seen_head_ = head_.load(std::memory_order_acquire);
            if (at == seen_head_) {
                return false;
            }
        }
        value = slots_[at % kCapacity];
        tail_.store(at + 1, std::memory_order_release);
        return true;
    }

private:
    alignas(128) std::atomic<std::uint64_t> head_{0};
    alignas(128) std::uint64_t seen_tail_{0};
    alignas(128) std::atomic<std::uint64_t> tail_{0};
    alignas(128) std::uint64_t seen_head_{0};
    alignas(128) std::array<T, kCapacity> slots_{};
};

} // namespace zeta::bench
