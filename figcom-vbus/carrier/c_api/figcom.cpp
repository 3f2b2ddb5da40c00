// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// libfigcom: the C functions of wire/figcom.h as a thin layer over BusClient and Channel.
#include "figcom-vbus/wire/figcom.h"

#include "figcom-vbus/carrier/local/local_carrier.hpp"
#include "figcom-vbus/carrier/local/local_rendezvous.hpp"
#include "figcom-vbus/carrier/xen/xen_carrier.hpp"
#include "figcom-vbus/core/bus_client.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>

using namespace zeta;
using namespace zeta::figcom;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t kVersion = 1U << 16U | 0U; // raise the minor for each function that is added

static_assert(sizeof(figcom_message_info) == 24);
static_assert(FIGCOM_E_INVALID_ARGUMENT == -static_cast<int>(ErrorCode::kInvalidArgument));
static_assert(FIGCOM_E_PERMISSION_DENIED == -static_cast<int>(ErrorCode::kPermissionDenied));
static_assert(FIGCOM_E_TIMEOUT == -static_cast<int>(ErrorCode::kTimeout));
static_assert(FIGCOM_E_CLOSED == -static_cast<int>(ErrorCode::kClosed));
static_assert(FIGCOM_E_IO == -static_cast<int>(ErrorCode::kIo));

int status_of(const Error& error) noexcept {
    switch (error.code) {
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kInterrupted:
    case ErrorCode::kConflict:
        return FIGCOM_E_UNAVAILABLE; // another life of the peer: trying again meets the new one
    default:
        return -static_cast<int>(error.code);
    }
}

Clock::time_point deadline_of(std::int64_t timeout_ns) noexcept {
    constexpr auto kForever = std::chrono::hours{24 * 365 * 100};
    const auto wait = timeout_ns < 0 ? std::chrono::nanoseconds{kForever} : std::chrono::nanoseconds{timeout_ns};
    return Clock::now() + std::min<std::chrono::nanoseconds>(wait, kForever);
}

std::uint64_t now_ns() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(now.tv_nsec);
}

/// The parts of a bus; shared, because channels may outlive the handle.
struct Attachment {
    LocalCarrier carrier;
    XenCarrier guest_carrier; // of channels inside a guest; opens nothing before it is used
    std::unique_ptr<LocalAgentRendezvous> rendezvous;
    std::unique_ptr<BusClient> client;
};

} // namespace

struct figcom_bus {
    std::shared_ptr<Attachment> attachment;
};

struct figcom_channel {
    std::shared_ptr<Attachment> attachment;
    std::uint64_t id;
    std::optional<Channel> channel;
    MessageHead head; // of what is sent
    std::size_t longest;
    std::int64_t timeout_ns;
    std::uint32_t empty_polls;
    figcom_message_info last;
    std::vector<std::byte> waiting;   // room for a message whose reader's buffer may be too small
    std::optional<Received> received; // what lies in `waiting`
};

namespace {

figcom_channel* make(const std::shared_ptr<Attachment>& attachment, BusClient::Opened opened) {
    auto* made = new figcom_channel{.attachment = attachment,
                                    .id = opened.id,
                                    .channel = std::move(opened.channel),
                                    .head = {.timestamp_ns = 0,
                                             .source = opened.own_endpoint,
                                             .target = opened.peer_endpoint,
                                             .type = 0,
                                             .priority = 0},
                                    .longest = 0,
                                    .timeout_ns = FIGCOM_FOREVER,
                                    .empty_polls = 0,
                                    .last = {},
                                    .waiting = {},
                                    .received = std::nullopt};
    made->longest = std::max<std::size_t>(made->channel->peer_layout().slab_bytes, FIGCOM_INLINE_BYTES);
    made->waiting.resize(made->longest);
    return made;
}

void note(figcom_channel& channel, const MessageHead& head) noexcept {
    channel.last = {.timestamp_ns = head.timestamp_ns,
                    .source = head.source,
                    .target = head.target,
                    .type = head.type,
                    .priority = head.priority,
                    .reserved = {}};
}

// One try. FIGCOM_E_TIMEOUT: nothing is there.
int64_t try_take(figcom_channel& channel, std::span<std::byte> place, Received& received) {
    switch (channel.channel->try_receive(received, place)) {
    case ReceiveStatus::kReceived:
        return static_cast<int64_t>(received.length);
    case ReceiveStatus::kCorrupt:
        return FIGCOM_E_CORRUPT;
    case ReceiveStatus::kEmpty:
        break;
    }
    return FIGCOM_E_TIMEOUT;
}

// For a caller that polls: no system call, but now and then one that asks whether the peer lives.
int64_t poll_once(figcom_channel& channel, std::span<std::byte> place, Received& received) {
    constexpr std::uint32_t kPollsPerCheck = 1024;
    if (const int64_t taken = try_take(channel, place, received); taken != FIGCOM_E_TIMEOUT) {
        return taken;
    }
    const bool check = ++channel.empty_polls % kPollsPerCheck == 0;
    if (check) {
        channel.attachment->client->attend(); // a broker that was killed is not seen in memory
    }
    const bool gone = channel.channel->peer_closed() || (check && !channel.channel->peer_alive());
    if (!gone) {
        return FIGCOM_E_TIMEOUT;
    }
    const int64_t taken = try_take(channel, place, received); // what it sent before it went
    return taken != FIGCOM_E_TIMEOUT ? taken : int64_t{FIGCOM_E_CLOSED};
}

// A revoked channel looks like one whose peer is gone; the broker's word may have come meanwhile.
int64_t closed_or_revoked(const figcom_channel& channel, int64_t status) {
    if (status != FIGCOM_E_CLOSED) {
        return status;
    }
    channel.attachment->client->attend();
    return channel.attachment->client->revoked(channel.id) ? int64_t{FIGCOM_E_PERMISSION_DENIED} : status;
}

// The next message to the start of `place`, which holds the longest one.
int64_t take(figcom_channel& channel, std::span<std::byte> place, Received& received) {
    channel.attachment->client->attend_if_news();
    if (channel.timeout_ns == 0) {
        return closed_or_revoked(channel, poll_once(channel, place, received));
    }
    const Clock::time_point deadline = deadline_of(channel.timeout_ns);
    while (true) {
        if (const int64_t taken = try_take(channel, place, received); taken != FIGCOM_E_TIMEOUT) {
            return taken;
        }
        if (const Result<void> waited = channel.channel->wait(deadline); !waited) {
            return closed_or_revoked(channel, status_of(waited.error()));
        }
    }
}

// Where to attach, and whether that is a guest's agent.
struct Address {
    std::string directory;
    bool guest{false};
};

std::optional<Address> parse_address(const char* address) {
    constexpr std::string_view kLocal = "local:";
    constexpr std::string_view kGuest = "guest:";
    const std::string_view text = address != nullptr ? address : "guest";
    if (text == "guest") {
        return Address{.directory = kAgentDirectory, .guest = true};
    }
    if (text.starts_with(kGuest)) {
        return Address{.directory = std::string{text.substr(kGuest.size())}, .guest = true};
    }
    if (text.starts_with(kLocal)) {
        return Address{.directory = std::string{text.substr(kLocal.size())}, .guest = false};
    }
    return std::nullopt;
}

} // namespace

int figcom_attach(const char* address, const char* name, const char* const* services, size_t service_count,
                  int64_t timeout_ns, figcom_bus** bus) {
    if (name == nullptr || bus == nullptr || (services == nullptr && service_count != 0) ||
        service_count > BusClient::kServicesMax) {
        return FIGCOM_E_INVALID_ARGUMENT;
    }
    *bus = nullptr;
    const auto where = parse_address(address);
    if (!where) {
        return FIGCOM_E_UNSUPPORTED;
    }
    auto attachment = std::make_shared<Attachment>();
    auto rendezvous = LocalAgentRendezvous::create(where->directory, name);
    if (!rendezvous) {
        return status_of(rendezvous.error());
    }
    attachment->rendezvous = std::move(*rendezvous);
    std::vector<std::string> offered;
    for (const char* service : std::span{services, service_count}) {
        offered.emplace_back(service != nullptr ? service : "");
    }
    Carrier* const data = where->guest ? static_cast<Carrier*>(&attachment->guest_carrier) : nullptr;
    auto client = BusClient::attach(attachment->carrier, *attachment->rendezvous, std::move(offered),
                                    deadline_of(timeout_ns), data);
    if (!client) {
        return status_of(client.error());
    }
    attachment->client = std::move(*client);
    *bus = new figcom_bus{std::move(attachment)};
    return FIGCOM_OK;
}

void figcom_detach(figcom_bus* bus) { delete bus; }

int figcom_open(figcom_bus* bus, const char* peer, const char* service, int64_t timeout_ns, figcom_channel** channel) {
    if (bus == nullptr || peer == nullptr || service == nullptr || channel == nullptr) {
        return FIGCOM_E_INVALID_ARGUMENT;
    }
    *channel = nullptr;
    auto opened = bus->attachment->client->open(peer, service, deadline_of(timeout_ns));
    if (!opened) {
        return status_of(opened.error());
    }
    *channel = make(bus->attachment, std::move(*opened));
    return FIGCOM_OK;
}

int figcom_accept(figcom_bus* bus, int64_t timeout_ns, figcom_channel** channel) {
    if (bus == nullptr || channel == nullptr) {
        return FIGCOM_E_INVALID_ARGUMENT;
    }
    *channel = nullptr;
    const Clock::time_point deadline = deadline_of(timeout_ns);
    auto opened = bus->attachment->client->accept(deadline);
    while (opened && opened->shape.kind != FIGCOM_KIND_STREAM) { // C programs have messages only
        const std::uint64_t id = opened->id;
        opened = fail(ErrorCode::kUnavailable, "accept a channel: not a stream"); // ends that channel
        bus->attachment->client->closed(id);
        opened = bus->attachment->client->accept(deadline);
    }
    if (!opened) {
        return status_of(opened.error());
    }
    *channel = make(bus->attachment, std::move(*opened));
    return FIGCOM_OK;
}

void figcom_close(figcom_channel* channel) {
    if (channel != nullptr) {
        channel->channel.reset(); // the peer first, then the broker
        channel->attachment->client->closed(channel->id);
        delete channel;
    }
}

int figcom_send(figcom_channel* channel, const void* data, size_t length) {
    if (channel == nullptr || (data == nullptr && length != 0) || length > channel->channel->payload_bytes_max()) {
        return FIGCOM_E_INVALID_ARGUMENT;
    }
    channel->attachment->client->attend_if_news();
    if (channel->channel->peer_closed()) {
        return static_cast<int>(closed_or_revoked(*channel, FIGCOM_E_CLOSED));
    }
    if (channel->head.priority >= channel->channel->priority_count()) {
        return FIGCOM_E_PERMISSION_DENIED; // set_priority() checks: this side only receives
    }
    channel->head.timestamp_ns = now_ns();
    const std::span payload{static_cast<const std::byte*>(data), length};
    if (channel->channel->try_send(channel->head, payload) == SendStatus::kSent) [[likely]] {
        return FIGCOM_OK;
    }
    const Result<void> sent = channel->channel->send(
        channel->head, payload, channel->timeout_ns == 0 ? BackPressure::kFail : BackPressure::kBlock,
        deadline_of(channel->timeout_ns));
    if (sent) {
        return FIGCOM_OK;
    }
    return sent.error().code == ErrorCode::kResourceExhausted
               ? FIGCOM_E_TIMEOUT
               : static_cast<int>(closed_or_revoked(*channel, status_of(sent.error())));
}

int64_t figcom_recv(figcom_channel* channel, void* buffer, size_t max_length) {
    if (channel == nullptr || (buffer == nullptr && max_length != 0)) {
        return FIGCOM_E_INVALID_ARGUMENT;
    }
    if (!channel->received && max_length >= channel->longest) { // straight to its place
        Received received;
        const int64_t length = take(*channel, {static_cast<std::byte*>(buffer), max_length}, received);
        if (length >= 0) {
            note(*channel, received.head);
        }
        return length;
    }
    if (!channel->received) {
        Received received;
        if (const int64_t length = take(*channel, channel->waiting, received); length < 0) {
            return length;
        }
        channel->received = received;
    }
    if (channel->received->length > max_length) {
        return FIGCOM_E_TOO_SMALL;
    }
    const std::size_t length = channel->received->length;
    if (length != 0) {
        std::memcpy(buffer, channel->waiting.data(), length);
    }
    note(*channel, channel->received->head);
    channel->received.reset();
    return static_cast<int64_t>(length);
}

int figcom_last_info(const figcom_channel* channel, figcom_message_info* info) {
    if (channel == nullptr || info == nullptr) {
        return FIGCOM_E_INVALID_ARGUMENT;
    }
    *info = channel->last;
    return FIGCOM_OK;
}

int figcom_set_timeout(figcom_channel* channel, int64_t timeout_ns) {
    if (channel == nullptr) {
        return FIGCOM_E_INVALID_ARGUMENT;
    }
    channel->timeout_ns = std::max(timeout_ns, FIGCOM_FOREVER);
    return FIGCOM_OK;
}

int figcom_set_type(figcom_channel* channel, uint16_t type) {
    if (channel == nullptr) {
        return FIGCOM_E_INVALID_ARGUMENT;
    }
    channel->head.type = type;
    return FIGCOM_OK;
}

int figcom_set_priority(figcom_channel* channel, uint8_t priority) {
    if (channel == nullptr || priority >= channel->channel->priority_count()) {
        return FIGCOM_E_INVALID_ARGUMENT;
    }
    channel->head.priority = priority;
    return FIGCOM_OK;
}

size_t figcom_max_length(const figcom_channel* channel) {
    return channel != nullptr ? channel->channel->payload_bytes_max() : 0;
}

const char* figcom_strerror(int64_t status) {
    switch (status) {
    case FIGCOM_E_INTERNAL:
        return "a bug of the library";
    case FIGCOM_E_INVALID_ARGUMENT:
        return "an argument is outside its range";
    case FIGCOM_E_NOT_FOUND:
        return "no such directory; inside a guest: no agent, or no /dev/xen devices";
    case FIGCOM_E_PERMISSION_DENIED:
        return "no rule of the broker's policy allows it";
    case FIGCOM_E_UNAVAILABLE:
        return "the other side is not there now; try again";
    case FIGCOM_E_TIMEOUT:
        return "the time was over first";
    case FIGCOM_E_LIMIT:
        return "a limit was reached";
    case FIGCOM_E_UNSUPPORTED:
        return "this library or its peer cannot do it";
    case FIGCOM_E_CORRUPT:
        return "the peer broke the format";
    case FIGCOM_E_CLOSED:
        return "the peer is gone";
    case FIGCOM_E_TOO_SMALL:
        return "the buffer is smaller than the message, which stays";
    case FIGCOM_E_IO:
        return "the operating system failed";
    default:
        return status >= 0 ? "success" : "an unknown status";
    }
}

uint32_t figcom_version(void) { return kVersion; }
