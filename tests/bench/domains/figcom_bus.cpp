// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/carrier/xen/xen_carrier.hpp"
#include "figcom-vbus/core/channel.hpp"
#include "figcom-vbus/core/channel_shapes.hpp"
#include "tests/bench/domains/bus.hpp"

#include <charconv>
#include <format>

namespace zeta::bench {

namespace {

using namespace figcom;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kRingBytes = 64 * 1024; // as vchan's
constexpr std::uint64_t kChannel = 1;
constexpr std::uint64_t kEpoch = 1;
constexpr auto kPatience = std::chrono::seconds{60};

// Everything between strangers: messages are copied out and checked, as in every channel between domains.
class FigcomBus final : public Bus {
public:
    explicit FigcomBus(Channel channel) : channel_(std::move(channel)) {}

    bool send(std::span<const std::byte> message, Waiting waiting) override {
        const MessageHead head{.timestamp_ns = 0, .source = 0, .target = 0, .type = 1, .priority = 0};
        if (waiting == Waiting::kAsleep) {
            return channel_.send(head, message, Clock::now() + kPatience).has_value();
        }
        for (;;) {
            switch (channel_.try_send(head, message)) {
            case SendStatus::kSent:
                return true;
            case SendStatus::kNoCredit:
                break;
            default:
                return false;
            }
            if (channel_.peer_closed()) {
                return false;
            }
        }
    }

    bool receive(std::span<std::byte> message, Waiting waiting) override {
        Received received;
        channel_.set_spinning(waiting == Waiting::kPolled);
        for (;;) {
            switch (channel_.try_receive(received, message)) {
            case ReceiveStatus::kReceived:
                return received.length == message.size();
            case ReceiveStatus::kEmpty:
                break;
            default:
                return false;
            }
            if (waiting == Waiting::kAsleep && !channel_.wait(Clock::now() + kPatience)) {
                return false;
            }
            if (waiting == Waiting::kPolled && channel_.peer_closed()) {
                return false;
            }
        }
    }

private:
    Channel channel_;
};

Result<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return fail(ErrorCode::kCorrupt, "read a number of the other side");
    }
    return value;
}

} // namespace

Result<std::unique_ptr<Bus>> make_figcom_bus(const Part& part, XenStore& store) {
    static XenCarrier carrier;
    const PeerId peer{part.peer};
    // The default shape: 64 slots and 64 KiB of slab for each direction, asleep or not as it comes.
    const RegionSpec spec{.slot_count = 64, .slab_bytes = {kRingBytes}, .epoch = kEpoch, .channel_id = kChannel};
    std::unique_ptr<Doorbell> doorbell;
    if (part.server) {
        ZETA_TRY_ASSIGN(doorbell, carrier.listen(peer));
        ZETA_TRY(store.write("data/bench/port", std::to_string(doorbell->port())));
    } else {
        ZETA_TRY_ASSIGN(const std::string text, take_note(store, "port"));
        ZETA_TRY_ASSIGN(const std::uint64_t port, number(text));
        ZETA_TRY_ASSIGN(doorbell, carrier.connect(peer, port));
    }
    ZETA_TRY_ASSIGN(Channel::Half half, Channel::prepare(carrier, peer, std::move(doorbell), spec));
    ZETA_TRY(store.write(part.server ? "data/bench/server-region" : "data/bench/client-region",
                         std::to_string(half.memory->reference())));
    ZETA_TRY_ASSIGN(const std::string text, take_note(store, part.server ? "client-region" : "server-region"));
    ZETA_TRY_ASSIGN(const std::uint64_t reference, number(text));
    ZETA_TRY_ASSIGN(auto memory, carrier.map(peer, reference, kDataRegionMax));
    ZETA_TRY_ASSIGN(Channel channel, Channel::complete(std::move(half), std::move(memory)));
    return std::make_unique<FigcomBus>(std::move(channel));
}

} // namespace zeta::bench
