// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// The C++ half of languages_test.py. Reads from standard input: u8 version (0: 2.0, else 2.2), u32 length, payload of
// a message `note`; answers u32 length and either "+" and the value packed again, or "-CODE WHERE".
#include <everything.hpp>
#include <everything_2_0.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

using namespace zeta::figcom::idl;

template <typename T>
std::string judge(std::span<const std::byte> payload, std::uint16_t minor) {
    Head head;
    T body;
    if (const Fault fault = decode(payload, {.major = 2, .minor = minor, .since = 0}, head, body)) {
        return "-" + std::string{name(fault.code)} + " " + fault.where;
    }
    std::vector<std::byte> bytes(kHeadBytes + Codec<T>::kBytes);
    if (const Fault fault = encode(bytes.data(), {.major = 2, .minor = minor, .request = head.request}, body)) {
        return "-what was read cannot be written: " + describe(fault);
    }
    return "+" + std::string{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool read_exactly(void* place, std::size_t bytes) { return std::fread(place, 1, bytes, stdin) == bytes; }

} // namespace

int main() {
    std::uint8_t version = 0;
    std::uint32_t length = 0;
    while (read_exactly(&version, 1) && read_exactly(&length, sizeof length)) {
        std::vector<std::byte> payload(length);
        if (!read_exactly(payload.data(), length)) {
            return 1;
        }
        const std::string answer =
            version == 0 ? judge<older::All>(payload, 0) : judge<interfaces::zoo_everything::All>(payload, 2);
        const auto bytes = static_cast<std::uint32_t>(answer.size());
        std::fwrite(&bytes, sizeof bytes, 1, stdout);
        std::fwrite(answer.data(), 1, answer.size(), stdout);
        std::fflush(stdout);
    }
    return 0;
}
