// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/carrier/local/local_rendezvous.hpp"

#include "figcom-vbus/core/control_message.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <format>

namespace zeta::figcom {

namespace {

constexpr std::size_t kFileBytesMax = 256;

Result<UniqueFd> watch_directory(const std::string& directory) {
    UniqueFd changes{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (!changes || ::inotify_add_watch(changes.get(), directory.c_str(), IN_MOVED_TO | IN_DELETE) < 0) {
        return fail_errno(errno, "watch the rendezvous directory");
    }
    return changes;
}

void drain(int fd) noexcept {
    std::array<char, 4096> bin{};
    while (::read(fd, bin.data(), bin.size()) > 0) {
    }
}

// Renamed into place: a reader sees the whole text or none.
Result<void> write_whole(const std::string& path, std::string_view text) {
    const std::string fresh = std::format("{}.{}.new", path, ::getpid());
    const UniqueFd fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::rename(fresh.c_str(), path.c_str()) != 0) {
        return fail_errno(errno, "write a rendezvous file");
    }
    return {};
}

Result<std::string> read_whole(const std::string& path) {
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!fd) {
        return fail_errno(errno, "read a rendezvous file");
    }
    std::string text(kFileBytesMax, '\0');
    const ssize_t got = ::read(fd.get(), text.data(), text.size());
    if (got < 0) {
        return fail_errno(errno, "read a rendezvous file");
    }
    text.resize(static_cast<std::size_t>(got));
    return text;
}

// Whether a predecessor of ours answered this offer. Its process makes a new one when it sees that one's end; what lies
// in the old region was said to somebody else.
bool was_answered(const std::string& directory, PeerId peer, const AgentOffer& offer) {
    const auto text = read_whole(std::format("{}/answer.{}", directory, peer.value));
    const auto answer = text ? parse_broker_answer(*text) : std::unexpected(text.error());
    return answer && answer->agent_epoch == offer.epoch;
}

// As the kernel says, whatever the process wrote into its file. Executables that are hidden from us, or were
// replaced since the start, have no name here and match no rule that wants one.
std::optional<ProcessIdentity> identify(PeerId peer) {
    struct stat about{};
    const std::string folder = std::format("/proc/{}", peer.value);
    if (::stat(folder.c_str(), &about) != 0) {
        return ProcessIdentity{.uid = UINT32_MAX, .executable = {}};
    }
    std::error_code error;
    const auto executable = std::filesystem::read_symlink(folder + "/exe", error);
    return ProcessIdentity{.uid = about.st_uid, .executable = error ? std::string{} : executable.string()};
}

} // namespace

Result<std::unique_ptr<LocalAgentRendezvous>> LocalAgentRendezvous::create(std::string directory, std::string name) {
    if (!is_name(name)) {
        return fail(ErrorCode::kInvalidArgument, "name an agent: malformed name");
    }
    auto made = std::make_unique<LocalAgentRendezvous>();
    ZETA_TRY_ASSIGN(made->changes_, watch_directory(directory));
    made->directory_ = std::move(directory);
    made->name_ = std::move(name);
    return made;
}

Result<void> LocalAgentRendezvous::publish(const AgentOffer& offer) {
    return write_whole(std::format("{}/agent.{}", directory_, ::getpid()), name_ + "\n" + to_text(offer));
}

Result<std::optional<BrokerAnswer>> LocalAgentRendezvous::read_answer() {
    drain(changes_.get());
    const Result<std::string> text = read_whole(std::format("{}/answer.{}", directory_, ::getpid()));
    if (!text) {
        return text.error().code == ErrorCode::kNotFound ? Result<std::optional<BrokerAnswer>>{std::nullopt}
                                                         : std::unexpected(text.error());
    }
    ZETA_TRY_ASSIGN(const BrokerAnswer answer, parse_broker_answer(*text));
    return answer;
}

Result<std::unique_ptr<LocalBrokerRendezvous>> LocalBrokerRendezvous::create(std::string directory) {
    auto made = std::make_unique<LocalBrokerRendezvous>();
    ZETA_TRY_ASSIGN(made->changes_, watch_directory(directory));
    made->directory_ = std::move(directory);
    return made;
}

std::map<PeerId, std::string> LocalBrokerRendezvous::scan() const {
    std::map<PeerId, std::string> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
        const std::string file = entry.path().filename();
        PeerId peer;
        const auto [end, bad] =
            std::from_chars(file.data() + std::min<std::size_t>(6, file.size()), file.data() + file.size(), peer.value);
        if (!file.starts_with("agent.") || bad != std::errc{} || end != file.data() + file.size()) {
            continue;
        }
        if (::kill(static_cast<pid_t>(peer.value), 0) != 0 && errno == ESRCH) {
            std::filesystem::remove(entry.path(), error); // its process died
            std::filesystem::remove(std::format("{}/answer.{}", directory_, peer.value), error);
            continue;
        }
        if (auto text = read_whole(entry.path())) {
            found.emplace(peer, std::move(*text));
        }
    }
    return found;
}

Result<std::vector<PeerNews>> LocalBrokerRendezvous::take_news() {
    drain(changes_.get());
    std::vector<PeerNews> news;
    auto found = scan();
    for (const auto& [peer, text] : found) {
        const auto before = known_.find(peer);
        if (before != known_.end() && before->second == text) {
            continue;
        }
        const std::size_t line = text.find('\n');
        if (line == std::string::npos) {
            continue;
        }
        PeerNews one{.peer = peer,
                     .name = text.substr(0, line),
                     .offer = std::nullopt,
                     .gone = false,
                     .process = identify(peer)};
        if (auto offer = parse_agent_offer(std::string_view{text}.substr(line + 1));
            offer && is_name(one.name) && !was_answered(directory_, peer, *offer)) {
            one.offer = *offer;
        }
        news.push_back(std::move(one));
    }
    for (const auto& [peer, text] : known_) {
        if (!found.contains(peer)) {
            news.push_back({.peer = peer, .name = {}, .offer = std::nullopt, .gone = true});
        }
    }
    known_ = std::move(found);
    return news;
}

Result<void> LocalBrokerRendezvous::answer(PeerId peer, const BrokerAnswer& answer) {
    return write_whole(std::format("{}/answer.{}", directory_, peer.value), to_text(answer));
}

PeerId LocalBrokerRendezvous::self() const noexcept { return PeerId{static_cast<std::uint32_t>(::getpid())}; }

} // namespace zeta::figcom
