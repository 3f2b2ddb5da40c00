// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The book-keeping of one ping at its source: which sequence numbers are out, which came back,
// which are lost, and how long nothing worked. No I/O; time is handed in. Layer 2; Agent drives it.

#include "figcom-vbus/wire/control.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace zeta::guest {

class PingJob {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::uint64_t kReserveStep = 128; ///< sequence numbers used between two reports
    static constexpr std::uint32_t kWindowMax = 32;    ///< messages in flight; below the ring's slots
    static constexpr std::uint32_t kPayloadBytesMax = 16384;

    /// `start` may carry the totals of an agent that died: they are continued, not repeated.
    /// Values beyond the limits above are cut to them.
    PingJob(const figcom_ping& start, Time now);

    void connected(Time now);
    /// The channel is gone: everything in flight is lost. Nothing happens where there was none.
    void disconnected(Time now);
    /// No more: what is in flight is lost.
    void time_out(Time now);
    void refuse(std::uint32_t reason);

    /// The next request, complete, or nothing while the window is full, the channel is down, or the
    /// reservation is used up. Counts it as sent.
    [[nodiscard]] std::optional<std::vector<std::byte>> next_request(Time now);
    /// Whether sequence numbers must be reserved before next_request can go on: reserve() and report.
    [[nodiscard]] bool needs_reservation() const noexcept;
    void reserve() noexcept;

    void reply(std::span<const std::byte> message, Time now);

    [[nodiscard]] bool finished() const noexcept;
    [[nodiscard]] Time deadline() const noexcept { return deadline_; }
    /// Where it stands, as it is reported.
    [[nodiscard]] figcom_ping report(Time now) const;
    [[nodiscard]] std::uint64_t id() const noexcept { return ping_.job; }
    /// The guest that answers. Not checked: a name field as it came.
    [[nodiscard]] const char (&target() const noexcept)[FIGCOM_NAME_BYTES] { return ping_.target; }

private:
    void lose_in_flight() noexcept;
    void close_gap(Time now) noexcept;
    void finish_if_answered() noexcept;

    figcom_ping ping_;
    Time started_;
    Time deadline_;
    std::map<std::uint64_t, Time> in_flight_;
    std::optional<Time> gap_since_;
    std::uint64_t highest_answered_{0};
    std::uint64_t elapsed_before_ns_{0};
    bool connected_{false};
};

} // namespace zeta::guest
