// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/volume.hpp"

#include <cstring>

namespace zeta::init {
namespace {

constexpr std::size_t kSuperblockOffset = 1024;
constexpr std::size_t kLabelBytes = 16;
constexpr std::size_t kExt4MagicOffset = kSuperblockOffset + 56;
constexpr std::size_t kExt4LabelOffset = kSuperblockOffset + 120;
constexpr std::size_t kErofsLabelOffset = kSuperblockOffset + 64;
constexpr unsigned char kExt4Magic[] = {0x53, 0xEF};
constexpr unsigned char kErofsMagic[] = {0xE2, 0xE1, 0xF5, 0xE0};

std::string_view label_at(std::span<const std::byte> head, std::size_t offset) noexcept {
    const auto* text = reinterpret_cast<const char*>(head.data() + offset);
    return {text, strnlen(text, kLabelBytes)};
}

} // namespace

VolumeLabel volume_label(std::span<const std::byte> head) noexcept {
    if (head.size() < kExt4LabelOffset + kLabelBytes) {
        return {};
    }
    if (std::memcmp(head.data() + kSuperblockOffset, kErofsMagic, sizeof kErofsMagic) == 0) {
        return {VolumeKind::kErofs, label_at(head, kErofsLabelOffset)};
    }
    if (std::memcmp(head.data() + kExt4MagicOffset, kExt4Magic, sizeof kExt4Magic) == 0) {
        return {VolumeKind::kExt4, label_at(head, kExt4LabelOffset)};
    }
    return {};
}

} // namespace zeta::init
