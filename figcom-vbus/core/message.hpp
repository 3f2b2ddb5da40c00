// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a message says about itself, and how sending and receiving can end. Layer 1.

#include <cstddef>
#include <cstdint>
#include <span>

namespace zeta::figcom {

struct MessageHead {
    std::uint64_t timestamp_ns{0}; ///< the sender's clock
    std::uint32_t source{0};       ///< endpoint numbers
    std::uint32_t target{0};
    std::uint16_t type{0};
    std::uint8_t priority{0};
};

/// Whether the peer may change what it sent while it is being read.
enum class Trust : std::uint8_t {
    kTrusted,   ///< same control domain: messages are read where they lie
    kUntrusted, ///< another domain, a confined block: everything is copied once before it is looked at
};

/// What happens to a message for which there is no credit.
enum class BackPressure : std::uint8_t {
    kBlock,      ///< the sender waits until its deadline
    kFail,       ///< the sender is told at once
    kDropOldest, ///< the oldest messages that were not taken make room
    kLatestOnly, ///< only the newest message stays
};

enum class SendStatus : std::uint8_t {
    kSent,
    kNoCredit,    ///< the ring or the slab is full; nothing was sent
    kTooLarge,    ///< no amount of waiting makes this fit
    kPeerCorrupt, ///< the peer claims to have taken messages that were never sent
};

enum class ReceiveStatus : std::uint8_t {
    kReceived,
    kEmpty,
    kCorrupt, ///< a descriptor broke the format and was skipped
};

/// A trusted peer's message where it lies; valid until release().
struct MessageView {
    MessageHead head;
    std::span<const std::byte> payload;
};

/// Messages of a trusted peer, all of one length, where they lie one after another; valid until release().
struct BatchView {
    MessageHead head;
    std::span<const std::byte> payloads;
    std::size_t each{0};
    std::size_t count{0};
};

struct SendCounters {
    std::uint64_t sent{0};
    std::uint64_t refused_no_credit{0}; ///< tries that found no room; a blocking send makes many
    std::uint64_t given_back{0};        ///< messages that send() gave back to its caller; the peer can read it
    std::uint64_t given_up{0};          ///< messages overwritten before the peer told that it took them
    std::uint64_t peer_lost{0};         ///< of those, the ones that the peer says it missed
    std::uint64_t refused_too_large{0};
    std::uint64_t peer_lies{0};
};

struct ReceiveCounters {
    std::uint64_t received{0};
    std::uint64_t corrupt{0};
    std::uint64_t lost{0};            ///< messages that were overwritten before we took them; the peer can read it
    std::uint64_t peer_given_back{0}; ///< messages that the peer says it could not send
};

} // namespace zeta::figcom
