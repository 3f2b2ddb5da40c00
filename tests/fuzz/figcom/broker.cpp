// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Control messages of three agents, as any agent can send them: a byte says who, one says what, two say how long,
// then the payload. Where the payload starts with 0xff, the channel that was opened last is named in it.
// Afterwards the broker's books must balance.
#include "tests/support/figcom/memory_bus.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

namespace {

using namespace zeta::figcom;
using support::MemoryBus;
using support::RawAgent;

constexpr std::size_t kMessagesMax = 64;
constexpr std::uint64_t kChannelsQuota = 4;

void check_books(const MemoryBus& bus) {
    std::map<PeerId, PeerUsage> counted;
    for (const ChannelInfo& channel : bus.broker->channels()) {
        for (const bool first : {true, false}) {
            if (channel.charged[first ? 0 : 1]) {
                PeerUsage& used = counted[first ? channel.initiator : channel.target];
                ++used.channels;
                used.memory_bytes += region_bytes_of(channel.shape, first ? Side::kAsker : Side::kServer).value;
            }
        }
    }
    for (const PeerInfo& peer : bus.broker->peers()) {
        if (peer.used.channels != counted[peer.peer].channels ||
            peer.used.memory_bytes != counted[peer.peer].memory_bytes || peer.used.channels > kChannelsQuota + 1 ||
            peer.used.setups > kMessagesMax) {
            std::abort();
        }
    }
}

// The number of the newest channel, for inputs that want to go on with it.
std::uint64_t newest(const MemoryBus& bus) {
    const auto channels = bus.broker->channels();
    return channels.empty() ? 0 : channels.back().id;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    MemoryBus bus{"[[allow]]\nfrom='a'\nto='b'\nservice='*'\nkinds=['stream','state','redundant']\n"
                  "[[allow]]\nfrom='b'\nto='*'\nservice='s'\ndirection='to-service'\n[quota]\nchannels=4\n"};
    RawAgent a{bus, 10, "a", {"s"}};
    RawAgent b{bus, 11, "b", {"s"}};
    RawAgent c{bus, 12, "c", {"s"}, 1};
    const std::array<RawAgent*, 3> agents{&a, &b, &c};
    std::span<const std::uint8_t> rest{data, length};
    for (std::size_t message = 0; message < kMessagesMax && rest.size() >= 4; ++message) {
        RawAgent& agent = *agents[rest[0] % agents.size()];
        const int type = rest[1];
        const std::size_t wanted = rest[2] | std::size_t{rest[3]} << 8U;
        rest = rest.subspan(4);
        const auto taken = rest.first(std::min({wanted, rest.size(), kControlMessageMax}));
        rest = rest.subspan(taken.size());
        std::vector<std::byte> payload{reinterpret_cast<const std::byte*>(taken.data()),
                                       reinterpret_cast<const std::byte*>(taken.data()) + taken.size()};
        if (payload.size() >= 8 && payload[0] == std::byte{0xff}) {
            const std::uint64_t id = newest(bus);
            std::memcpy(payload.data(), &id, sizeof id);
        }
        agent.say_bytes(type, payload);
        bus.settle();
    }
    check_books(bus);
    for (const ChannelInfo& channel : bus.broker->channels()) {
        std::ignore = bus.broker->revoke(channel.id);
    }
    bus.settle();
    check_books(bus);
    if (!bus.broker->channels().empty()) {
        std::abort();
    }
    return 0;
}
