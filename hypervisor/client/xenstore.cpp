// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/client/xenstore.hpp"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace zeta {

namespace {

struct WireHeader {
    std::uint32_t type;
    std::uint32_t request_id;
    std::uint32_t transaction_id;
    std::uint32_t payload_bytes;
};
static_assert(sizeof(WireHeader) == 16);

constexpr std::size_t kPathBytesMax = 3072;
constexpr std::size_t kMessagesPerAddMax = 4096;

struct NamedErrno {
    std::string_view name;
    int number;
};
// The error names of the protocol.
constexpr std::array kErrnoNames{
    NamedErrno{"EINVAL", EINVAL}, NamedErrno{"EACCES", EACCES},   NamedErrno{"EEXIST", EEXIST},
    NamedErrno{"EISDIR", EISDIR}, NamedErrno{"ENOENT", ENOENT},   NamedErrno{"ENOMEM", ENOMEM},
    NamedErrno{"ENOSPC", ENOSPC}, NamedErrno{"EIO", EIO},         NamedErrno{"ENOTEMPTY", ENOTEMPTY},
    NamedErrno{"ENOSYS", ENOSYS}, NamedErrno{"EROFS", EROFS},     NamedErrno{"EBUSY", EBUSY},
    NamedErrno{"EAGAIN", EAGAIN}, NamedErrno{"EISCONN", EISCONN}, NamedErrno{"E2BIG", E2BIG},
    NamedErrno{"EPERM", EPERM},
};

std::string_view first_string(std::string_view payload) noexcept { return payload.substr(0, payload.find('\0')); }

} // namespace

Result<void> XenStoreAssembler::add(std::span<const char> bytes) {
    if (broken_) {
        return fail(ErrorCode::kCorrupt, "read XenStore: the stream is lost");
    }
    pending_.append(bytes.data(), bytes.size());
    std::size_t start = 0;
    while (pending_.size() - start >= sizeof(WireHeader)) {
        WireHeader header{};
        std::memcpy(&header, pending_.data() + start, sizeof header);
        if (header.payload_bytes > kXenStorePayloadBytesMax || whole_.size() >= kMessagesPerAddMax) {
            broken_ = true;
            return fail(ErrorCode::kCorrupt, "read XenStore: message beyond the protocol's limit");
        }
        if (pending_.size() - start - sizeof header < header.payload_bytes) {
            break;
        }
        whole_.push_back({.type = header.type,
                          .request_id = header.request_id,
                          .transaction_id = header.transaction_id,
                          .payload = pending_.substr(start + sizeof header, header.payload_bytes)});
        start += sizeof header + header.payload_bytes;
    }
    pending_.erase(0, start);
    return {};
}

std::optional<XenStoreMessage> XenStoreAssembler::take() {
    if (whole_.empty()) {
        return std::nullopt;
    }
    std::optional<XenStoreMessage> message{std::move(whole_.front())};
    whole_.pop_front();
    return message;
}

Result<XenStoreEvent> parse_xenstore_event(std::string_view payload) {
    const std::size_t path_end = payload.find('\0');
    if (path_end == std::string_view::npos || path_end == 0) {
        return fail(ErrorCode::kCorrupt, "read a XenStore event: no path");
    }
    const std::string_view rest = payload.substr(path_end + 1);
    const std::size_t token_end = rest.find('\0');
    if (token_end == std::string_view::npos) {
        return fail(ErrorCode::kCorrupt, "read a XenStore event: no token");
    }
    return XenStoreEvent{.path = std::string{payload.substr(0, path_end)},
                         .token = std::string{rest.substr(0, token_end)}};
}

std::vector<std::string> parse_xenstore_names(std::string_view payload) {
    std::vector<std::string> names;
    while (!payload.empty()) {
        const std::string_view one = first_string(payload);
        if (!one.empty()) {
            names.emplace_back(one);
        }
        payload.remove_prefix(std::min(payload.size(), one.size() + 1));
    }
    return names;
}

int xenstore_errno(std::string_view payload) noexcept {
    const std::string_view wanted = first_string(payload);
    for (const NamedErrno& entry : kErrnoNames) {
        if (entry.name == wanted) {
            return entry.number;
        }
    }
    return EIO;
}

Result<XenStore> XenStore::open() {
    UniqueFd device{::open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC | O_NONBLOCK)};
    if (!device) {
        return fail_errno(errno, "open /dev/xen/xenbus");
    }
    return XenStore{std::move(device)};
}

Result<std::string> XenStore::read(std::string_view path) {
    return request(XenStoreType::kRead, std::string{path} + '\0');
}

Result<void> XenStore::write(std::string_view path, std::string_view value) {
    ZETA_TRY(request(XenStoreType::kWrite, std::string{path} + '\0' + std::string{value}));
    return {};
}

Result<void> XenStore::remove(std::string_view path) {
    ZETA_TRY(request(XenStoreType::kRemove, std::string{path} + '\0'));
    return {};
}

Result<std::vector<std::string>> XenStore::list(std::string_view path) {
    ZETA_TRY_ASSIGN(const std::string payload, request(XenStoreType::kDirectory, std::string{path} + '\0'));
    return parse_xenstore_names(payload);
}

Result<void> XenStore::watch(std::string_view path, std::string_view token) {
    ZETA_TRY(request(XenStoreType::kWatch, std::string{path} + '\0' + std::string{token} + '\0'));
    return {};
}

Result<void> XenStore::unwatch(std::string_view path, std::string_view token) {
    ZETA_TRY(request(XenStoreType::kUnwatch, std::string{path} + '\0' + std::string{token} + '\0'));
    return {};
}

Result<std::optional<XenStoreEvent>> XenStore::take_event() {
    while (events_.empty()) {
        ZETA_TRY_ASSIGN(const bool more, read_some());
        bool kept = false;
        while (auto message = assembler_.take()) {
            if (message->type == static_cast<std::uint32_t>(XenStoreType::kWatchEvent)) {
                ZETA_TRY(keep_event(*message));
                kept = true;
            }
        }
        if (!more && !kept) {
            return std::nullopt;
        }
    }
    std::optional<XenStoreEvent> event{std::move(events_.front())};
    events_.pop_front();
    return event;
}

Result<std::string> XenStore::request(XenStoreType type, std::string_view payload) {
    if (payload.find('\0') > kPathBytesMax || payload.size() > kXenStorePayloadBytesMax) {
        return fail(ErrorCode::kInvalidArgument, "ask XenStore: path or value too long");
    }
    const WireHeader header{.type = static_cast<std::uint32_t>(type),
                            .request_id = next_request_id_++,
                            .transaction_id = 0,
                            .payload_bytes = static_cast<std::uint32_t>(payload.size())};
    std::string bytes(sizeof header, '\0');
    std::memcpy(bytes.data(), &header, sizeof header);
    bytes.append(payload);
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t put = ::write(device_.get(), bytes.data() + sent, bytes.size() - sent);
        if (put < 0 && errno != EINTR) {
            return fail_errno(errno, "ask XenStore");
        }
        sent += put > 0 ? static_cast<std::size_t>(put) : 0;
    }
    while (true) {
        ZETA_TRY_ASSIGN(XenStoreMessage reply, await_reply());
        if (reply.request_id != header.request_id) {
            continue; // an answer to a request that an earlier error abandoned
        }
        if (reply.type == static_cast<std::uint32_t>(XenStoreType::kError)) {
            return fail_errno(xenstore_errno(reply.payload), "ask XenStore", ErrorOrigin::kXenStore);
        }
        return std::move(reply.payload);
    }
}

Result<XenStoreMessage> XenStore::await_reply() {
    while (true) {
        while (auto message = assembler_.take()) {
            if (message->type != static_cast<std::uint32_t>(XenStoreType::kWatchEvent)) {
                return std::move(*message);
            }
            ZETA_TRY(keep_event(*message));
        }
        ZETA_TRY_ASSIGN(const bool progressed, read_some());
        if (!progressed) {
            pollfd waiting{.fd = device_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&waiting, 1, -1) < 0 && errno != EINTR) {
                return fail_errno(errno, "wait for XenStore");
            }
        }
    }
}

Result<bool> XenStore::read_some() {
    std::array<char, 8192> buffer{};
    const ssize_t got = ::read(device_.get(), buffer.data(), buffer.size());
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            return false;
        }
        return fail_errno(errno, "read XenStore");
    }
    if (got == 0) {
        return false;
    }
    ZETA_TRY(assembler_.add({buffer.data(), static_cast<std::size_t>(got)}));
    return true;
}

Result<void> XenStore::keep_event(const XenStoreMessage& message) {
    if (events_.size() >= kXenStoreEventsMax) {
        return fail(ErrorCode::kResourceExhausted, "keep a XenStore event: too many untaken");
    }
    ZETA_TRY_ASSIGN(XenStoreEvent event, parse_xenstore_event(message.payload));
    events_.push_back(std::move(event));
    return {};
}

} // namespace zeta
