// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// How this library touches memory that a peer can see or change: each shared
// word is loaded once, as one atomic access, into a private copy. Layer 1.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace zeta::figcom {

template <typename T>
[[nodiscard]] inline T load_relaxed(const T& word) noexcept {
    static_assert(std::is_integral_v<T>);
    return __atomic_load_n(&word, __ATOMIC_RELAXED);
}

template <typename T>
[[nodiscard]] inline T load_acquire(const T& word) noexcept {
    static_assert(std::is_integral_v<T>);
    return __atomic_load_n(&word, __ATOMIC_ACQUIRE);
}

/// Part of the sleep handshake: ordered with the other side's store_sequential.
template <typename T>
[[nodiscard]] inline T load_sequential(const T& word) noexcept {
    static_assert(std::is_integral_v<T>);
    return __atomic_load_n(&word, __ATOMIC_SEQ_CST);
}

template <typename T>
inline void store_release(T& word, std::type_identity_t<T> value) noexcept {
    static_assert(std::is_integral_v<T>);
    __atomic_store_n(&word, value, __ATOMIC_RELEASE);
}

template <typename T>
inline void store_sequential(T& word, std::type_identity_t<T> value) noexcept {
    static_assert(std::is_integral_v<T>);
    __atomic_store_n(&word, value, __ATOMIC_SEQ_CST);
}

/// Copies hostile bytes once. Afterwards only the copy is looked at: the barrier keeps the
/// compiler from reading the source a second time in its place.
inline void copy_once(void* target, const void* source, std::size_t length) noexcept {
    std::memcpy(target, source, length);
    asm volatile("" ::: "memory");
}

} // namespace zeta::figcom
