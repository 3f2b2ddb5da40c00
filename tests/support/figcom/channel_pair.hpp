// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Both ends of a channel in one process: plain memory, and a socket pair as doorbells. For tests that need a
// whole Channel but no carrier.

#include "figcom-vbus/core/channel.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include "tests/support/figcom/ring_pair.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace zeta::figcom::support {

class SocketDoorbell final : public Doorbell {
public:
    explicit SocketDoorbell(int end) : end_(end) {}
    Result<void> notify() noexcept override {
        const char one = 1;
        std::ignore = ::send(end_.get(), &one, 1, MSG_NOSIGNAL);
        return {};
    }
    void drain() noexcept override {
        std::array<char, 64> bin{};
        while (::read(end_.get(), bin.data(), bin.size()) == static_cast<ssize_t>(bin.size())) {
        }
    }
    int fd() const noexcept override { return end_.get(); }
    std::uint64_t port() const noexcept override { return 0; }
    bool peer_gone() const noexcept override { return false; }

private:
    UniqueFd end_;
};

/// Memory of both roles: its owner's end and its reader's end share it.
class SharedMemory final : public OwnedMemory {
public:
    explicit SharedMemory(std::shared_ptr<AlignedMemory> memory) : memory_(std::move(memory)) {}
    std::span<std::byte> bytes() const noexcept override { return memory_->bytes; }
    std::uint64_t reference() const noexcept override { return 0; }

private:
    std::shared_ptr<AlignedMemory> memory_;
};
class SeenMemory final : public MappedMemory {
public:
    explicit SeenMemory(std::shared_ptr<AlignedMemory> memory) : memory_(std::move(memory)) {}
    std::span<const std::byte> bytes() const noexcept override { return memory_->bytes; }

private:
    std::shared_ptr<AlignedMemory> memory_;
};

/// Aborts where the set-up itself fails: that is never what such a test is about.
struct ChannelPair {
    explicit ChannelPair(const RegionSpec& spec, std::uint16_t minor_of_b = FIGCOM_ABI_MINOR)
        : layout(lay_out(spec).value()), memory_a(std::make_shared<AlignedMemory>(layout.region_bytes)),
          memory_b(std::make_shared<AlignedMemory>(layout.region_bytes)), a(make(memory_a, memory_b, minor_of_b, true)),
          b(make(memory_b, memory_a, minor_of_b, false)) {}

    RegionLayout layout;
    std::shared_ptr<AlignedMemory> memory_a;
    std::shared_ptr<AlignedMemory> memory_b;
    std::array<int, 2> ends{};
    Channel a;
    Channel b;

private:
    Channel make(const std::shared_ptr<AlignedMemory>& own, const std::shared_ptr<AlignedMemory>& peer,
                 std::uint16_t minor_of_b, bool first) {
        if (first) {
            if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
                std::abort();
            }
            for (const auto& memory : {memory_a, memory_b}) {
                if (!format_region(memory->bytes, layout)) {
                    std::abort();
                }
                publish(memory->bytes);
            }
            header_of(memory_b->bytes).abi_minor = minor_of_b;
        }
        auto bell = std::make_unique<SocketDoorbell>(ends[first ? 0 : 1]);
        return Channel::complete(
                   {.doorbell = std::move(bell), .memory = std::make_unique<SharedMemory>(own), .layout = layout},
                   std::make_unique<SeenMemory>(peer))
            .value();
    }
};

} // namespace zeta::figcom::support
