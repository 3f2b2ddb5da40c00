// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A channel in an event loop: messages become calls, sending never blocks, the end of the peer
// becomes one call. Layer 1; the broker's and the agents' control and data links.

#include "figcom-vbus/core/channel.hpp"
#include "figcom-vbus/core/event_loop.hpp"

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace zeta::figcom {

class Link {
public:
    using OnMessage = std::function<void(const MessageHead&, std::span<const std::byte>)>;
    using OnLost = std::function<void()>;

    struct Options {
        std::size_t receive_bytes_max{4096}; ///< a longer message breaks the link
        std::size_t queue_max{256};          ///< unsent messages kept when there is no credit
        bool answer_before_more{false};      ///< take no message while an own one waits for credit (services)
        bool spin{false};                    ///< poll for a learned while before sleeping (latency)
    };

    /// `on_message` and `on_lost` are called from the loop and may destroy this link. on_lost comes once,
    /// after every message that the peer sent before it went.
    Link(EventLoop& loop, Channel channel, Options options, OnMessage on_message, OnLost on_lost);
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link();

    /// Sends, or keeps the message until there is credit. A message never waits behind one of a lower
    /// priority (a higher number), here or in the channel.
    /// Errors: kInvalidArgument too large, or no such priority; kResourceExhausted queue_max messages wait; kClosed the
    /// link is lost.
    [[nodiscard]] Result<void> send(const MessageHead& head, std::span<const std::byte> payload);

    /// Messages that wait for credit.
    [[nodiscard]] std::size_t queued() const noexcept { return queued_; }
    /// Payload bytes that went into the channel, and that were handed to on_message.
    [[nodiscard]] std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }
    [[nodiscard]] std::uint64_t received_bytes() const noexcept { return received_bytes_; }
    [[nodiscard]] const Channel& channel() const noexcept { return channel_; }

private:
    struct Kept {
        MessageHead head;
        std::vector<std::byte> payload;
    };
    void listen();
    void pump();
    void pump_later();
    [[nodiscard]] bool flush();
    [[nodiscard]] bool receive_some();
    [[nodiscard]] bool spin_for_more() noexcept;
    [[nodiscard]] bool arm() noexcept;
    void lose();

    EventLoop& loop_;
    Channel channel_;
    Options options_;
    std::shared_ptr<const OnMessage> on_message_;
    OnLost on_lost_;
    std::array<std::deque<Kept>, FIGCOM_PRIORITIES_MAX> queues_; // by priority
    std::size_t queued_{0};                                      // in all of them
    std::uint64_t sent_bytes_{0};
    std::uint64_t received_bytes_{0};
    std::vector<std::byte> buffer_;
    SpinBudget spin_;
    EventLoop::TimerId again_{0};
    EventLoop::TimerId listen_again_{0}; // while the peer is not heard because it rang too often
    std::shared_ptr<bool> exists_;       // false once a call has destroyed this link
    bool lost_{false};
};

} // namespace zeta::figcom
