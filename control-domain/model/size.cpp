// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/model/size.hpp"

#include <array>
#include <charconv>
#include <format>
#include <limits>

namespace zeta::model {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t bytes;
};
constexpr std::array kUnits{Unit{"TiB", kTiB}, Unit{"GiB", kGiB}, Unit{"MiB", kMiB}, Unit{"KiB", kKiB}};

constexpr std::string_view kAdvice = "write a whole number and KiB, MiB, GiB or TiB, as in \"256MiB\"";

} // namespace

Checked<Bytes> parse_size(std::string_view text) {
    std::uint64_t count = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc::result_out_of_range) {
        return refuse(ErrorCode::kInvalidArgument, std::format("\"{}\" is too large", printable(text, 40)));
    }
    if (error != std::errc{}) {
        return refuse(ErrorCode::kInvalidArgument, std::format("\"{}\" is no size; {}", printable(text, 40), kAdvice));
    }
    const std::string_view unit_name = text.substr(static_cast<std::size_t>(rest - text.data()));
    if (unit_name.empty()) {
        return refuse(ErrorCode::kInvalidArgument, std::format("\"{}\" has no unit; {}", printable(text, 40), kAdvice));
    }
    for (const Unit& unit : kUnits) {
        if (unit.name != unit_name) {
            continue;
        }
        if (count > std::numeric_limits<std::uint64_t>::max() / unit.bytes) {
            return refuse(ErrorCode::kInvalidArgument, std::format("\"{}\" is too large", printable(text, 40)));
        }
        return Bytes{count * unit.bytes};
    }
    return refuse(ErrorCode::kInvalidArgument,
                  std::format("unit \"{}\" is not known; {}", printable(unit_name, 40), kAdvice));
}

std::string format_size(Bytes size) {
    for (const Unit& unit : kUnits) {
        if (size.value >= unit.bytes && size.value % unit.bytes == 0) {
            return std::format("{}{}", size.value / unit.bytes, unit.name);
        }
    }
    return size.value == 0 ? "0KiB" : std::format("{} bytes", size.value);
}

} // namespace zeta::model
