// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Agent: channels to other guests, and the pings over them.
#include "figcom-vbus/core/boot_clock.hpp"
#include "guest-adapters/common/agent.hpp"
#include "hypervisor/base/log.hpp"

#include <algorithm>
#include <utility>

namespace zeta::guest {

using namespace figcom;
using Clock = std::chrono::steady_clock;

namespace {
constexpr auto kTick = std::chrono::milliseconds{250};
} // namespace

Result<void> Agent::open_channel(const Shaped<figcom_channel_open>& message) {
    const figcom_channel_open& open = message.head;
    if (channels_.size() >= kChannelsMax) {
        return fail(ErrorCode::kResourceExhausted, "open a channel: too many channels");
    }
    const PeerId peer{open.peer};
    ZETA_TRY_ASSIGN(auto doorbell, carrier_.listen(peer));
    const std::uint64_t port = doorbell->port();
    const RegionSpec spec = spec_of(message.shape, Side::kAsker,
                                    {.channel_id = open.channel_id,
                                     .epoch = open.epoch,
                                     .own_endpoint = open.own_endpoint,
                                     .peer_endpoint = open.peer_endpoint});
    ZETA_TRY_ASSIGN(
        auto half, Channel::prepare(carrier_, peer, std::move(doorbell), spec, rights_of(message.shape, Side::kAsker)));
    DataChannel channel;
    channel.peer = peer;
    channel.epoch = open.epoch;
    channel.job = open.request;
    channel.own_endpoint = open.own_endpoint;
    channel.peer_endpoint = open.peer_endpoint;
    channel.service = EchoService::kName;
    channel.shape = message.shape;
    const std::uint64_t reference = half.memory->reference();
    channel.half = std::move(half);
    channels_.insert_or_assign(open.channel_id, std::move(channel));
    tell(FIGCOM_CHANNEL_OFFER,
         figcom_channel_offer{.channel_id = open.channel_id, .reference = reference, .port = port});
    return {};
}

Result<void> Agent::accept_channel(const Shaped<figcom_channel_accept>& message) {
    const figcom_channel_accept& accept = message.head;
    if (message.shape.kind != FIGCOM_KIND_STREAM || message.shape.direction != FIGCOM_BOTH_WAYS) {
        return fail(ErrorCode::kUnsupported, "accept a channel: an echo needs a stream both ways");
    }
    if (channels_.size() >= kChannelsMax) {
        return fail(ErrorCode::kResourceExhausted, "accept a channel: too many channels");
    }
    const PeerId peer{accept.peer};
    DataChannel channel;
    channel.peer = peer;
    channel.epoch = accept.epoch;
    channel.own_endpoint = accept.own_endpoint;
    channel.peer_endpoint = accept.peer_endpoint;
    ZETA_TRY_ASSIGN(channel.service, read_name(accept.service));
    ZETA_TRY_ASSIGN(auto doorbell, carrier_.connect(peer, accept.port));
    channel.shape = message.shape;
    const RegionSpec spec = spec_of(message.shape, Side::kServer,
                                    {.channel_id = accept.channel_id,
                                     .epoch = accept.epoch,
                                     .own_endpoint = accept.own_endpoint,
                                     .peer_endpoint = accept.peer_endpoint});
    ZETA_TRY_ASSIGN(channel.half, Channel::prepare(carrier_, peer, std::move(doorbell), spec,
                                                   rights_of(message.shape, Side::kServer)));
    const std::uint64_t reference = channel.half->memory->reference();
    ZETA_TRY_ASSIGN(auto memory, carrier_.map(peer, accept.reference, map_limit_of(message.shape, Side::kServer)));
    ZETA_TRY(go_live(accept.channel_id, channel, std::move(memory)));
    channels_.insert_or_assign(accept.channel_id, std::move(channel));
    tell(FIGCOM_CHANNEL_OFFER,
         figcom_channel_offer{.channel_id = accept.channel_id, .reference = reference, .port = 0});
    return {};
}

Result<void> Agent::connect_channel(const figcom_channel_connect& connect) {
    const auto found = channels_.find(connect.channel_id);
    if (found == channels_.end() || !found->second.half) {
        return fail(ErrorCode::kNotFound, "connect a channel: not one that waits");
    }
    DataChannel& channel = found->second;
    auto memory = carrier_.map(channel.peer, connect.reference, map_limit_of(channel.shape, Side::kAsker));
    const Result<void> live =
        memory ? go_live(connect.channel_id, channel, std::move(*memory)) : std::unexpected(memory.error());
    if (!live) {
        close_channel(connect.channel_id, true);
        return live;
    }
    tell_up(connect.channel_id, channel);
    if (const auto job = jobs_.find(channel.job); job != jobs_.end()) {
        job->second.connected(Clock::now());
        drive(job->second);
    }
    return {};
}

Result<void> Agent::go_live(std::uint64_t id, DataChannel& channel, std::unique_ptr<MappedMemory> peer) {
    Channel::Half half = std::move(*channel.half);
    channel.half.reset();
    ZETA_TRY_ASSIGN(Channel complete, Channel::complete(std::move(half), std::move(peer)));
    ZETA_TRY(set_policies(complete, channel.shape));
    channel.link = std::make_unique<Link>(
        loop_, std::move(complete),
        Link::Options{.receive_bytes_max = kDataMessageMax, .answer_before_more = channel.job == 0, .spin = true},
        [this, id](const MessageHead& head, std::span<const std::byte> payload) { on_data(id, head, payload); },
        [this, id] { close_channel(id, true); });
    return {};
}

void Agent::tell_up(std::uint64_t id, const DataChannel& channel) {
    figcom_channel_up up{.channel_id = id,
                         .epoch = channel.epoch,
                         .peer = channel.peer.value,
                         .initiator = channel.job != 0 ? 1U : 0U,
                         .own_endpoint = channel.own_endpoint,
                         .peer_endpoint = channel.peer_endpoint,
                         .service = {}};
    std::ignore = write_name(up.service, channel.service);
    tell_bytes(FIGCOM_CHANNEL_UP, shaped_payload(up, channel.shape));
}

// Only when the broker asks, and it asks only while somebody looks.
void Agent::tell_counters(std::uint64_t round) {
    for (const auto& [id, channel] : channels_) {
        if (channel.link == nullptr) {
            continue;
        }
        const Channel& one = channel.link->channel();
        const ChannelCounters counters = one.counters();
        tell(FIGCOM_COUNTERS, figcom_counters{.round = round,
                                              .channel_id = id,
                                              .at_ns = boot_time_ns(),
                                              .sent = counters.send.sent,
                                              .sent_bytes = channel.link->sent_bytes(),
                                              .received = counters.receive.received,
                                              .received_bytes = channel.link->received_bytes(),
                                              .in_flight = one.in_flight(),
                                              .queued = channel.link->queued(),
                                              .no_credit = counters.send.refused_no_credit,
                                              .dropped = counters.send.given_up,
                                              .lost = counters.receive.lost,
                                              .corrupt = counters.receive.corrupt,
                                              .notifications = counters.notifications_sent,
                                              .credits = one.own_layout().slot_count * one.own_layout().priority_count,
                                              .reserved = 0});
    }
}

void Agent::on_data(std::uint64_t id, const MessageHead& head, std::span<const std::byte> payload) {
    const auto found = channels_.find(id);
    if (found == channels_.end()) {
        return;
    }
    DataChannel& channel = found->second;
    if (head.type == FIGCOM_ECHO_REQUEST && channel.job == 0) {
        auto reply = channel.echo.answer(payload);
        const MessageHead answer{.timestamp_ns = head.timestamp_ns,
                                 .source = head.target,
                                 .target = head.source,
                                 .type = FIGCOM_ECHO_REPLY,
                                 .priority = head.priority};
        if (const Result<void> sent = reply ? channel.link->send(answer, *reply) : std::unexpected(reply.error());
            !sent) {
            log(LogLevel::kWarning, "zeta-agent", "echo: {}", describe(sent.error()));
        }
    } else if (head.type == FIGCOM_ECHO_REPLY) {
        if (const auto job = jobs_.find(channel.job); job != jobs_.end()) {
            job->second.reply(payload, Clock::now());
            drive(job->second);
        }
    }
}

void Agent::close_channel(std::uint64_t id, bool tell_broker) {
    const auto found = channels_.find(id);
    if (found == channels_.end()) {
        return;
    }
    const DataChannel closed = std::move(found->second); // lives to the end: we may be inside its link's call
    channels_.erase(found);
    if (tell_broker) {
        tell(FIGCOM_CHANNEL_CLOSE, figcom_channel_close{.channel_id = id});
    }
    if (const auto job = jobs_.find(closed.job); job != jobs_.end() && !job->second.finished()) {
        job->second.disconnected(Clock::now());
        report(job->second);
        request_channel(job->second);
    }
}

void Agent::start_ping(const figcom_ping& ping) {
    if (const auto known = jobs_.find(ping.job); known != jobs_.end()) {
        report(known->second); // asked again after a broker's restart: it runs on
        return;
    }
    if (jobs_.size() >= kJobsMax) {
        std::erase_if(jobs_, [](const auto& entry) { return entry.second.finished(); });
    }
    PingJob job{ping, Clock::now()};
    if (jobs_.size() >= kJobsMax || (programs_ != nullptr && programs_->has_request(ping.job))) {
        job.refuse(FIGCOM_REFUSED_LIMIT);
        report(job);
        return;
    }
    const auto& kept = jobs_.emplace(ping.job, std::move(job)).first->second;
    report(kept);
    request_channel(kept);
}

void Agent::request_channel(const PingJob& job) {
    const bool has_one =
        std::ranges::any_of(channels_, [&](const auto& entry) { return entry.second.job == job.id(); });
    if (control_ == nullptr || has_one || job.finished()) {
        return; // without a broker: announce() asks
    }
    figcom_channel_request request{.request = job.id(), .guest = {}, .service = {}};
    std::ranges::copy(job.target(), static_cast<char*>(request.guest)); // the broker checks it
    std::ignore = write_name(request.service, EchoService::kName);
    tell(FIGCOM_CHANNEL_REQUEST, request);
}

void Agent::drive(PingJob& job) {
    const auto channel = std::ranges::find_if(
        channels_, [&](const auto& entry) { return entry.second.job == job.id() && entry.second.link != nullptr; });
    if (channel == channels_.end()) {
        return;
    }
    while (true) {
        if (job.needs_reservation()) {
            job.reserve();
            report(job); // before a number is used, the broker knows that it may be
        }
        const auto now = Clock::now();
        const auto request = job.next_request(now);
        if (!request) {
            break;
        }
        const MessageHead head{.timestamp_ns = static_cast<std::uint64_t>(now.time_since_epoch().count()),
                               .source = channel->second.own_endpoint,
                               .target = channel->second.peer_endpoint,
                               .type = FIGCOM_ECHO_REQUEST,
                               .priority = 0};
        if (const Result<void> sent = channel->second.link->send(head, *request); !sent) {
            log(LogLevel::kWarning, "zeta-agent", "ping: {}", describe(sent.error()));
            break; // it stays in flight, and is lost with the channel or at the deadline
        }
    }
    if (job.finished()) {
        report(job);
        finished_.push_back(channel->first); // not from inside the link's own call
        loop_.cancel(close_finished_);
        close_finished_ = loop_.after(std::chrono::nanoseconds{0}, [this] { close_finished(); });
    }
}

void Agent::close_finished() {
    for (const std::uint64_t id : std::exchange(finished_, {})) {
        close_channel(id, true);
    }
}

void Agent::report(const PingJob& job) { tell(FIGCOM_PING_REPORT, job.report(Clock::now())); }

void Agent::tick() {
    const auto now = Clock::now();
    for (auto& [id, job] : jobs_) {
        if (job.finished()) {
            continue;
        }
        if (now >= job.deadline()) {
            job.time_out(now);
        }
        report(job);
        request_channel(job); // again, should a set-up have failed; the broker knows a repeated request
    }
    tick_ = loop_.after(kTick, [this] { tick(); });
}

} // namespace zeta::guest
