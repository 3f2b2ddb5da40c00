// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/core/link.hpp"

#include <poll.h>

#include <algorithm>

namespace zeta::figcom {

namespace {
constexpr int kMessagesPerTurn = 64; // so that one busy link does not starve the others
}

Link::Link(EventLoop& loop, Channel channel, Options options, OnMessage on_message, OnLost on_lost)
    : loop_(loop), channel_(std::move(channel)), options_(options),
      on_message_(std::make_shared<const OnMessage>(std::move(on_message))), on_lost_(std::move(on_lost)),
      buffer_(options.receive_bytes_max), exists_(std::make_shared<bool>(true)) {
    listen();
    pump_later(); // what was sent before we listened
}

void Link::listen() {
    loop_.watch(channel_.fd(), POLLIN, [this](short /*events*/) {
        if (const auto deaf = channel_.deaf_after_wake_up(); deaf.count() > 0) {
            loop_.unwatch(channel_.fd());
            listen_again_ = loop_.after(deaf, [this] {
                listen();
                channel_.awake();
                pump();
            });
            return;
        }
        channel_.awake();
        pump();
    });
}

Link::~Link() {
    *exists_ = false;
    loop_.cancel(again_);
    loop_.cancel(listen_again_);
    loop_.unwatch(channel_.fd());
}

Result<void> Link::send(const MessageHead& head, std::span<const std::byte> payload) {
    if (lost_) {
        return fail(ErrorCode::kClosed, "send on a link: the peer is gone");
    }
    if (head.priority >= channel_.priority_count()) {
        return fail(ErrorCode::kInvalidArgument, "send on a link: no such priority");
    }
    auto& queue = queues_[head.priority];
    if (queue.empty()) {
        switch (channel_.try_send(head, payload)) {
        case SendStatus::kSent:
            sent_bytes_ += payload.size();
            return {};
        case SendStatus::kTooLarge:
            return fail(ErrorCode::kInvalidArgument, "send on a link: the payload exceeds the channel's limit");
        case SendStatus::kPeerCorrupt:
            return fail(ErrorCode::kCorrupt, "send on a link: the peer broke the protocol");
        case SendStatus::kNoCredit:
            break;
        }
    }
    if (queued_ >= options_.queue_max) {
        return fail(ErrorCode::kResourceExhausted, "send on a link: too many messages wait for credit");
    }
    ++queued_;
    queue.push_back({.head = head, .payload = {payload.begin(), payload.end()}});
    pump_later();
    return {};
}

void Link::pump_later() {
    loop_.cancel(again_);
    again_ = loop_.after(std::chrono::nanoseconds{0}, [this] { pump(); });
}

void Link::pump() {
    const std::shared_ptr<bool> exists = exists_;
    while (!lost_) {
        if (!channel_.peer_alive()) {
            queues_ = {}; // nobody will take these; what the peer sent before is still read
            queued_ = 0;
        }
        if (!flush()) {
            lose();
            return;
        }
        if (!receive_some()) { // broken by the peer, or this link is destroyed
            if (*exists) {
                lose();
            }
            return;
        }
        if (channel_.pending() && (queued_ == 0 || !options_.answer_before_more)) {
            pump_later();
            return;
        }
        if (spin_for_more()) {
            continue;
        }
        if (arm()) {
            return;
        }
        if (!channel_.peer_alive() && !channel_.pending()) {
            lose();
            return;
        }
    }
}

// False: the peer broke the protocol.
bool Link::flush() {
    for (auto& queue : queues_) { // the highest priority first
        while (!queue.empty()) {
            const SendStatus status = channel_.try_send(queue.front().head, queue.front().payload);
            if (status == SendStatus::kNoCredit) {
                break;
            }
            if (status != SendStatus::kSent) {
                return false;
            }
            sent_bytes_ += queue.front().payload.size();
            queue.pop_front();
            --queued_;
        }
    }
    return true;
}

bool Link::receive_some() {
    const std::shared_ptr<bool> exists = exists_;
    const std::shared_ptr<const OnMessage> call = on_message_; // it may destroy this link while it runs
    for (int taken = 0; taken < kMessagesPerTurn; ++taken) {
        if (options_.answer_before_more && queued_ != 0) {
            return true;
        }
        Received received;
        const ReceiveStatus status = channel_.try_receive(received, buffer_);
        if (status == ReceiveStatus::kEmpty) {
            return true;
        }
        if (status == ReceiveStatus::kCorrupt) {
            return false;
        }
        received_bytes_ += received.length;
        (*call)(received.head, std::span{buffer_}.first(received.length));
        if (!*exists) {
            return false;
        }
    }
    return true;
}

bool Link::spin_for_more() noexcept {
    if (!options_.spin || queued_ != 0) {
        return false;
    }
    for (std::uint32_t round = spin_.rounds(); round != 0; --round) {
        if (channel_.pending()) {
            spin_.caught();
            return true;
        }
        SpinBudget::pause();
    }
    spin_.missed();
    return false;
}

// Whether we may sleep now: armed for messages, and for credit where something waits for it.
bool Link::arm() noexcept {
    const bool credit = std::ranges::all_of(queues_, [this](const auto& queue) {
        return queue.empty() || channel_.arm_credit(queue.front().head.priority, queue.front().payload.size());
    });
    if (!credit || !channel_.peer_alive()) {
        return false;
    }
    return (options_.answer_before_more && queued_ != 0) || channel_.arm_data();
}

void Link::lose() {
    if (lost_) {
        return;
    }
    lost_ = true;
    loop_.unwatch(channel_.fd());
    loop_.cancel(again_);
    loop_.cancel(listen_again_);
    const OnLost call = on_lost_; // a copy: the call may destroy this link
    call();
}

} // namespace zeta::figcom
