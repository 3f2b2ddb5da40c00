// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/volume.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <string_view>

using zeta::init::kVolumeHeadBytes;
using zeta::init::volume_label;
using zeta::init::VolumeKind;

namespace {

using Head = std::array<std::byte, kVolumeHeadBytes>;

void put(Head& head, std::size_t offset, std::string_view bytes) {
    std::memcpy(head.data() + offset, bytes.data(), bytes.size());
}

} // namespace

TEST_CASE("an ext4 volume is known by magic and label") {
    Head head{};
    put(head, 1024 + 56, "\x53\xEF");
    put(head, 1024 + 120, "zeta-state");
    const auto found = volume_label(head);
    CHECK(found.kind == VolumeKind::kExt4);
    CHECK(found.label == "zeta-state");
}

TEST_CASE("an EROFS volume is known by magic and label") {
    Head head{};
    put(head, 1024, "\xE2\xE1\xF5\xE0");
    put(head, 1024 + 64, "zeta-root");
    const auto found = volume_label(head);
    CHECK(found.kind == VolumeKind::kErofs);
    CHECK(found.label == "zeta-root");
}

TEST_CASE("a label that fills its field has no end mark and is not read beyond it") {
    Head head{};
    std::ranges::fill(head, std::byte{'x'});
    put(head, 1024 + 56, "\x53\xEF");
    CHECK(volume_label(head).label.size() == 16);
}

TEST_CASE("a disk without a known superblock, and a short read, carry no label") {
    const Head head{};
    CHECK(volume_label(head).kind == VolumeKind::kNone);
    CHECK(volume_label(head).label.empty());
    Head named{};
    put(named, 1024 + 56, "\x53\xEF");
    put(named, 1024 + 120, "zeta-state");
    CHECK(volume_label(std::span{named}.first(1024 + 135)).kind == VolumeKind::kNone);
    CHECK(volume_label({}).kind == VolumeKind::kNone);
}
