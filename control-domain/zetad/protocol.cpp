// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/protocol.hpp"

#include <format>

namespace zeta::zetad {

namespace {

using nlohmann::json;

/// Checked before parsing, so that no input makes the parser build a deep tree.
bool nests_too_deep(std::string_view line) {
    std::size_t depth = 0;
    bool in_text = false;
    bool escaped = false;
    for (const char letter : line) {
        if (in_text) {
            in_text = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
        } else if (letter == '"') {
            in_text = true;
        } else if (letter == '{' || letter == '[') {
            if (++depth > kMaxNesting) {
                return true;
            }
        } else if ((letter == '}' || letter == ']') && depth > 0) {
            --depth;
        }
    }
    return false;
}

std::unexpected<Complaint> bad_request(std::string_view why) {
    return refuse(ErrorCode::kInvalidArgument, std::format("request: {}", why));
}

Checked<Request> request_of(json&& object) {
    Request request;
    request.params = json::object();
    for (auto& [key, value] : object.items()) {
        if (key == "id" && value.is_number_integer()) {
            request.id = value.get<std::int64_t>();
        } else if (key == "call" && value.is_string()) {
            request.call = value.get<std::string>();
        } else if (key == "params" && value.is_object()) {
            request.params = std::move(value);
        } else {
            return bad_request(std::format("member \"{}\" is unknown or of the wrong type; send id, call and params",
                                           printable(key, 40)));
        }
    }
    if (request.call.empty()) {
        return bad_request("no \"call\" is named");
    }
    return request;
}

std::string dump(const json& object) { return object.dump(-1, ' ', false, json::error_handler_t::replace); }

} // namespace

Complaint too_long_request() {
    return {ErrorCode::kResourceExhausted,
            std::format("request: more than the {} bytes that one may have; make it shorter", kMaxRequestBytes)};
}

Checked<Request> parse_request(std::string_view line) {
    if (line.size() > kMaxRequestBytes) {
        return std::unexpected(too_long_request());
    }
    if (nests_too_deep(line)) {
        return bad_request(std::format("nested deeper than {} levels", kMaxNesting));
    }
    json object = json::parse(line, nullptr, false);
    if (!object.is_object()) {
        return bad_request("not one JSON object on one line");
    }
    return request_of(std::move(object));
}

std::string format_result(std::int64_t id, const json& result) {
    std::string line = dump({{"id", id}, {"result", result}});
    if (line.size() > kMaxReplyBytes) {
        return format_error(id, {ErrorCode::kResourceExhausted,
                                 std::format("the reply's {} bytes are more than the {} that one may have", line.size(),
                                             kMaxReplyBytes)});
    }
    return line;
}

std::string format_error(std::int64_t id, const Complaint& complaint) {
    return dump({{"id", id}, {"error", {{"code", name(complaint.code)}, {"message", complaint.text}}}});
}

std::unexpected<Complaint> Params::wrong(const char* key, std::string_view what) const {
    return refuse(ErrorCode::kInvalidArgument,
                  std::format("{}: parameter \"{}\" {}", printable(request_.call, 40), key, what));
}

Checked<std::string> Params::text(const char* key) {
    const auto found = request_.params.find(key);
    if (found == request_.params.end() || !found->is_string()) {
        return wrong(key, "must be given, as text");
    }
    ++asked_and_there_;
    return found->get<std::string>();
}

Checked<std::string> Params::text_or(const char* key, std::string_view otherwise) {
    return request_.params.contains(key) ? text(key) : Checked<std::string>(std::string(otherwise));
}

Checked<bool> Params::truth_or(const char* key, bool otherwise) {
    const auto found = request_.params.find(key);
    if (found == request_.params.end()) {
        return otherwise;
    }
    if (!found->is_boolean()) {
        return wrong(key, "must be true or false");
    }
    ++asked_and_there_;
    return found->get<bool>();
}

Checked<void> Params::finish() const {
    if (asked_and_there_ != request_.params.size()) {
        return refuse(ErrorCode::kInvalidArgument, std::format("{}: a parameter is given that this call does not know",
                                                               printable(request_.call, 40)));
    }
    return {};
}

} // namespace zeta::zetad
