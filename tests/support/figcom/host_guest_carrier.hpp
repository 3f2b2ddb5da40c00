// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lets a process of this host play a program of a guest: between guests a peer is the guest and not the process, so
// references and ports must say by themselves whose they are. Here they carry the process id; a guest's are good for
// the whole domain.

#include "figcom-vbus/carrier/local/local_carrier.hpp"

#include <unistd.h>

#include <utility>

namespace zeta::figcom::support {

class HostGuestCarrier final : public Carrier {
public:
    Result<std::unique_ptr<Doorbell>> listen(PeerId /*guest*/) override {
        ZETA_TRY_ASSIGN(auto bell, local_.listen({}));
        const std::uint64_t ends = bell->port();
        auto made = std::make_unique<Bell>(std::move(bell), pack(ends >> 32U << 16U | (ends & 0xffffU)));
        unmet_ = made->inner;
        return made;
    }
    Result<std::unique_ptr<Doorbell>> connect(PeerId /*guest*/, std::uint64_t port) override {
        const std::uint64_t ends = (port >> 16U & 0xffffU) << 32U | (port & 0xffffU);
        ZETA_TRY_ASSIGN(auto bell, local_.connect(process_of(port), ends));
        return std::make_unique<Bell>(std::move(bell), port);
    }
    Result<std::unique_ptr<OwnedMemory>> allocate(PeerId guest, Bytes bytes, const Doorbell& bell) override {
        ZETA_TRY_ASSIGN(auto memory, local_.allocate(guest, bytes, bell));
        return std::make_unique<Owned>(std::move(memory));
    }
    Result<std::unique_ptr<MappedMemory>> map(PeerId /*guest*/, std::uint64_t reference, Bytes limit) override {
        if (const auto bell = unmet_.lock()) {
            bell->meet(process_of(reference)); // whose death it tells from now on
            unmet_.reset();
        }
        return local_.map(process_of(reference), reference & UINT32_MAX, limit);
    }
    void describe(OwnedMemory& /*memory*/) noexcept override {}

private:
    static std::uint64_t pack(std::uint64_t low) noexcept {
        return static_cast<std::uint64_t>(::getpid()) << 32U | low;
    }
    static PeerId process_of(std::uint64_t packed) noexcept {
        return PeerId{static_cast<std::uint32_t>(packed >> 32U)};
    }

    struct Bell final : Doorbell {
        Bell(std::shared_ptr<Doorbell> bell, std::uint64_t port) : inner(std::move(bell)), packed_port(port) {}
        Result<void> notify() noexcept override { return inner->notify(); }
        void drain() noexcept override { inner->drain(); }
        int fd() const noexcept override { return inner->fd(); }
        std::uint64_t port() const noexcept override { return packed_port; }
        bool peer_gone() const noexcept override { return inner->peer_gone(); }
        std::shared_ptr<Doorbell> inner;
        std::uint64_t packed_port;
    };
    struct Owned final : OwnedMemory {
        explicit Owned(std::unique_ptr<OwnedMemory> memory) : inner(std::move(memory)) {}
        std::span<std::byte> bytes() const noexcept override { return inner->bytes(); }
        std::uint64_t reference() const noexcept override { return pack(inner->reference()); }
        bool revoke() noexcept override { return inner->revoke(); }
        std::unique_ptr<OwnedMemory> inner;
    };

    LocalCarrier local_;
    std::weak_ptr<Doorbell> unmet_;
};

} // namespace zeta::figcom::support
