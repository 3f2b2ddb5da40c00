// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/carrier/local/local_carrier.hpp"

#include "figcom-vbus/wire/region.h"
#include "hypervisor/base/unique_handle.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <format>

namespace zeta::figcom {

namespace {

Result<UniqueFd> open_of_peer(PeerId peer, std::uint64_t number, int flags) {
    UniqueFd fd{::open(std::format("/proc/{}/fd/{}", peer.value, number).c_str(), flags | O_CLOEXEC)};
    if (!fd) {
        return fail_errno(errno, "open a peer's descriptor");
    }
    return fd;
}

Result<void> add_to(int epoll, int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0 && errno != EEXIST) {
        return fail_errno(errno, "watch a doorbell");
    }
    return {};
}

// Two pipes: one end of each is ours. Pipes, because unlike eventfds they can be opened through /proc.
class LocalDoorbell final : public Doorbell {
public:
    static Result<std::unique_ptr<Doorbell>> create(UniqueFd hear, UniqueFd ring, std::array<UniqueFd, 2> offered,
                                                    PeerId peer) {
        auto bell = std::make_unique<LocalDoorbell>();
        bell->hear_ = std::move(hear);
        bell->ring_ = std::move(ring);
        bell->offered_ = std::move(offered);
        bell->epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
        if (!bell->epoll_) {
            return fail_errno(errno, "create a doorbell");
        }
        ZETA_TRY(add_to(bell->epoll_.get(), bell->hear_.get()));
        bell->meet(peer);
        return bell;
    }

    Result<void> notify() noexcept override {
        const char one = 1;
        if (::write(ring_.get(), &one, 1) < 0 && errno != EAGAIN) { // full: the peer has enough to wake it
            return fail_errno(errno, "ring a doorbell");
        }
        return {};
    }
    void drain() noexcept override {
        std::array<char, 64> bin{};
        while (::read(hear_.get(), bin.data(), bin.size()) == static_cast<ssize_t>(bin.size())) {
        }
    }
    int fd() const noexcept override { return epoll_.get(); }
    // Asked directly: poll(2) on an epoll descriptor is woken through two queues instead of one.
    Result<bool> sleep(int timeout_ms) noexcept override {
        epoll_event event{};
        const int ready = ::epoll_wait(epoll_.get(), &event, 1, timeout_ms);
        if (ready < 0 && errno != EINTR) {
            return fail_errno(errno, "sleep on a doorbell");
        }
        return ready > 0;
    }
    std::uint64_t port() const noexcept override {
        return static_cast<std::uint64_t>(static_cast<std::uint32_t>(offered_[0].get())) << 32 |
               static_cast<std::uint32_t>(offered_[1].get());
    }
    bool peer_gone() const noexcept override {
        if (!peer_process_) {
            return peer_unknown_dead_;
        }
        pollfd process{.fd = peer_process_.get(), .events = POLLIN, .revents = 0};
        return ::poll(&process, 1, 0) > 0;
    }
    void meet(PeerId peer) noexcept override {
        if (peer.value == 0 || peer_process_) {
            return;
        }
        peer_process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(peer.value), 0)));
        peer_unknown_dead_ = !peer_process_;
        if (peer_process_) {
            std::ignore = add_to(epoll_.get(), peer_process_.get());
        }
    }

private:
    UniqueFd hear_;
    UniqueFd ring_;
    std::array<UniqueFd, 2> offered_; // the ends that a peer opens: where it rings, where it hears
    UniqueFd peer_process_;
    UniqueFd epoll_;
    bool peer_unknown_dead_{false};
};

// Anonymous zeros where a region was mapped: at one moment for every thread, and pointers into it stay good.
bool replace_by_zeros(std::span<const std::byte> bytes, int protection) noexcept {
    return ::mmap(const_cast<std::byte*>(bytes.data()), bytes.size(), protection,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

class LocalOwnedMemory final : public OwnedMemory {
public:
    LocalOwnedMemory(UniqueFd fd, std::span<std::byte> bytes) noexcept : fd_(std::move(fd)), bytes_(bytes) {}
    ~LocalOwnedMemory() override { ::munmap(bytes_.data(), bytes_.size()); }
    std::span<std::byte> bytes() const noexcept override { return bytes_; }
    std::uint64_t reference() const noexcept override { return static_cast<std::uint64_t>(fd_.get()); }
    // A peer that has mapped it keeps what it saw last; it sees nothing more, and nobody can map it any more.
    bool revoke() noexcept override {
        fd_.reset();
        return replace_by_zeros(bytes_, PROT_READ | PROT_WRITE);
    }

private:
    UniqueFd fd_;
    std::span<std::byte> bytes_;
};

class LocalMappedMemory final : public MappedMemory {
public:
    explicit LocalMappedMemory(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
    ~LocalMappedMemory() override { ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size()); }
    std::span<const std::byte> bytes() const noexcept override { return bytes_; }
    bool revoke() noexcept override { return replace_by_zeros(bytes_, PROT_READ); }

private:
    std::span<const std::byte> bytes_;
};

} // namespace

Result<std::unique_ptr<Doorbell>> LocalCarrier::listen(PeerId peer) {
    std::array<int, 2> to_us{};
    std::array<int, 2> to_peer{};
    if (::pipe2(to_us.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        return fail_errno(errno, "create a doorbell");
    }
    UniqueFd hear{to_us[0]};
    UniqueFd peer_rings{to_us[1]};
    if (::pipe2(to_peer.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        return fail_errno(errno, "create a doorbell");
    }
    UniqueFd peer_hears{to_peer[0]};
    UniqueFd ring{to_peer[1]};
    return LocalDoorbell::create(std::move(hear), std::move(ring), {std::move(peer_rings), std::move(peer_hears)},
                                 peer);
}

Result<std::unique_ptr<Doorbell>> LocalCarrier::connect(PeerId peer, std::uint64_t port) {
    // Read and write on both: a pipe whose other holder dies must neither raise SIGPIPE nor hang up.
    ZETA_TRY_ASSIGN(UniqueFd ring, open_of_peer(peer, port >> 32, O_RDWR | O_NONBLOCK));
    ZETA_TRY_ASSIGN(UniqueFd hear, open_of_peer(peer, port & UINT32_MAX, O_RDWR | O_NONBLOCK));
    struct stat about{};
    for (const int fd : {ring.get(), hear.get()}) {
        if (::fstat(fd, &about) != 0 || !S_ISFIFO(about.st_mode)) {
            return fail(ErrorCode::kInvalidArgument, "connect a doorbell: the peer offered no doorbell there");
        }
    }
    return LocalDoorbell::create(std::move(hear), std::move(ring), {}, peer);
}

Result<std::unique_ptr<OwnedMemory>> LocalCarrier::allocate(PeerId /*peer*/, Bytes bytes, const Doorbell& /*bell*/) {
    UniqueFd fd{::memfd_create("figcom", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(bytes.value)) != 0) {
        return fail_errno(errno, "allocate a region");
    }
    void* address = ::mmap(nullptr, bytes.value, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (address == MAP_FAILED) {
        return fail_errno(errno, "map a region");
    }
    auto memory = std::make_unique<LocalOwnedMemory>(
        std::move(fd), std::span<std::byte>{static_cast<std::byte*>(address), bytes.value});
    if (::fcntl(static_cast<int>(memory->reference()), F_ADD_SEALS,
                F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0) {
        return fail_errno(errno, "seal a region");
    }
    return memory;
}

Result<std::unique_ptr<MappedMemory>> LocalCarrier::map(PeerId peer, std::uint64_t reference, Bytes limit) {
    ZETA_TRY_ASSIGN(const UniqueFd fd, open_of_peer(peer, reference, O_RDONLY));
    const int seals = ::fcntl(fd.get(), F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
        return fail(ErrorCode::kCorrupt, "map a peer's region: not sealed against shrinking");
    }
    struct stat about{};
    if (::fstat(fd.get(), &about) != 0 || about.st_size < FIGCOM_HEADER_BYTES) {
        return fail(ErrorCode::kCorrupt, "map a peer's region: too small");
    }
    const auto length = static_cast<std::size_t>(about.st_size);
    if (length > limit.value) {
        return fail(ErrorCode::kResourceExhausted, "map a peer's region: beyond the limit");
    }
    void* address = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (address == MAP_FAILED) {
        return fail_errno(errno, "map a peer's region");
    }
    return std::make_unique<LocalMappedMemory>(
        std::span<const std::byte>{static_cast<const std::byte*>(address), length});
}

} // namespace zeta::figcom
