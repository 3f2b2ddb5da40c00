// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/domains/bus.hpp"

extern "C" {
#include <libxenvchan.h>
}

#include <cerrno>
#include <format>

namespace zeta::bench {

namespace {

constexpr std::size_t kRingBytes = 64 * 1024; // as FIGCOM's slab
constexpr const char* kPath = "data/vchan";

class VchanBus final : public Bus {
public:
    explicit VchanBus(libxenvchan* channel) : channel_(channel) {}
    ~VchanBus() override { ::libxenvchan_close(channel_); }

    bool send(std::span<const std::byte> message, Waiting waiting) override {
        return whole(waiting, [&] { return ::libxenvchan_send(channel_, message.data(), message.size()); });
    }
    bool receive(std::span<std::byte> message, Waiting waiting) override {
        return whole(waiting, [&] { return ::libxenvchan_recv(channel_, message.data(), message.size()); });
    }

private:
    // Both calls move everything, or nothing (0) where they may not block.
    template <typename Call>
    bool whole(Waiting waiting, Call call) {
        channel_->blocking = waiting == Waiting::kAsleep;
        for (;;) {
            const int moved = call();
            if (moved != 0) {
                return moved > 0;
            }
            if (::libxenvchan_is_open(channel_) == 0) {
                return false;
            }
        }
    }
    libxenvchan* channel_;
};

} // namespace

Result<std::unique_ptr<Bus>> make_vchan_bus(const Part& part, XenStore& store) {
    libxenvchan* channel = nullptr;
    if (part.server) {
        channel = ::libxenvchan_server_init(nullptr, static_cast<int>(part.peer), kPath, kRingBytes, kRingBytes);
        ZETA_TRY(store.write("data/bench/vchan", "there"));
    } else {
        ZETA_TRY(take_note(store, "vchan"));
        const std::string path = std::format("/local/domain/{}/{}", part.peer, kPath);
        channel = ::libxenvchan_client_init(nullptr, static_cast<int>(part.peer), path.c_str());
    }
    if (channel == nullptr) {
        return fail_errno(errno, "open a vchan");
    }
    return std::make_unique<VchanBus>(channel);
}

} // namespace zeta::bench
