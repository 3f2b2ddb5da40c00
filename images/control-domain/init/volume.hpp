// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Recognises a volume by the label in its file system's superblock (ext4 and
// EROFS). Pure: bytes in, label out; fuzzed by tests/fuzz/images.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace zeta::init {

enum class VolumeKind : std::uint8_t { kNone, kExt4, kErofs };

struct VolumeLabel {
    VolumeKind kind{VolumeKind::kNone};
    std::string_view label; ///< points into the bytes given
};

/// How many bytes from the start of a volume volume_label() looks at.
inline constexpr std::size_t kVolumeHeadBytes = 2048;

/// Kind and label of the volume that starts with `head`; kNone where no known superblock is there.
/// Source: superblock layouts of ext4 (magic at 1024+56, label at 1024+120) and EROFS (magic at 1024, label at
/// 1024+64).
[[nodiscard]] VolumeLabel volume_label(std::span<const std::byte> head) noexcept;

} // namespace zeta::init
