// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/rendezvous.hpp"

#include <array>
#include <charconv>
#include <format>

namespace zeta::figcom {

namespace {

constexpr std::size_t kTextBytesMax = 128;

// Exactly `numbers` decimal numbers after `prefix`, one space apart, nothing else.
template <std::size_t kCount>
bool parse_numbers(std::string_view text, std::string_view prefix,
                   std::array<std::uint64_t, kCount>& numbers) noexcept {
    if (text.size() > kTextBytesMax || !text.starts_with(prefix)) {
        return false;
    }
    const char* at = text.data() + prefix.size();
    const char* const end = text.data() + text.size();
    for (std::uint64_t& number : numbers) {
        if (at == end || *at != ' ') {
            return false;
        }
        const auto [after, error] = std::from_chars(at + 1, end, number);
        if (error != std::errc{} || after == at + 1) {
            return false;
        }
        at = after;
    }
    return at == end;
}

} // namespace

std::string to_text(const AgentOffer& offer) {
    return std::format("figcom/1 offer {} {} {}", offer.reference, offer.port, offer.epoch);
}

std::string to_text(const BrokerAnswer& answer) {
    return std::format("figcom/1 answer {} {} {}", answer.reference, answer.agent_epoch, answer.broker.value);
}

Result<AgentOffer> parse_agent_offer(std::string_view text) {
    std::array<std::uint64_t, 3> numbers{};
    if (!parse_numbers(text, "figcom/1 offer", numbers) || numbers[2] == 0) {
        return fail(ErrorCode::kCorrupt, "read an agent's offer");
    }
    return AgentOffer{.reference = numbers[0], .port = numbers[1], .epoch = numbers[2]};
}

Result<BrokerAnswer> parse_broker_answer(std::string_view text) {
    std::array<std::uint64_t, 3> numbers{};
    if (!parse_numbers(text, "figcom/1 answer", numbers) || numbers[1] == 0 || numbers[2] > UINT32_MAX) {
        return fail(ErrorCode::kCorrupt, "read the broker's answer");
    }
    return BrokerAnswer{
        .reference = numbers[0], .agent_epoch = numbers[1], .broker = PeerId{static_cast<std::uint32_t>(numbers[2])}};
}

} // namespace zeta::figcom
