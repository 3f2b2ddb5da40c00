// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
// figcom: who is on the bus, who may talk to whom, and real messages from guest to guest.
#include "control-domain/zetactl/broker_client.hpp"
#include "control-domain/zetactl/cli11.hpp"
#include "control-domain/zetactl/context.hpp"
#include "control-domain/zetactl/line_client.hpp"
#include "control-domain/zetactl/nouns.hpp"
#include "control-domain/zetactl/table.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <format>
#include <functional>
#include <memory>
#include <span>

namespace zeta::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr double kTimeoutBaseSeconds = 60;
constexpr double kTimeoutPerMessageSeconds = 0.02; // emulated machines take milliseconds a round trip

struct Column {
    const char* heading;
    const char* key;
};

std::string cell(const Json& row, const char* key) {
    const auto found = row.find(key);
    if (found == row.end()) {
        return "-";
    }
    if (found->is_boolean()) {
        return found->get<bool>() ? "yes" : "no";
    }
    return found->is_string() ? found->get<std::string>() : found->dump();
}

/// Asks the broker for a list and prints it.
int list(const Context& context, const char* op, const char* key, std::span<const Column> columns) {
    const Result<std::string> line = ask_line(context.broker_socket, Json{{"op", op}}.dump());
    if (!line) {
        return complain(
            std::format("the broker does not answer at {}: {}", context.broker_socket, describe(line.error())),
            kExitUnreachable);
    }
    const Json reply = Json::parse(*line, nullptr, false);
    const auto rows = reply.is_object() ? reply.find(key) : reply.end();
    if (!reply.is_object() || rows == reply.end() || !rows->is_array()) {
        const Json error = reply.is_object() ? reply.value("error", Json::object()) : Json::object();
        return complain(error.value("text", "the broker answered with something that is not its protocol"));
    }
    if (context.json) {
        std::puts(rows->dump(2).c_str());
        return kExitDone;
    }
    std::vector<std::vector<std::string>> table(1);
    for (const Column& column : columns) {
        table.front().emplace_back(column.heading);
    }
    for (const Json& row : *rows) {
        std::vector<std::string> cells;
        for (const Column& column : columns) {
            cells.push_back(cell(row, column.key));
        }
        table.push_back(std::move(cells));
    }
    print_table(table);
    return kExitDone;
}

constexpr Column kEndpointColumns[] = {{"GUEST", "guest"},   {"SERVICE", "service"}, {"ENDPOINT", "endpoint"},
                                       {"DOMAIN", "domain"}, {"EPOCH", "epoch"},     {"ATTACHED", "attached"}};
constexpr Column kChannelColumns[] = {{"CHANNEL", "channel"}, {"FROM", "from"},  {"TO", "to"},
                                      {"SERVICE", "service"}, {"KIND", "kind"},  {"DIRECTION", "direction"},
                                      {"BYTES", "bytes"},     {"STATE", "state"}};
constexpr Column kPeerColumns[] = {{"GUEST", "guest"},        {"CHANNELS", "channels"}, {"OF", "channels_max"},
                                   {"SET-UPS", "setups"},     {"OF", "setups_max"},     {"MEMORY", "memory_bytes"},
                                   {"OF", "memory_bytes_max"}};
constexpr Column kJobColumns[] = {{"JOB", "job"},     {"SOURCE", "source"},      {"TARGET", "target"},
                                  {"STATE", "state"}, {"COUNT", "count"},        {"SENT", "sent"},
                                  {"LOST", "lost"},   {"DELIVERED", "delivered"}};
constexpr Column kPolicyColumns[] = {{"FROM", "from"},       {"TO", "to"},
                                     {"SERVICE", "service"}, {"DIRECTION", "direction"},
                                     {"KINDS", "kinds"},     {"CHANNEL BYTES", "channel-bytes"}};

double milliseconds(const Json& ns) { return ns.is_number() ? ns.get<double>() / 1e6 : 0; }

std::uint64_t number(const Json& report, const char* key) { return report.value(key, std::uint64_t{0}); }

void print_report(const PingOptions& options, const Json& report) {
    const Json rtt = report.value("rtt_ns", Json::object());
    const Json gaps = report.value("gaps", Json::object());
    std::puts(std::format("{} -> {} -> {}: {} of {} messages of {} bytes sent in {:.3f} s", options.source,
                          options.target, options.source, number(report, "sent"), number(report, "count"),
                          number(report, "payload_bytes"), static_cast<double>(number(report, "elapsed_ns")) / 1e9)
                  .c_str());
    print_pairs(
        {{"Delivered", std::to_string(number(report, "delivered"))},
         {"Lost", std::format("{} ({} of unknown fate)", number(report, "lost"), number(report, "unknown"))},
         {"Duplicated", std::to_string(number(report, "duplicated"))},
         {"Out of order", std::to_string(number(report, "out_of_order"))},
         {"Corrupt", std::to_string(number(report, "corrupt"))},
         {"Bytes verified", std::to_string(number(report, "bytes_verified"))},
         {"Round trip", std::format("p50 {:.3f} ms, p99 {:.3f} ms, p99.9 {:.3f} ms, max {:.3f} ms",
                                    milliseconds(rtt.value("p50", Json(0))), milliseconds(rtt.value("p99", Json(0))),
                                    milliseconds(rtt.value("p999", Json(0))), milliseconds(rtt.value("max", Json(0))))},
         {"Gaps",
          std::format("{}, {:.3f} ms in all, longest {:.3f} ms", number(gaps, "count"),
                      milliseconds(gaps.value("total_ns", Json(0))), milliseconds(gaps.value("longest_ns", Json(0))))},
         {"Restarts", std::format("source {}, target {}, broker {}", number(report, "source_restarts"),
                                  number(report, "peer_restarts"), number(report, "broker_restarts"))}});
}

/// A line on standard error now and then: rewritten in place on a terminal.
class Progress {
public:
    explicit Progress(bool shown) : shown_(shown), terminal_(::isatty(STDERR_FILENO) == 1) {}
    ~Progress() {
        if (written_ && terminal_) {
            std::fputs("\r\x1b[K", stderr);
        }
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void tell(const Json& report) {
        const auto now = std::chrono::steady_clock::now();
        if (!shown_ || now - last_ < (terminal_ ? std::chrono::seconds{1} : std::chrono::seconds{5})) {
            return;
        }
        last_ = now;
        written_ = true;
        std::fputs(std::format("{}{} of {} delivered, {} lost, {}{}", terminal_ ? "\r\x1b[K" : "",
                               number(report, "delivered"), number(report, "count"), number(report, "lost"),
                               report.value("state", ""), terminal_ ? "" : "\n")
                       .c_str(),
                   stderr);
    }

private:
    bool shown_;
    bool terminal_;
    bool written_{false};
    std::chrono::steady_clock::time_point last_{std::chrono::steady_clock::now()};
};

int ping(const Context& context, PingOptions options, double timeout_s) {
    options.timeout = std::chrono::duration<double>(
        timeout_s > 0 ? timeout_s
                      : kTimeoutBaseSeconds + kTimeoutPerMessageSeconds * static_cast<double>(options.count));
    PingOutcome outcome;
    {
        Progress progress{!context.json};
        outcome = follow_ping(context.broker_socket, options, [&](const Json& report) { progress.tell(report); });
    }
    if (!outcome.error.empty()) {
        return complain("ping " + options.source + " " + options.target + ": " + outcome.error,
                        outcome.unreachable ? kExitUnreachable : kExitFailed);
    }
    Json& report = outcome.report;
    report["broker_restarts"] = outcome.broker_restarts;
    report.erase("event");
    if (context.json) {
        std::puts(report.dump(2).c_str());
    } else {
        print_report(options, report);
    }
    const std::string state = report.value("state", "");
    if (state == "refused") {
        return complain(
            std::format("ping {} {}: refused: {}", options.source, options.target, report.value("refused", "")));
    }
    if (state == "timed-out") {
        return complain(std::format("ping {} {}: not finished in time; see --timeout", options.source, options.target));
    }
    return kExitDone;
}

void add_ping(CLI::App& noun, Context& context) {
    CLI::App& verb = *noun.add_subcommand("ping", "Send messages from one guest to another and back");
    const auto options = std::make_shared<PingOptions>();
    const auto timeout_s = std::make_shared<double>(0);
    verb.add_option("source", options->source, "the guest that sends")->required()->type_name("GUEST");
    verb.add_option("target", options->target, "the guest that answers")->required()->type_name("GUEST");
    verb.add_option("--count", options->count, "how many messages")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000'000));
    verb.add_option("--size", options->payload_bytes, "payload of each message in bytes")
        ->type_name("BYTES")
        ->check(CLI::Range(0, 16384));
    verb.add_option("--window", options->window, "messages in flight at once")
        ->type_name("N")
        ->check(CLI::Range(1, 32));
    verb.add_option("--timeout", *timeout_s, "give up after SECONDS; by default 60 and 0.02 for each message")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.001, 86400.0));
    add_json_flag(verb, context);
    on_run(verb, context, [&context, options, timeout_s] { return ping(context, *options, *timeout_s); });
}

void add_list(CLI::App& noun, Context& context, const char* verb_name, const char* key, const char* help,
              std::span<const Column> columns) {
    CLI::App& verb = *noun.add_subcommand(verb_name, help);
    add_json_flag(verb, context);
    on_run(verb, context, [&context, verb_name, key, columns] { return list(context, verb_name, key, columns); });
}

/// Asks the broker to change something and says what came of it.
int change(const Context& context, const Json& request, const std::function<std::string(const Json&)>& say) {
    const Result<std::string> line = ask_line(context.broker_socket, request.dump());
    if (!line) {
        return complain(
            std::format("the broker does not answer at {}: {}", context.broker_socket, describe(line.error())),
            kExitUnreachable);
    }
    const Json reply = Json::parse(*line, nullptr, false);
    if (!reply.is_object() || !reply.contains("revoked")) {
        const Json error = reply.is_object() ? reply.value("error", Json::object()) : Json::object();
        return complain(error.value("text", "the broker answered with something that is not its protocol"));
    }
    std::puts(context.json ? reply.dump(2).c_str() : say(reply).c_str());
    return kExitDone;
}

void add_policy(CLI::App& noun, Context& context) {
    CLI::App& verb = *noun.add_subcommand("policy", "List what is allowed, or read the policy file again");
    const auto action = std::make_shared<std::string>("list");
    verb.add_option("action", *action, "list, or reload: channels that the file now forbids end at once")
        ->type_name("ACTION")
        ->check(CLI::IsMember({"list", "reload"}));
    add_json_flag(verb, context);
    on_run(verb, context, [&context, action] {
        if (*action == "list") {
            return list(context, "policy", "allow", kPolicyColumns);
        }
        return change(context, {{"op", "policy-reload"}}, [](const Json& reply) {
            return std::format("{} rules; {} channels revoked", number(reply, "rules"), number(reply, "revoked"));
        });
    });
}

void add_revoke(CLI::App& noun, Context& context) {
    CLI::App& verb = *noun.add_subcommand("revoke", "End a channel at once, whatever its sides do");
    const auto channel = std::make_shared<std::string>();
    verb.add_option("channel", *channel, "its number, as channels lists it")->required()->type_name("CHANNEL");
    add_json_flag(verb, context);
    on_run(verb, context, [&context, channel] {
        return change(context, {{"op", "revoke"}, {"channel", *channel}},
                      [&](const Json&) { return std::format("channel {} revoked", *channel); });
    });
}

} // namespace

void add_figcom_noun(CLI::App& root, Context& context) {
    CLI::App& noun = *root.add_subcommand("figcom", "The bus between guests: endpoints, channels, policy, ping");
    noun.require_subcommand(1);
    add_ping(noun, context);
    add_list(noun, context, "endpoints", "endpoints", "List who offers what on the bus", kEndpointColumns);
    add_list(noun, context, "channels", "channels", "List channels between guests", kChannelColumns);
    add_list(noun, context, "jobs", "jobs", "List pings that run", kJobColumns);
    add_list(noun, context, "peers", "peers", "List what each guest has used of its quotas", kPeerColumns);
    add_policy(noun, context);
    add_revoke(noun, context);
}

} // namespace zeta::ctl
