// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The other buses and rings that FIGCOM is measured against. Each lives in a file of its own, which is
// compiled where its library is installed; elsewhere peers_absent.cpp says that it is not.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace zeta::bench {

/// A request and its answer. Each side belongs to one thread; both poll.
class RequestReply {
public:
    RequestReply() = default;
    RequestReply(const RequestReply&) = delete;
    RequestReply& operator=(const RequestReply&) = delete;
    virtual ~RequestReply() = default;
    /// Sends `payload` and overwrites it with the answer. False: the library failed.
    virtual bool ask(std::span<std::byte> payload) = 0;
    /// Waits for a request and sends it back.
    virtual bool answer(std::span<std::byte> payload) = 0;
};

/// Payloads written and read in the library's own memory, one way.
class InPlace {
public:
    InPlace() = default;
    InPlace(const InPlace&) = delete;
    InPlace& operator=(const InPlace&) = delete;
    virtual ~InPlace() = default;
    /// Room for a payload; waits until there is some. Empty: the library failed.
    virtual std::span<std::byte> lend() = 0;
    virtual bool publish() = 0;
    /// The next payload; waits for it.
    virtual std::span<const std::byte> take() = 0;
    virtual void release() = 0;
};

/// A ring of 16-byte messages with operations on many at once.
class BulkRing {
public:
    BulkRing() = default;
    BulkRing(const BulkRing&) = delete;
    BulkRing& operator=(const BulkRing&) = delete;
    virtual ~BulkRing() = default;
    /// All of `messages`, or none and false.
    virtual bool try_put(std::span<const std::byte> messages) noexcept = 0;
    virtual bool try_get(std::span<std::byte> messages) noexcept = 0;
};

template <typename T>
struct Made {
    std::unique_ptr<T> peer;
    std::string why;    // without a peer
    bool absent{false}; // its library was not there when this was compiled
};

Made<BulkRing> make_dpdk_ring(std::uint32_t messages);
Made<RequestReply> make_iceoryx_request_reply();
Made<InPlace> make_iceoryx_in_place(std::size_t payload_bytes);
Made<RequestReply> make_libfabric_request_reply();
Made<RequestReply> make_ucx_request_reply();

} // namespace zeta::bench
