// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// libfabric's shared-memory provider: reliable datagram endpoints, messages, completion queues polled.
#include "tests/bench/figcom/peers.hpp"

#include <rdma/fabric.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace zeta::bench {

namespace {

template <typename T>
void close_it(T* object) {
    if (object != nullptr) {
        fi_close(&object->fid);
    }
}

class Side {
public:
    Side() = default;
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;
    ~Side() {
        close_it(endpoint_);
        close_it(addresses_);
        close_it(completions_);
        close_it(domain_);
        close_it(fabric_);
    }
    bool open(fi_info* info) {
        fi_cq_attr queue{};
        queue.format = FI_CQ_FORMAT_CONTEXT;
        fi_av_attr table{};
        table.type = FI_AV_TABLE;
        return fi_fabric(info->fabric_attr, &fabric_, nullptr) == 0 &&
               fi_domain(fabric_, info, &domain_, nullptr) == 0 &&
               fi_cq_open(domain_, &queue, &completions_, nullptr) == 0 &&
               fi_av_open(domain_, &table, &addresses_, nullptr) == 0 &&
               fi_endpoint(domain_, info, &endpoint_, nullptr) == 0 &&
               fi_ep_bind(endpoint_, &addresses_->fid, 0) == 0 &&
               fi_ep_bind(endpoint_, &completions_->fid, FI_TRANSMIT | FI_RECV) == 0 && fi_enable(endpoint_) == 0;
    }
    bool connect(Side& other) {
        std::array<char, 512> name{};
        std::size_t length = name.size();
        return fi_getname(&other.endpoint_->fid, name.data(), &length) == 0 &&
               fi_av_insert(addresses_, name.data(), 1, &peer_, 0, nullptr) == 1;
    }
    bool post(std::span<std::byte> payload) {
        return fi_recv(endpoint_, payload.data(), payload.size(), nullptr, FI_ADDR_UNSPEC, nullptr) == 0;
    }
    bool send(std::span<const std::byte> payload) {
        for (;;) {
            const ssize_t sent = fi_inject(endpoint_, payload.data(), payload.size(), peer_);
            if (sent != -FI_EAGAIN) {
                return sent == 0;
            }
            if (!progress()) {
                return false;
            }
        }
    }
    /// The payload that was posted last is there.
    bool wait() {
        while (received_ == 0) {
            if (!progress()) {
                return false;
            }
        }
        --received_;
        return true;
    }

private:
    // An injected message has no completion, so each one is a received message.
    bool progress() {
        fi_cq_entry entry{};
        const ssize_t got = fi_cq_read(completions_, &entry, 1);
        received_ += got == 1 ? 1 : 0;
        return got == 1 || got == -FI_EAGAIN;
    }

    fid_fabric* fabric_{nullptr};
    fid_domain* domain_{nullptr};
    fid_cq* completions_{nullptr};
    fid_av* addresses_{nullptr};
    fid_ep* endpoint_{nullptr};
    fi_addr_t peer_{FI_ADDR_UNSPEC};
    int received_{0};
};

class LibfabricRequestReply final : public RequestReply {
public:
    ~LibfabricRequestReply() override {
        if (info_ != nullptr) {
            fi_freeinfo(info_);
        }
    }
    bool open() {
        fi_info* const hints = fi_allocinfo();
        if (hints == nullptr) {
            return false;
        }
        hints->ep_attr->type = FI_EP_RDM;
        hints->caps = FI_MSG;
        hints->fabric_attr->prov_name = ::strdup("shm"); // freed with the hints
        const bool found = fi_getinfo(FI_VERSION(1, 18), nullptr, nullptr, 0, hints, &info_) == 0;
        fi_freeinfo(hints);
        return found && a_.open(info_) && b_.open(info_) && a_.connect(b_) && b_.connect(a_);
    }
    bool ask(std::span<std::byte> payload) override {
        return a_.post(answer_) && a_.send(payload) && a_.wait() && copy(payload, answer_);
    }
    bool answer(std::span<std::byte> payload) override {
        return b_.post(request_) && b_.wait() && copy(payload, request_) && b_.send(payload);
    }

private:
    using Buffer = std::array<std::byte, 64>;
    static bool copy(std::span<std::byte> to, const Buffer& from) {
        std::memcpy(to.data(), from.data(), std::min(to.size(), from.size()));
        return true;
    }
    fi_info* info_{nullptr};
    Side a_;
    Side b_;
    Buffer answer_{};
    Buffer request_{};
};

} // namespace

Made<RequestReply> make_libfabric_request_reply() {
    auto made = std::make_unique<LibfabricRequestReply>();
    if (!made->open()) {
        return {.peer = nullptr, .why = "libfabric's shm provider did not open here", .absent = false};
    }
    return {.peer = std::move(made), .why = {}, .absent = false};
}

} // namespace zeta::bench
