// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// Control messages of two programs of one guest, as any program can send them to its agent, and of another guest's
// agent: a byte says who, one says what, two say how long, then the payload. Where the payload starts with 0xff, the
// channel that was opened last is named in it. When the programs are gone, nothing of theirs may be left in the books.
#include "tests/support/figcom/memory_guest.hpp"

#include "hypervisor/base/log.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length);

namespace {

using namespace zeta::figcom;
using support::MemoryBus;
using support::MemoryGuest;
using support::RawAgent;

constexpr std::size_t kMessagesMax = 64;

// The number of the newest channel, for inputs that want to go on with it.
std::uint64_t newest(const MemoryBus& bus) {
    const auto channels = bus.broker->channels();
    return channels.empty() ? 0 : channels.back().id;
}

void need(bool good) {
    if (!good) {
        std::abort();
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t length) {
    zeta::set_log_level(zeta::LogLevel::kError);
    MemoryBus bus{"[[allow]]\nfrom='*'\nto='*'\nservice='*'\nkinds=['stream','state','redundant']\n"};
    MemoryGuest guest{bus, 10, "a"};
    RawAgent other{bus, 11, "b", {"s"}};
    std::array<std::unique_ptr<RawAgent>, 2> programs;
    guest.enter(programs[0], 100, {"t"});
    guest.enter(programs[1], 101, {}, false);
    std::span<const std::uint8_t> rest{data, length};
    for (std::size_t message = 0; message < kMessagesMax && rest.size() >= 4; ++message) {
        const std::size_t who = rest[0] % 3U;
        RawAgent& sender = who < 2 ? *programs[who] : other;
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
        sender.say_bytes(type, payload);
        guest.settle();
    }
    const auto& relay = *guest.agent->programs();
    need(relay.program_count() + (programs[0]->lost ? 1 : 0) + (programs[1]->lost ? 1 : 0) == 2);
    programs[0].reset();
    guest.settle();
    programs[1].reset();
    guest.settle();
    need(relay.program_count() + relay.service_count() + relay.request_count() + relay.channel_count() == 0);
    for (const EndpointInfo& endpoint : bus.broker->endpoints()) {
        need(endpoint.guest != "a" || endpoint.service == "echo");
    }
    for (const PeerInfo& peer : bus.broker->peers()) { // the agent itself asked for nothing
        need(peer.guest != "a" || peer.used.setups == 0);
    }
    return 0;
}
