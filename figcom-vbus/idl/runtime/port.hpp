// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// One end of a channel that speaks an interface: what the ports that figcom-idl makes have in common.
// Layer 1; over figcom-vbus/core.

#include "figcom-vbus/core/boot_clock.hpp"
#include "figcom-vbus/core/channel.hpp"
#include "figcom-vbus/idl/runtime/codec.hpp"

#include <expected>
#include <vector>

namespace zeta::figcom::idl {

using Deadline = std::chrono::steady_clock::time_point;

/// No message of any interface is longer, head included.
inline constexpr std::size_t kMessageBytesMax = 16384;

/// What a message says besides its body.
struct Info {
    MessageHead message;
    std::uint16_t minor{0};   ///< the sender's version
    std::uint32_t request{0}; ///< hand it to reply_…() with the answer
};

struct PortCounters {
    std::uint64_t received{0}; ///< good messages of known types
    std::uint64_t unknown{0};  ///< of types that this version does not know
    std::uint64_t invalid{0};  ///< refused
};

/// What a port needs of its channel.
struct Shape {
    std::span<const BackPressure> policies; ///< by priority
    std::size_t sent_bytes_max;             ///< of the longest message that this side sends, head included
    std::uint32_t own_states;
    std::size_t own_state_bytes;
    std::uint32_t peer_states; ///< that every peer of our major version has
};

/// A message taken from the channel, before anybody looked into it.
struct Arrived {
    MessageHead head;
    std::span<const std::byte> payload;
    bool broken{false}; ///< the descriptor itself was; there is no payload
};

/// Ownership: borrows its channel. Thread: one at a time, as its channel.
class Port {
public:
    [[nodiscard]] Channel& channel() const noexcept { return *channel_; }
    [[nodiscard]] const PortCounters& counters() const noexcept { return counters_; }
    /// Until receive() has something. Errors: as Channel::wait.
    [[nodiscard]] Result<void> wait(Deadline deadline) { return channel_->wait(deadline); }

    /// `spec` changed so that a region of this shape comes out; a channel needs it on both sides.
    [[nodiscard]] static RegionSpec shaped(RegionSpec spec, const Shape& shape) noexcept {
        constexpr std::uint64_t kPage = 4096;
        spec.priority_count = std::max(spec.priority_count, static_cast<std::uint32_t>(shape.policies.size()));
        for (std::size_t i = 0; i < shape.policies.size(); ++i) {
            spec.features |= drops(shape.policies[i]) ? FIGCOM_FEATURE_OVERWRITES(i) : 0;
        }
        if (shape.sent_bytes_max > FIGCOM_INLINE_BYTES) {
            const std::uint64_t share = (shape.sent_bytes_max + kPage - 1) / kPage * kPage;
            spec.slab_bytes = Bytes{std::max(spec.slab_bytes.value, share * spec.priority_count)};
        }
        spec.state_count = std::max(spec.state_count, shape.own_states);
        spec.state_bytes = Bytes{std::max<std::uint64_t>(spec.state_bytes.value, shape.own_state_bytes)};
        return spec;
    }

protected:
    Port(Channel& channel, std::uint16_t major, std::uint16_t minor)
        : channel_(&channel), major_(major), minor_(minor),
          buffer_(std::clamp<std::size_t>(channel.peer_layout().slab_bytes, FIGCOM_INLINE_BYTES, kMessageBytesMax)),
          state_buffer_(std::min<std::size_t>(channel.peer_layout().state_bytes, kMessageBytesMax)) {}

    /// Sets the streams' policies.
    /// Errors: kUnsupported the channel has too few priorities or states, carries too little, or cannot drop.
    [[nodiscard]] static Result<void> prepare(Channel& channel, const Shape& shape) {
        if (channel.priority_count() < shape.policies.size()) {
            return fail(ErrorCode::kUnsupported, "make a port: the channel has fewer priorities than the service");
        }
        if (channel.payload_bytes_max() < shape.sent_bytes_max) {
            return fail(ErrorCode::kUnsupported, "make a port: the channel carries shorter messages only");
        }
        if (channel.own_layout().state_count < shape.own_states ||
            channel.own_layout().state_bytes < shape.own_state_bytes ||
            channel.peer_layout().state_count < shape.peer_states) {
            return fail(ErrorCode::kUnsupported, "make a port: the channel has too few or too small states");
        }
        for (std::size_t i = 0; i < shape.policies.size(); ++i) {
            ZETA_TRY(channel.set_policy(static_cast<std::uint8_t>(i), shape.policies[i]));
        }
        return {};
    }

    /// Errors: kInvalidArgument a value outside of its range, its operation names the field; as Channel::send.
    template <typename T>
    [[nodiscard]] Result<void> send(std::uint16_t type, std::uint8_t priority, std::uint32_t request, const T& body,
                                    Deadline deadline) {
        std::array<std::byte, kHeadBytes + Codec<T>::kBytes> bytes; // NOLINT(*-member-init): encode() fills it
        if (const Fault fault = encode(bytes.data(), {.major = major_, .minor = minor_, .request = request}, body)) {
            return fail(ErrorCode::kInvalidArgument, fault.where);
        }
        const MessageHead head{.timestamp_ns = boot_time_ns(),
                               .source = channel_->own_layout().owner_endpoint,
                               .target = channel_->own_layout().peer_endpoint,
                               .type = type,
                               .priority = priority};
        return channel_->send(head, bytes, deadline);
    }
    /// The number of the next request; never 0.
    [[nodiscard]] std::uint32_t next_request() noexcept {
        last_request_ = last_request_ == UINT32_MAX ? 1 : last_request_ + 1;
        return last_request_;
    }

    /// The next message; valid until the next call. False: there is none.
    [[nodiscard]] bool take(Arrived& arrived) noexcept {
        Received received;
        const ReceiveStatus status = channel_->try_receive(received, buffer_);
        arrived.broken = status == ReceiveStatus::kCorrupt;
        arrived.head = received.head;
        arrived.payload = std::span<const std::byte>{buffer_}.first(arrived.broken ? 0 : received.length);
        return status != ReceiveStatus::kEmpty;
    }

    template <typename T>
    [[nodiscard]] Fault accept(const Arrived& arrived, std::uint16_t since, std::uint8_t priority, T& body,
                               Info& info) noexcept {
        Head head;
        Fault fault = decode(arrived.payload, {.major = major_, .minor = minor_, .since = since}, head, body);
        if (!fault && arrived.head.priority != priority) {
            fault = {.code = FaultCode::kSide, .where = Codec<T>::kName};
        }
        info = {.message = arrived.head, .minor = head.minor, .request = head.request};
        return fault;
    }

    /// Hands a message of a known type to `handler`, or its fault to the visitor.
    template <typename T, typename Visitor, typename Handler>
    void deliver(const Arrived& arrived, std::uint16_t since, std::uint8_t priority, Visitor& visitor,
                 Handler handler) {
        T body;
        Info info;
        if (const Fault fault = accept(arrived, since, priority, body, info)) {
            ++counters_.invalid;
            visitor.on_invalid(fault, info);
            return;
        }
        ++counters_.received;
        handler(body, info);
    }
    /// The same for what no handler is there for: broken, of the wrong side, unknown, or of another major version.
    template <typename Visitor>
    void deliver_other(const Arrived& arrived, bool ours, Visitor& visitor) {
        Head head;
        Fault fault;
        if (arrived.broken) {
            fault = {.code = FaultCode::kBus,
                     .error = make_error(ErrorCode::kCorrupt, "receive: the peer broke the format")};
        } else {
            fault = read_head(arrived.payload, major_, head);
        }
        if (!fault && ours) {
            fault = {.code = FaultCode::kSide, .where = "message"};
        }
        const Info info{.message = arrived.head, .minor = head.minor, .request = head.request};
        if (fault) {
            ++counters_.invalid;
            visitor.on_invalid(fault, info);
            return;
        }
        ++counters_.unknown;
        visitor.on_unknown(arrived.head.type, info);
    }

    /// Waits for the answer to `request`; what comes before it goes to `others`.
    /// Errors: kCorrupt, kUnsupported (another major version) an answer that was refused; as Channel::wait.
    template <typename T, typename Others>
    [[nodiscard]] Result<T> await(std::uint16_t type, std::uint32_t request, std::uint16_t since, std::uint8_t priority,
                                  Deadline deadline, Others others) {
        for (;;) {
            ZETA_TRY(channel_->wait(deadline));
            Arrived arrived;
            if (!take(arrived)) {
                continue;
            }
            if (arrived.broken || arrived.head.type != type) {
                others(arrived);
                continue;
            }
            T body;
            Info info;
            if (const Fault fault = accept(arrived, since, priority, body, info)) {
                ++counters_.invalid;
                Error error = make_error(
                    fault.code == FaultCode::kMajor ? ErrorCode::kUnsupported : ErrorCode::kCorrupt, fault.where);
                error.native = fault.theirs;
                return std::unexpected(error);
            }
            if (info.request == request) {
                ++counters_.received;
                return body;
            }
            others(arrived); // of an earlier call that timed out
        }
    }

    /// Errors: kInvalidArgument a value outside of its range, its operation names the field.
    template <typename T>
    [[nodiscard]] Result<std::uint64_t> write(std::uint32_t index, const T& body) {
        std::array<std::byte, kHeadBytes + Codec<T>::kBytes> bytes; // NOLINT(*-member-init): encode() fills it
        if (const Fault fault = encode(bytes.data(), {.major = major_, .minor = minor_, .request = 0}, body)) {
            return fail(ErrorCode::kInvalidArgument, fault.where);
        }
        return channel_->write_state(index, boot_time_ns(), bytes);
    }
    /// Faults: as decode; kBus as Channel::read_state.
    template <typename T>
    [[nodiscard]] std::expected<StateHead, Fault> read(std::uint32_t index, std::uint16_t since, T& body) {
        const auto state = channel_->read_state(index, state_buffer_);
        if (!state) {
            return std::unexpected(Fault{.code = FaultCode::kBus, .error = state.error()});
        }
        Head head;
        const auto payload = std::span<const std::byte>{state_buffer_}.first(state->length);
        if (const Fault fault = decode(payload, {.major = major_, .minor = minor_, .since = since}, head, body)) {
            ++counters_.invalid;
            return std::unexpected(fault);
        }
        return *state;
    }

private:
    [[nodiscard]] static bool drops(BackPressure policy) noexcept {
        return policy == BackPressure::kDropOldest || policy == BackPressure::kLatestOnly;
    }

    Channel* channel_;
    std::uint16_t major_;
    std::uint16_t minor_;
    std::uint32_t last_request_{0};
    std::vector<std::byte> buffer_;
    std::vector<std::byte> state_buffer_;
    PortCounters counters_;
};

} // namespace zeta::figcom::idl
