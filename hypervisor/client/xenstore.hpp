// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// XenStore over the kernel's /dev/xen/xenbus: read, write, list and watch, without a
// library, so that the guest agent stays a small static program. Layer 0; the broker and
// the guest agents call it. Message format: Xen's public io/xs_wire.h, which is stable.

#include "hypervisor/base/result.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zeta {

inline constexpr std::size_t kXenStorePayloadBytesMax = 4096; ///< the protocol's own limit
inline constexpr std::size_t kXenStoreEventsMax = 4096;       ///< watch events kept until they are taken

/// Numbers of the protocol that this client uses.
enum class XenStoreType : std::uint32_t {
    kDirectory = 1,
    kRead = 2,
    kWatch = 4,
    kUnwatch = 5,
    kWrite = 11,
    kRemove = 13,
    kWatchEvent = 15,
    kError = 16,
};

struct XenStoreMessage {
    std::uint32_t type{0};
    std::uint32_t request_id{0};
    std::uint32_t transaction_id{0};
    std::string payload;
};

struct XenStoreEvent {
    std::string path;
    std::string token;
};

/// Cuts a byte stream into messages. Bytes come in pieces of any size.
class XenStoreAssembler {
public:
    /// Adds bytes. After an error the stream is lost: nothing more is accepted.
    /// Errors: kCorrupt a message claims more than kXenStorePayloadBytesMax.
    [[nodiscard]] Result<void> add(std::span<const char> bytes);
    /// The next whole message, or nothing.
    [[nodiscard]] std::optional<XenStoreMessage> take();

private:
    std::string pending_;
    std::deque<XenStoreMessage> whole_;
    bool broken_{false};
};

/// "path\0token\0" of a watch event.
/// Errors: kCorrupt anything else.
[[nodiscard]] Result<XenStoreEvent> parse_xenstore_event(std::string_view payload);
/// "name\0name\0…" of a directory reply. Empty names are dropped.
[[nodiscard]] std::vector<std::string> parse_xenstore_names(std::string_view payload);
/// The errno behind an error reply such as "ENOENT\0"; EIO for a name outside the protocol.
[[nodiscard]] int xenstore_errno(std::string_view payload) noexcept;

class XenStore {
public:
    /// Errors: kNotFound this is no Xen domain, or XenStore's device is absent.
    [[nodiscard]] static Result<XenStore> open();

    /// Blocks: until XenStore answers, as all operations below. Paths are absolute or relative to
    /// this domain's own node, at most 3072 bytes. Errors: kNotFound, kPermissionDenied, kIo.
    [[nodiscard]] Result<std::string> read(std::string_view path);
    [[nodiscard]] Result<void> write(std::string_view path, std::string_view value);
    [[nodiscard]] Result<void> remove(std::string_view path);
    [[nodiscard]] Result<std::vector<std::string>> list(std::string_view path);
    /// The first event of a new watch comes at once, whether or not the path exists.
    [[nodiscard]] Result<void> watch(std::string_view path, std::string_view token);
    [[nodiscard]] Result<void> unwatch(std::string_view path, std::string_view token);

    /// A watch event that has arrived, or nothing. Never blocks.
    [[nodiscard]] Result<std::optional<XenStoreEvent>> take_event();

    /// Readable when an event may be waiting. Events that arrived during another operation are
    /// kept here and do not make it readable: drain take_event() after any operation.
    [[nodiscard]] int fd() const noexcept { return device_.get(); }

private:
    explicit XenStore(UniqueFd device) noexcept : device_(std::move(device)) {}
    [[nodiscard]] Result<std::string> request(XenStoreType type, std::string_view payload);
    [[nodiscard]] Result<XenStoreMessage> await_reply();
    [[nodiscard]] Result<bool> read_some();
    [[nodiscard]] Result<void> keep_event(const XenStoreMessage& message);

    UniqueFd device_;
    XenStoreAssembler assembler_;
    std::deque<XenStoreEvent> events_;
    std::uint32_t next_request_id_{1};
};

} // namespace zeta
