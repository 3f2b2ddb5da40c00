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

template <typename T>
inline void store_relaxed(T& word, std::type_identity_t<T> value) noexcept {
    static_assert(std::is_integral_v<T>);
    __atomic_store_n(&word, value, __ATOMIC_RELAXED);
}

/// Writes bytes that a reader may be copying right now. Each word is a release store, so that what was
/// stored before the call (a seqlock's guard) is seen by whoever sees one of them; no fence is needed.
/// `shared` is aligned to 8.
inline void store_racing(void* shared, const void* source, std::size_t length) noexcept {
    auto* words = static_cast<std::uint64_t*>(shared);
    const auto* bytes = static_cast<const std::uint8_t*>(source);
    for (; length >= sizeof *words; length -= sizeof *words, bytes += sizeof *words) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes, sizeof word);
        store_release(*words++, word);
    }
    for (auto* tail = reinterpret_cast<std::uint8_t*>(words); length != 0; --length) {
        store_release(*tail++, *bytes++);
    }
}

/// The reader's half: acquire loads, so that the guard is loaded after every one of them.
inline void load_racing(void* target, const void* shared, std::size_t length) noexcept {
    const auto* words = static_cast<const std::uint64_t*>(shared);
    auto* bytes = static_cast<std::uint8_t*>(target);
    for (; length >= sizeof *words; length -= sizeof *words, bytes += sizeof *words) {
        const std::uint64_t word = load_acquire(*words++);
        std::memcpy(bytes, &word, sizeof word);
    }
    for (const auto* tail = reinterpret_cast<const std::uint8_t*>(words); length != 0; --length) {
        *bytes++ = load_acquire(*tail++);
    }
}

/// Copies hostile bytes once. Afterwards only the copy is looked at: the barrier keeps the
/// compiler from reading the source a second time in its place.
inline void copy_once(void* target, const void* source, std::size_t length) noexcept {
    std::memcpy(target, source, length);
    asm volatile("" ::: "memory");
}

} // namespace zeta::figcom
