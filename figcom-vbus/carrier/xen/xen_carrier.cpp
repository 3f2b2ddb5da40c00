// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/carrier/xen/xen_carrier.hpp"

#include "figcom-vbus/core/region.hpp"
#include "hypervisor/client/event_channel.hpp"
#include "hypervisor/client/grant_alloc.hpp"
#include "hypervisor/client/grant_map.hpp"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

namespace zeta::figcom {

namespace {

Result<DomId> domain_of(PeerId peer) {
    constexpr std::uint32_t kFirstReserved = 0x7ff0; // Xen's special domain ids start here
    if (peer.value >= kFirstReserved) {
        return fail(ErrorCode::kInvalidArgument, "name a peer: not a domain id");
    }
    return DomId{static_cast<std::uint16_t>(peer.value)};
}

class XenDoorbell final : public Doorbell {
public:
    explicit XenDoorbell(EventChannel channel) noexcept : channel_(std::move(channel)) {}
    Result<void> notify() noexcept override { return channel_.notify(); }
    // Once: there is one port, and an event that comes after the unmasking makes the descriptor readable again.
    void drain() noexcept override { std::ignore = channel_.take_pending(); }
    int fd() const noexcept override { return channel_.fd(); }
    std::uint64_t port() const noexcept override { return channel_.port().value; }
    bool peer_gone() const noexcept override { return false; } // told by the region's `alive` byte

private:
    EventChannel channel_;
};

class XenOwnedMemory final : public OwnedMemory {
public:
    explicit XenOwnedMemory(GrantAlloc pages) noexcept : pages_(std::move(pages)) {}
    std::span<std::byte> bytes() const noexcept override { return pages_.bytes(); }
    std::uint64_t reference() const noexcept override { return pages_.refs().front(); }
    std::span<const std::uint32_t> refs() const noexcept { return pages_.refs(); }
    bool revoke() noexcept override { return pages_.revoke().has_value(); }

private:
    GrantAlloc pages_;
};

class XenMappedMemory final : public MappedMemory {
public:
    explicit XenMappedMemory(GrantMap pages) noexcept : pages_(std::move(pages)) {}
    std::span<const std::byte> bytes() const noexcept override { return pages_.bytes(); }
    bool revoke() noexcept override { return pages_.revoke().has_value(); }

private:
    GrantMap pages_;
};

} // namespace

Result<std::unique_ptr<Doorbell>> XenCarrier::listen(PeerId peer) {
    ZETA_TRY_ASSIGN(const DomId domain, domain_of(peer));
    ZETA_TRY_ASSIGN(EventChannel channel, EventChannel::bind_unbound(domain));
    return std::make_unique<XenDoorbell>(std::move(channel));
}

Result<std::unique_ptr<Doorbell>> XenCarrier::connect(PeerId peer, std::uint64_t port) {
    ZETA_TRY_ASSIGN(const DomId domain, domain_of(peer));
    if (port == 0 || port > UINT32_MAX) {
        return fail(ErrorCode::kInvalidArgument, "connect a doorbell: no port number");
    }
    ZETA_TRY_ASSIGN(EventChannel channel,
                    EventChannel::bind_interdomain(domain, EvtchnPort{static_cast<std::uint32_t>(port)}));
    return std::make_unique<XenDoorbell>(std::move(channel));
}

Result<std::unique_ptr<OwnedMemory>> XenCarrier::allocate(PeerId peer, Bytes bytes, const Doorbell& doorbell) {
    ZETA_TRY_ASSIGN(const DomId domain, domain_of(peer));
    const PageCount pages = to_pages(bytes);
    if (pages.value > FIGCOM_CARRIER_WORDS) {
        return fail(ErrorCode::kInvalidArgument, "allocate a region: more pages than its header can name");
    }
    ZETA_TRY_ASSIGN(GrantAlloc alloc, GrantAlloc::create(domain, pages, GrantAccess::kReadOnly));
    ZETA_TRY(alloc.clear_and_notify_at_end(offsetof(figcom_region_header, life) + offsetof(figcom_life, alive),
                                           EvtchnPort{static_cast<std::uint32_t>(doorbell.port())}));
    return std::make_unique<XenOwnedMemory>(std::move(alloc));
}

Result<std::unique_ptr<MappedMemory>> XenCarrier::map(PeerId peer, std::uint64_t reference, Bytes limit) {
    ZETA_TRY_ASSIGN(const DomId domain, domain_of(peer));
    if (reference > UINT32_MAX) {
        return fail(ErrorCode::kInvalidArgument, "map a peer's region: no grant reference");
    }
    const auto first = static_cast<std::uint32_t>(reference);
    ZETA_TRY_ASSIGN(const GrantMap header_page, GrantMap::map_readonly(domain, {&first, 1}));
    ZETA_TRY_ASSIGN(const figcom_region_header header, copy_header(header_page.bytes()));
    if (header.region_bytes > limit.value) {
        return fail(ErrorCode::kResourceExhausted, "map a peer's region: beyond the limit");
    }
    const std::uint64_t pages = to_pages(Bytes{header.region_bytes}).value;
    if (pages == 0 || pages > FIGCOM_CARRIER_WORDS || header.carrier_words != pages) {
        return fail(ErrorCode::kCorrupt, "map a peer's region: it does not name each of its pages");
    }
    std::span<const std::uint32_t> refs{static_cast<const std::uint32_t*>(header.carrier), pages};
    ZETA_TRY_ASSIGN(GrantMap whole, GrantMap::map_readonly(domain, refs));
    return std::make_unique<XenMappedMemory>(std::move(whole));
}

void XenCarrier::describe(OwnedMemory& memory) noexcept {
    const auto refs = static_cast<XenOwnedMemory&>(memory).refs();
    figcom_region_header& header = header_of(memory.bytes());
    std::ranges::copy(refs, static_cast<std::uint32_t*>(header.carrier));
    header.carrier_words = static_cast<std::uint32_t>(refs.size());
}

} // namespace zeta::figcom
