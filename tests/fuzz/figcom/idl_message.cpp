// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// The generated validation: what it accepts can be written again and reads the same, in each of two versions.
#include <everything.hpp>
#include <everything_2_0.hpp>

#include <cstdlib>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

namespace {

using namespace zeta::figcom::idl;

template <typename T>
void judge(std::span<const std::byte> payload, std::uint16_t minor) {
    const Expected expected{.major = 2, .minor = minor, .since = 0};
    Head head;
    T body;
    if (const Fault fault = decode(payload, expected, head, body)) {
        if (describe(fault).empty()) {
            std::abort();
        }
        return;
    }
    std::vector<std::byte> first(kHeadBytes + Codec<T>::kBytes);
    std::vector<std::byte> second(first.size());
    T again;
    if (encode(first.data(), {.major = 2, .minor = minor, .request = head.request}, body) ||
        decode(first, expected, head, again) ||
        encode(second.data(), {.major = 2, .minor = minor, .request = head.request}, again) || first != second) {
        std::abort();
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    const std::span<const std::byte> payload{reinterpret_cast<const std::byte*>(data), length};
    judge<interfaces::zoo_everything::All>(payload, 2);
    judge<interfaces::zoo_everything::Small>(payload, 2);
    judge<older::All>(payload, 0);
    return 0;
}
