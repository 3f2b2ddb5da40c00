// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// iceoryx posh with its daemon RouDi in this process. Two untyped topics for request and reply, or one
// for large payloads that are written and read in iceoryx's own chunks.
#include "tests/bench/figcom/peers.hpp"

#include <iceoryx_hoofs/log/logmanager.hpp>
#include <iceoryx_posh/iceoryx_posh_types.hpp>
#include <iceoryx_posh/internal/roudi/roudi.hpp>
#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <iceoryx_posh/roudi/iceoryx_roudi_components.hpp>
#include <iceoryx_posh/runtime/posh_runtime_single_process.hpp>

#include <chrono>
#include <cstring>
#include <thread>

namespace zeta::bench {

namespace {

constexpr std::uint32_t kChunks = 64;

// The daemon, with one memory pool, and this process's place in it.
class Daemon {
public:
    explicit Daemon(std::size_t payload_bytes)
        : components_(config(payload_bytes)),
          daemon_(components_.rouDiMemoryManager, components_.portManager,
                  iox::roudi::RouDi::RoudiStartupParameters{iox::roudi::MonitoringMode::OFF, false}),
          runtime_("figcom-bench") {}

private:
    static iox::RouDiConfig_t config(std::size_t payload_bytes) {
        iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kError,
                                                                 iox::log::LogLevelOutput::kHideLogLevel);
        iox::mepoo::MePooConfig pools;
        pools.addMemPool({static_cast<std::uint32_t>(payload_bytes + 128), kChunks});
        iox::RouDiConfig_t made;
        made.setDefaults();
        made.m_sharedMemorySegments.clear();
        const auto group = iox::posix::PosixGroup::getGroupOfCurrentProcess().getName();
        made.m_sharedMemorySegments.push_back({group, group, pools});
        return made;
    }
    iox::roudi::IceOryxRouDiComponents components_;
    iox::roudi::RouDi daemon_;
    iox::runtime::PoshRuntimeSingleProcess runtime_;
};

class Topic {
public:
    explicit Topic(const char* event)
        : publisher_({"FigcomBench", "Peer", iox::capro::IdString_t{iox::cxx::TruncateToCapacity, event}},
                     publisher_options()),
          subscriber_({"FigcomBench", "Peer", iox::capro::IdString_t{iox::cxx::TruncateToCapacity, event}}, options()) {
    }
    bool connected() {
        // RouDi's discovery runs ten times a second.
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
        while (std::chrono::steady_clock::now() < deadline) {
            if (publisher_.hasSubscribers() && subscriber_.getSubscriptionState() == iox::SubscribeState::SUBSCRIBED) {
                return true;
            }
            std::this_thread::yield();
        }
        return false;
    }
    void* lend(std::size_t bytes) {
        void* place = nullptr;
        publisher_.loan(static_cast<std::uint32_t>(bytes)).and_then([&](auto& chunk) { place = chunk; });
        return place;
    }
    void publish(void* place) { publisher_.publish(place); }
    const void* try_take() {
        const void* place = nullptr;
        subscriber_.take().and_then([&](auto& chunk) { place = chunk; });
        return place;
    }
    const void* take() {
        for (;;) {
            if (const void* const place = try_take()) {
                return place;
            }
            __builtin_ia32_pause();
        }
    }
    void release(const void* place) { subscriber_.release(place); }

private:
    // Neither side may lose a message: a full queue makes the publisher wait.
    static iox::popo::SubscriberOptions options() {
        iox::popo::SubscriberOptions made;
        made.queueCapacity = 8;
        made.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
        return made;
    }
    static iox::popo::PublisherOptions publisher_options() {
        iox::popo::PublisherOptions made;
        made.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
        return made;
    }
    iox::popo::UntypedPublisher publisher_;
    iox::popo::UntypedSubscriber subscriber_;
};

class IceoryxRequestReply final : public RequestReply {
public:
    bool connected() { return requests_.connected() && replies_.connected(); }
    bool ask(std::span<std::byte> payload) override { return send(requests_, payload) && take(replies_, payload); }
    bool answer(std::span<std::byte> payload) override { return take(requests_, payload) && send(replies_, payload); }

private:
    static bool send(Topic& topic, std::span<const std::byte> payload) {
        void* const place = topic.lend(payload.size());
        if (place == nullptr) {
            return false;
        }
        std::memcpy(place, payload.data(), payload.size());
        topic.publish(place);
        return true;
    }
    static bool take(Topic& topic, std::span<std::byte> payload) {
        const void* const place = topic.take();
        std::memcpy(payload.data(), place, payload.size());
        topic.release(place);
        return true;
    }
    Daemon daemon_{4096};
    Topic requests_{"requests"};
    Topic replies_{"replies"};
};

class IceoryxInPlace final : public InPlace {
public:
    explicit IceoryxInPlace(std::size_t payload_bytes) : bytes_(payload_bytes), daemon_(payload_bytes) {}
    bool connected() { return topic_.connected(); }
    std::span<std::byte> lend() override {
        lent_ = topic_.lend(bytes_);
        return {static_cast<std::byte*>(lent_), lent_ == nullptr ? 0 : bytes_};
    }
    bool publish() override {
        topic_.publish(lent_);
        return true;
    }
    std::span<const std::byte> take() override {
        taken_ = topic_.take();
        return {static_cast<const std::byte*>(taken_), bytes_};
    }
    void release() override { topic_.release(taken_); }

private:
    std::size_t bytes_;
    Daemon daemon_;
    Topic topic_{"payloads"};
    void* lent_{nullptr};
    const void* taken_{nullptr};
};

template <typename T>
Made<T> if_connected(auto peer) {
    if (!peer->connected()) {
        return {.peer = nullptr, .why = "iceoryx: the subscriber did not connect within five seconds", .absent = false};
    }
    return {.peer = std::move(peer), .why = {}, .absent = false};
}

} // namespace

Made<RequestReply> make_iceoryx_request_reply() {
    return if_connected<RequestReply>(std::make_unique<IceoryxRequestReply>());
}
Made<InPlace> make_iceoryx_in_place(std::size_t payload_bytes) {
    return if_connected<InPlace>(std::make_unique<IceoryxInPlace>(payload_bytes));
}

} // namespace zeta::bench
