// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// figtop: the bus, live. docs/reference/figtop.md.
#include "figcom-vbus/tools/figtop/broker_line.hpp"
#include "figcom-vbus/tools/figtop/sample.hpp"
#include "figcom-vbus/tools/figtop/screen.hpp"

#include <getopt.h>
#include <poll.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <format>

namespace {

using namespace zeta;
using namespace zeta::figtop;
using Clock = std::chrono::steady_clock;

constexpr const char* kUsage =
    "usage: figtop [--socket PATH] [--guest NAME] [--sort KEY] [--interval SECONDS] [--once] [--json]\n"
    "Shows the channels of the FIGCOM bus: rates, credits, losses, wake-ups. q ends it, s changes the order.\n"
    "  --socket PATH       the broker's control socket (default /run/zetatron/broker.sock)\n"
    "  --guest NAME        only this guest's ends of channels\n"
    "  --sort KEY          guest, messages (default), bytes, in-flight, losses or wake-ups\n"
    "  --interval SECONDS  between two looks, 0.2 to 3600 (default 1)\n"
    "  --once              print one table and end; with --interval, look twice to know the rates\n"
    "  --json              print one JSON object and end; with --interval, one a line without end\n"
    "Exit status: 0 done, 1 failed, 2 wrong command line, 3 no broker answers.\n";

constexpr int kFailed = 1;
constexpr int kUsageError = 2;
constexpr int kNoBroker = 3;
constexpr auto kCompleteWithin = std::chrono::seconds{1}; // then an agent that does not answer stays as it was
constexpr int kAskAgain_ms = 20;
constexpr std::size_t kTableColumns = 240;

struct Options {
    std::string socket{"/run/zetatron/broker.sock"};
    std::string guest;
    Sort sort{Sort::kMessages};
    double interval_s{0}; // 0: not given
    bool once{false};
    bool json{false};
};

int complain(const std::string& line, int status) {
    std::fprintf(stderr, "figtop: %s\n", line.c_str());
    return status;
}

bool read_interval(const char* text, double& seconds) {
    const char* end = text + std::strlen(text);
    const auto [at, error] = std::from_chars(text, end, seconds);
    return error == std::errc{} && at == end && seconds >= 0.2 && seconds <= 3600;
}

// -1: go on; otherwise the exit status.
int parse(int argc, char** argv, Options& options) {
    static const option kLong[] = {
        {"socket", required_argument, nullptr, 'S'}, {"guest", required_argument, nullptr, 'g'},
        {"sort", required_argument, nullptr, 's'},   {"interval", required_argument, nullptr, 'i'},
        {"once", no_argument, nullptr, 'o'},         {"json", no_argument, nullptr, 'j'},
        {"help", no_argument, nullptr, 'h'},         {nullptr, 0, nullptr, 0}};
    ::opterr = 0;
    for (int got = 0; (got = ::getopt_long(argc, argv, "h", static_cast<const option*>(kLong), nullptr)) != -1;) {
        switch (got) {
        case 'S':
            options.socket = optarg;
            break;
        case 'g':
            options.guest = optarg;
            break;
        case 's':
            if (!sort_of(optarg)) {
                return complain(
                    std::format("--sort {}: use guest, messages, bytes, in-flight, losses or wake-ups", optarg),
                    kUsageError);
            }
            options.sort = *sort_of(optarg);
            break;
        case 'i':
            if (!read_interval(optarg, options.interval_s)) {
                return complain(std::format("--interval {}: use 0.2 to 3600 seconds", optarg), kUsageError);
            }
            break;
        case 'o':
            options.once = true;
            break;
        case 'j':
            options.json = true;
            break;
        case 'h':
            std::fputs(kUsage, stdout);
            return 0;
        default:
            return complain(std::format("{}: unknown, or without its value; see figtop --help", argv[optind - 1]),
                            kUsageError);
        }
    }
    return optind == argc
               ? -1
               : complain(std::format("unexpected argument {}; see figtop --help", argv[optind]), kUsageError);
}

/// One look at the bus: asks until every agent has answered, or for a second.
std::optional<Sample> look(BrokerLine& broker, std::string& why) {
    const Clock::time_point deadline = Clock::now() + kCompleteWithin;
    std::uint64_t wanted = 0;
    for (;;) {
        const auto line = broker.ask(R"({"op":"counters"})");
        if (!line) {
            why = describe(line.error());
            return std::nullopt;
        }
        auto sample = read_counters(*line, why);
        if (!sample) {
            return std::nullopt;
        }
        wanted = wanted == 0 ? sample->round : wanted;
        if (sample->complete(wanted) || Clock::now() >= deadline) {
            const auto jobs = broker.ask(R"({"op":"jobs"})");
            if (!jobs || !read_pings(*jobs, *sample)) {
                why = jobs ? "no answer to a question for pings" : describe(jobs.error());
                return std::nullopt;
            }
            return sample;
        }
        std::ignore = ::poll(nullptr, 0, kAskAgain_ms);
    }
}

Clock::duration interval_of(const Options& options) {
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>{options.interval_s == 0 ? 1.0 : options.interval_s});
}

void print(const Options& options, const Sample& sample) {
    if (options.json) {
        std::printf("%s\n", to_json(sample).c_str());
    } else {
        for (const std::string& line : to_table(sample, kTableColumns)) {
            std::printf("%s\n", line.c_str());
        }
    }
}

/// --once and --json.
int run_plain(const Options& options, BrokerLine& broker) {
    const bool stream = options.json && options.interval_s != 0 && !options.once;
    std::optional<Sample> before;
    for (bool more = true; more;) {
        std::string why;
        auto now = look(broker, why);
        if (!now) {
            return complain(why, kFailed);
        }
        Sample shown = *now;
        if (before) {
            compare(*before, shown);
        }
        const bool last = options.interval_s == 0 || before.has_value();
        if (stream || last) {
            arrange(shown, options.guest, options.sort);
            print(options, shown);
            if (std::fflush(stdout) != 0) {
                return complain("standard output is closed", kFailed);
            }
        }
        more = stream || !last;
        before = std::move(now);
        if (more) {
            const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(interval_of(options));
            std::ignore = ::poll(nullptr, 0, static_cast<int>(pause.count()));
        }
    }
    return 0;
}

int run_live(Options options, BrokerLine& broker) {
    std::string why;
    {
        auto screen = Screen::open();
        if (!screen) {
            return complain(describe(screen.error()) + "; use --once or --json", kFailed);
        }
        std::optional<Sample> before;
        std::optional<Sample> now;
        Clock::time_point next = Clock::now();
        for (Screen::Event event = Screen::Event::kTime; event != Screen::Event::kQuit;) {
            if (event == Screen::Event::kSort) {
                options.sort = static_cast<Sort>((static_cast<int>(options.sort) + 1) % 6);
            }
            if (event == Screen::Event::kTime) {
                before = std::move(now);
                now = look(broker, why);
                next = Clock::now() + interval_of(options);
                if (!now) {
                    break;
                }
            }
            Sample shown = *now;
            if (before) {
                compare(*before, shown);
            }
            arrange(shown, options.guest, options.sort);
            std::vector<std::string> lines = to_table(shown, (*screen)->extent().columns);
            lines.push_back(std::format("by {}; s: another order, q: end", name(options.sort)));
            (*screen)->draw(lines);
            event = (*screen)->wait(next);
        }
    }
    return why.empty() ? 0 : complain(why, kFailed); // after the terminal is as before
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    if (const int ended = parse(argc, argv, options); ended >= 0) {
        return ended;
    }
    auto broker = BrokerLine::open(options.socket);
    if (!broker) {
        return complain(std::format("no broker answers at {}: {}; start zeta-broker, or name its socket with --socket",
                                    options.socket, describe(broker.error())),
                        kNoBroker);
    }
    return options.once || options.json ? run_plain(options, *broker) : run_live(options, *broker);
}
