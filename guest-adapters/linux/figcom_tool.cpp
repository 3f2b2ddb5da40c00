// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// zeta-figcom: serves and uses services by hand, as any program of a guest may.
#include "figcom-vbus/carrier/local/local_carrier.hpp"
#include "figcom-vbus/carrier/local/local_rendezvous.hpp"
#include "figcom-vbus/carrier/xen/xen_carrier.hpp"
#include "figcom-vbus/core/bus_client.hpp"
#include "guest-adapters/common/ping_pattern.hpp"

#include <getopt.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <format>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace zeta;
using namespace zeta::figcom;
using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "usage: zeta-figcom [--timeout S] serve SERVICE\n"
    "       zeta-figcom [--timeout S] [--count N] [--size BYTES] [--interval MS] send GUEST SERVICE [TEXT]\n"
    "  serve             answer each message of each client with the same bytes, until killed\n"
    "  send              send a message to a service of a guest, wait for the answer, and print it\n"
    "  --count N         as many messages, one after the other (default 1); with more than one, or with --size,\n"
    "                    each answer must be what was sent, and only the sum is printed\n"
    "  --size BYTES      a pattern of so many bytes instead of TEXT\n"
    "  --interval MS     the time between two messages (default 0)\n"
    "  --timeout S       give up after S seconds: an attach, a channel, an answer (default 30)\n"
    "  --agent DIRECTORY where this guest's agent is found (default /run/zeta/figcom)\n"
    "  --local DIRECTORY --name NAME\n"
    "                    use the bus of this host's zeta-broker --local under NAME instead\n";

struct Options {
    std::string agent{kAgentDirectory};
    std::string local;
    std::string name{"zeta-figcom"};
    std::uint64_t count{1};
    std::optional<std::uint64_t> pattern_bytes;
    std::uint64_t interval_ms{0};
    std::uint64_t timeout_s{30};
    std::vector<std::string> words;
    [[nodiscard]] Clock::time_point deadline() const { return Clock::now() + std::chrono::seconds{timeout_s}; }
};

int complain(std::string_view what, const Error& error) {
    std::fputs(std::format("zeta-figcom: {}: {}\n", what, describe(error)).c_str(), stderr);
    return 1;
}

int misused(std::string_view what) {
    std::fputs(std::format("zeta-figcom: {} (see zeta-figcom --help)\n", what).c_str(), stderr);
    return 2;
}

bool parse_number(const char* text, std::uint64_t largest, std::uint64_t& number) noexcept {
    const char* const end = text + std::strlen(text);
    const auto [at, error] = std::from_chars(text, end, number);
    return error == std::errc{} && at == end && number <= largest;
}

// Nothing: go on; otherwise the exit status.
std::optional<int> parse(int argc, char** argv, Options& options) {
    static const option kLong[] = {{"count", required_argument, nullptr, 'c'},
                                   {"size", required_argument, nullptr, 's'},
                                   {"interval", required_argument, nullptr, 'i'},
                                   {"timeout", required_argument, nullptr, 't'},
                                   {"agent", required_argument, nullptr, 'a'},
                                   {"local", required_argument, nullptr, 'l'},
                                   {"name", required_argument, nullptr, 'n'},
                                   {"help", no_argument, nullptr, 'h'},
                                   {nullptr, 0, nullptr, 0}};
    for (int got = 0; (got = ::getopt_long(argc, argv, "h", static_cast<const option*>(kLong), nullptr)) != -1;) {
        bool sound = true;
        switch (got) {
        case 'c':
            sound = parse_number(optarg, 1'000'000'000, options.count) && options.count != 0;
            break;
        case 's':
            sound = parse_number(optarg, 1U << 20U, options.pattern_bytes.emplace());
            break;
        case 'i':
            sound = parse_number(optarg, 3'600'000, options.interval_ms);
            break;
        case 't':
            sound = parse_number(optarg, 86'400, options.timeout_s);
            break;
        case 'a':
            options.agent = optarg;
            break;
        case 'l':
            options.local = optarg;
            break;
        case 'n':
            options.name = optarg;
            break;
        case 'h':
            std::fputs(kUsage, stdout);
            return 0;
        default:
            std::fputs(kUsage, stderr);
            return 2;
        }
        if (!sound) {
            return misused(std::format("{}: a number out of range", optarg));
        }
    }
    options.words.assign(argv + optind, argv + argc);
    return std::nullopt;
}

/// Answers every channel in one loop. A client that does not take its answers is heard no further meanwhile.
class EchoServer {
public:
    explicit EchoServer(BusClient& bus) : bus_(bus) {}
    Result<void> run() {
        loop_.watch(bus_.fd(), POLLIN, [this](short /*events*/) { hear_bus(); });
        hear_bus();
        while (!failed_) {
            ZETA_TRY(loop_.turn());
        }
        return std::unexpected(*failed_);
    }

private:
    struct Client {
        std::unique_ptr<Link> link;
        std::uint64_t answered{0};
    };
    void hear_bus() {
        bus_.attend();
        while (true) {
            auto opened = bus_.accept(Clock::now());
            if (opened) {
                take(std::move(*opened));
            } else if (opened.error().code == ErrorCode::kTimeout) {
                return;
            } else if (opened.error().code == ErrorCode::kConflict) {
                failed_ = opened.error();
                return;
            } else {
                loop_.after(std::chrono::seconds{1}, [this] { hear_bus(); }); // no agent now
                return;
            }
        }
    }
    void take(BusClient::Opened opened) {
        const std::uint64_t id = opened.id;
        if (opened.shape.kind != FIGCOM_KIND_STREAM || opened.shape.direction != FIGCOM_BOTH_WAYS) {
            bus_.closed(id); // an echo needs a stream both ways; `opened` ends with us
            return;
        }
        const std::size_t longest = payload_bytes_of(opened.shape);
        say(std::format("channel {:016x} opened", id));
        clients_[id].link = std::make_unique<Link>(
            loop_, std::move(opened.channel), Link::Options{.receive_bytes_max = longest, .answer_before_more = true},
            [this, id](const MessageHead& head, std::span<const std::byte> payload) { answer(id, head, payload); },
            [this, id] { ended(id); });
    }
    void answer(std::uint64_t id, const MessageHead& head, std::span<const std::byte> payload) {
        Client& client = clients_.at(id);
        const MessageHead back{.timestamp_ns = head.timestamp_ns,
                               .source = head.target,
                               .target = head.source,
                               .type = head.type,
                               .priority = head.priority};
        if (client.link->send(back, payload)) {
            ++client.answered;
        }
    }
    void ended(std::uint64_t id) {
        say(std::format("channel {:016x} ended after {} messages", id, clients_.at(id).answered));
        loop_.after(std::chrono::nanoseconds{0}, [this, id] { // not from inside the link's own call
            clients_.erase(id);
            bus_.closed(id);
        });
    }
    static void say(const std::string& line) {
        std::puts(line.c_str());
        std::fflush(stdout);
    }

    BusClient& bus_;
    EventLoop loop_;
    std::map<std::uint64_t, Client> clients_;
    std::optional<Error> failed_;
};

int serve(BusClient& bus, const std::string& service) {
    std::printf("serving %s\n", service.c_str());
    std::fflush(stdout);
    const Result<void> ran = EchoServer{bus}.run();
    return complain(service, ran.error());
}

// One message out and its answer in.
Result<std::size_t> exchange(Channel& channel, std::uint64_t number, std::span<const std::byte> message,
                             std::span<std::byte> answer, Clock::time_point deadline) {
    const MessageHead head{.timestamp_ns = number, .source = 0, .target = 0, .type = 0, .priority = 0};
    ZETA_TRY(channel.send(head, message, deadline));
    Received received;
    while (true) {
        const ReceiveStatus status = channel.try_receive(received, answer);
        if (status == ReceiveStatus::kReceived) {
            return received.length;
        }
        if (status == ReceiveStatus::kCorrupt) {
            return fail(ErrorCode::kCorrupt, "take the answer: the peer broke the format");
        }
        ZETA_TRY(channel.wait(deadline));
    }
}

// Hears the agent meanwhile: the next one learns of our channel at once.
void pause(BusClient& bus, std::chrono::milliseconds length) {
    const Clock::time_point end = Clock::now() + length;
    for (auto left = length; left.count() > 0;
         left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now())) {
        pollfd waiting{.fd = bus.fd(), .events = POLLIN, .revents = 0};
        std::ignore = ::poll(&waiting, 1, static_cast<int>(left.count()));
        bus.attend();
    }
}

int send(BusClient& bus, const Options& options) {
    const std::string to = options.words[1] + " " + options.words[2];
    auto opened = bus.open(options.words[1], options.words[2], options.deadline());
    if (!opened) {
        return complain(to, opened.error());
    }
    const std::string text = options.words.size() == 4 ? options.words[3] : "hello";
    std::vector<std::byte> message(options.pattern_bytes.value_or(text.size()));
    if (message.size() > opened->channel.payload_bytes_max()) {
        return misused(std::format("{} bytes: this channel carries at most {}", message.size(),
                                   opened->channel.payload_bytes_max()));
    }
    std::vector<std::byte> answer(payload_bytes_of(opened->shape));
    const bool compare = options.count != 1 || options.pattern_bytes;
    for (std::uint64_t number = 1; number <= options.count; ++number) {
        if (options.pattern_bytes) {
            guest::fill_ping(message, opened->id, number, guest::PingDirection::kRequest);
        } else {
            std::ranges::copy(std::as_bytes(std::span{text}), message.begin());
        }
        const auto length = exchange(opened->channel, number, message, answer, options.deadline());
        if (!length) {
            return complain(std::format("{}: message {} of {}", to, number, options.count), length.error());
        }
        if (!compare) {
            std::fwrite(answer.data(), 1, *length, stdout);
            std::fputc('\n', stdout);
        } else if (!std::ranges::equal(std::span{answer}.first(*length), message)) {
            std::fputs(std::format("zeta-figcom: {}: message {}: the answer differs\n", to, number).c_str(), stderr);
            return 1;
        }
        if (options.interval_ms != 0 && number != options.count) {
            pause(bus, std::chrono::milliseconds{options.interval_ms});
        }
    }
    if (compare) {
        std::printf("%llu messages of %zu bytes answered by %s\n", static_cast<unsigned long long>(options.count),
                    message.size(), to.c_str());
    }
    const std::uint64_t id = opened->id;
    {
        const Channel over = std::move(opened->channel);
    } // the peer first, then the agent
    bus.closed(id);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    if (const auto ended = parse(argc, argv, options)) {
        return *ended;
    }
    const bool serving = options.words.size() == 2 && options.words[0] == "serve";
    if (!serving && (options.words.size() < 3 || options.words.size() > 4 || options.words[0] != "send")) {
        return misused("wrong arguments");
    }
    ::signal(SIGPIPE, SIG_IGN);
    auto rendezvous = LocalAgentRendezvous::create(options.local.empty() ? options.agent : options.local, options.name);
    if (!rendezvous) {
        return complain(options.local.empty() ? options.agent : options.local, rendezvous.error());
    }
    LocalCarrier local;
    XenCarrier xen;
    const std::vector<std::string> services = serving ? std::vector{options.words[1]} : std::vector<std::string>{};
    auto bus = BusClient::attach(local, **rendezvous, services, options.deadline(),
                                 options.local.empty() ? static_cast<Carrier*>(&xen) : &local);
    if (!bus) {
        return complain("attach", bus.error());
    }
    return serving ? serve(**bus, options.words[1]) : send(**bus, options);
}
