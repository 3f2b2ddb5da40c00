// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// UCX tag matching over its shared-memory transports; each side has a context and a worker of its own.
#include "tests/bench/figcom/peers.hpp"

#include <ucp/api/ucp.h>

#include <tuple>

namespace zeta::bench {

namespace {

constexpr ucp_tag_t kTag = 7;

class Side {
public:
    Side() = default;
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;
    ~Side() {
        if (peer_ != nullptr) {
            ucp_request_param_t how{};
            how.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS;
            how.flags = UCP_EP_CLOSE_FLAG_FORCE;
            std::ignore = finish(ucp_ep_close_nbx(peer_, &how));
        }
        if (worker_ != nullptr) {
            ucp_worker_destroy(worker_);
        }
        if (context_ != nullptr) {
            ucp_cleanup(context_);
        }
    }
    bool open() {
        ucp_params_t wanted{};
        wanted.field_mask = UCP_PARAM_FIELD_FEATURES;
        wanted.features = UCP_FEATURE_TAG;
        ucp_config_t* config = nullptr;
        if (ucp_config_read(nullptr, nullptr, &config) != UCS_OK) {
            return false;
        }
        const bool chosen = ucp_config_modify(config, "TLS", "shm") == UCS_OK;
        const bool made = chosen && ucp_init(&wanted, config, &context_) == UCS_OK;
        ucp_config_release(config);
        ucp_worker_params_t how{};
        how.field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE;
        how.thread_mode = UCS_THREAD_MODE_SERIALIZED; // made by one thread, used by another
        return made && ucp_worker_create(context_, &how, &worker_) == UCS_OK;
    }
    bool connect(Side& other) {
        ucp_address_t* address = nullptr;
        std::size_t length = 0;
        if (ucp_worker_get_address(other.worker_, &address, &length) != UCS_OK) {
            return false;
        }
        ucp_ep_params_t to{};
        to.field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS;
        to.address = address;
        const bool made = ucp_ep_create(worker_, &to, &peer_) == UCS_OK;
        ucp_worker_release_address(other.worker_, address);
        return made;
    }
    bool send(std::span<const std::byte> payload) {
        const ucp_request_param_t how{};
        return finish(ucp_tag_send_nbx(peer_, payload.data(), payload.size(), kTag, &how));
    }
    bool receive(std::span<std::byte> payload) {
        const ucp_request_param_t how{};
        return finish(ucp_tag_recv_nbx(worker_, payload.data(), payload.size(), kTag, ~ucp_tag_t{0}, &how));
    }
    bool finish(void* request) {
        if (request == nullptr) {
            return true;
        }
        if (UCS_PTR_IS_ERR(request)) {
            return false;
        }
        ucs_status_t status = UCS_INPROGRESS;
        while ((status = ucp_request_check_status(request)) == UCS_INPROGRESS) {
            ucp_worker_progress(worker_);
        }
        ucp_request_free(request);
        return status == UCS_OK;
    }

private:
    ucp_context_h context_{nullptr};
    ucp_worker_h worker_{nullptr};
    ucp_ep_h peer_{nullptr};
};

class UcxRequestReply final : public RequestReply {
public:
    bool open() { return a_.open() && b_.open() && a_.connect(b_) && b_.connect(a_); }
    bool ask(std::span<std::byte> payload) override { return a_.send(payload) && a_.receive(payload); }
    bool answer(std::span<std::byte> payload) override { return b_.receive(payload) && b_.send(payload); }

private:
    Side a_;
    Side b_;
};

} // namespace

Made<RequestReply> make_ucx_request_reply() {
    auto made = std::make_unique<UcxRequestReply>();
    if (!made->open()) {
        return {.peer = nullptr, .why = "UCX opened no shared-memory transport here", .absent = false};
    }
    return {.peer = std::move(made), .why = {}, .absent = false};
}

} // namespace zeta::bench
