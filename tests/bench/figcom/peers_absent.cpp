// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// What stands in for a peer whose library was not there when this was compiled.
#include "tests/bench/figcom/peers.hpp"

namespace zeta::bench {

namespace {
template <typename T>
Made<T> absent(const char* package) {
    return {.peer = nullptr,
            .why = std::string{"absent when this was compiled: Debian's package "} + package,
            .absent = true};
}
} // namespace

#ifndef ZETA_BENCH_DPDK
Made<BulkRing> make_dpdk_ring(std::uint32_t /*messages*/) { return absent<BulkRing>("libdpdk-dev"); }
#endif
#ifndef ZETA_BENCH_ICEORYX
Made<RequestReply> make_iceoryx_request_reply() { return absent<RequestReply>("libiceoryx-posh-dev"); }
Made<InPlace> make_iceoryx_in_place(std::size_t /*payload_bytes*/) { return absent<InPlace>("libiceoryx-posh-dev"); }
#endif
#ifndef ZETA_BENCH_LIBFABRIC
Made<RequestReply> make_libfabric_request_reply() { return absent<RequestReply>("libfabric-dev"); }
#endif
#ifndef ZETA_BENCH_UCX
Made<RequestReply> make_ucx_request_reply() { return absent<RequestReply>("libucx-dev"); }
#endif

} // namespace zeta::bench
