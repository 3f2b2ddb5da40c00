// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// zetad's protocol: one JSON object a line, request and reply. Layer 3;
// called by calls.cpp and fuzzed by itself.

#include "control-domain/model/complaint.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace zeta::zetad {

inline constexpr std::size_t kMaxRequestBytes = 256U * 1024U;
inline constexpr std::size_t kMaxReplyBytes = 8U * 1024U * 1024U;
inline constexpr std::size_t kMaxNesting = 8;

struct Request {
    std::int64_t id{0};
    std::string call;
    nlohmann::json params; ///< always an object
};

/// Errors: kInvalidArgument not one JSON object, a missing or wrong member, an unknown one, nesting deeper than
/// kMaxNesting; kResourceExhausted more than kMaxRequestBytes.
[[nodiscard]] Checked<Request> parse_request(std::string_view line);

/// One line without its newline. Text that is no UTF-8 is replaced.
[[nodiscard]] std::string format_result(std::int64_t id, const nlohmann::json& result);
[[nodiscard]] Complaint too_long_request();
[[nodiscard]] std::string format_error(std::int64_t id, const Complaint& complaint);

/// The parameters of one call: strict, each is asked for by name and type, and finish() refuses what is left.
class Params {
public:
    Params(const Request& request) : request_(request) {}

    [[nodiscard]] Checked<std::string> text(const char* key);
    [[nodiscard]] Checked<std::string> text_or(const char* key, std::string_view otherwise);
    [[nodiscard]] Checked<bool> truth_or(const char* key, bool otherwise);
    /// Errors: kInvalidArgument a parameter that nobody asked for.
    [[nodiscard]] Checked<void> finish() const;

private:
    [[nodiscard]] std::unexpected<Complaint> wrong(const char* key, std::string_view what) const;

    const Request& request_;
    std::size_t asked_and_there_{0};
};

} // namespace zeta::zetad
