// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// UniqueHandle: the one move-only owner of a native resource. A policy names
// the native type, its invalid value and how to close it. Layer 0.

#include <unistd.h>

#include <utility>

namespace zeta {

template <typename Policy>
class [[nodiscard]] UniqueHandle {
public:
    using Native = typename Policy::Native;

    UniqueHandle() noexcept = default;
    /// Ownership: takes `native`, which may be the invalid value.
    explicit UniqueHandle(Native native) noexcept : native_(native) {}
    UniqueHandle(UniqueHandle&& other) noexcept : native_(other.release()) {}
    UniqueHandle& operator=(UniqueHandle&& other) noexcept {
        if (this != &other) {
            reset(other.release());
        }
        return *this;
    }
    UniqueHandle(const UniqueHandle&) = delete;
    UniqueHandle& operator=(const UniqueHandle&) = delete;
    ~UniqueHandle() { reset(); }

    /// Closes what is held and holds `native` instead.
    void reset(Native native = Policy::invalid()) noexcept {
        if (native_ != Policy::invalid()) {
            Policy::close(native_);
        }
        native_ = native;
    }
    /// Ownership: passes to the caller.
    [[nodiscard]] Native release() noexcept { return std::exchange(native_, Policy::invalid()); }

    [[nodiscard]] Native get() const noexcept { return native_; }
    [[nodiscard]] explicit operator bool() const noexcept { return native_ != Policy::invalid(); }

private:
    Native native_{Policy::invalid()};
};

struct FileDescriptorPolicy {
    using Native = int;
    static constexpr int invalid() noexcept { return -1; }
    static void close(int fd) noexcept { ::close(fd); }
};

/// An owned file descriptor.
using UniqueFd = UniqueHandle<FileDescriptorPolicy>;

} // namespace zeta
