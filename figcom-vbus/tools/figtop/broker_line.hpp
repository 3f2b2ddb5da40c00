// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Questions to the broker's control socket, one line each. Layer 1.

#include "hypervisor/base/result.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace zeta::figtop {

class BrokerLine {
public:
    static constexpr std::size_t kAnswerBytesMax = 4U << 20U;
    static constexpr std::chrono::seconds kPatience{5}; ///< for one answer

    /// Errors: kInvalidArgument the path; the socket's own, ENOENT and ECONNREFUSED among them.
    [[nodiscard]] static Result<BrokerLine> open(const std::string& path);

    /// Sends `request` (without its newline) and waits for one line.
    /// Errors: kTimeout; kClosed; kResourceExhausted an answer beyond kAnswerBytesMax; kIo.
    [[nodiscard]] Result<std::string> ask(std::string_view request);

private:
    explicit BrokerLine(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
    std::string received_;
};

} // namespace zeta::figtop
