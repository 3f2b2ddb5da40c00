// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "figcom-vbus/tools/figtop/sample.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <nlohmann/json.hpp>
#include <tuple>

namespace zeta::figtop {

namespace {

using Json = nlohmann::ordered_json;

// In the order of Sort.
constexpr std::array<std::string_view, 6> kSorts{"guest", "messages", "bytes", "in-flight", "losses", "wake-ups"};

std::string text_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::uint64_t number_of(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::optional<Figures> figures_of(const Json& json) {
    if (!json.is_object()) {
        return std::nullopt;
    }
    return Figures{.round = number_of(json, "round"),
                   .age_ms = number_of(json, "age_ms"),
                   .at_ns = number_of(json, "at_ns"),
                   .sent = number_of(json, "sent"),
                   .sent_bytes = number_of(json, "sent_bytes"),
                   .received = number_of(json, "received"),
                   .received_bytes = number_of(json, "received_bytes"),
                   .in_flight = number_of(json, "in_flight"),
                   .credits = number_of(json, "credits"),
                   .queued = number_of(json, "queued"),
                   .no_credit = number_of(json, "no_credit"),
                   .dropped = number_of(json, "dropped"),
                   .lost = number_of(json, "lost"),
                   .corrupt = number_of(json, "corrupt"),
                   .wake_ups = number_of(json, "wake_ups")};
}

End end_of(const Json& channel, bool opened) {
    End end;
    end.channel = text_of(channel, "channel");
    end.guest = text_of(channel, opened ? "from" : "to");
    end.peer = text_of(channel, opened ? "to" : "from");
    end.service = text_of(channel, "service");
    end.state = text_of(channel, "state");
    end.epoch = number_of(channel, "epoch");
    end.opened = opened;
    const auto figures = channel.find(opened ? "from_end" : "to_end");
    if (figures != channel.end()) {
        end.figures = figures_of(*figures);
    }
    return end;
}

/// What the order is by; larger first.
double weight(const End& end, Sort sort) {
    const Figures figures = end.figures.value_or(Figures{});
    const Rates rates = end.rates.value_or(Rates{});
    switch (sort) {
    case Sort::kGuest:
        return 0;
    case Sort::kMessages:
        return end.rates ? rates.sent + rates.received : static_cast<double>(figures.sent + figures.received);
    case Sort::kBytes:
        return end.rates ? rates.sent_bytes + rates.received_bytes
                         : static_cast<double>(figures.sent_bytes + figures.received_bytes);
    case Sort::kInFlight:
        return static_cast<double>(figures.in_flight + figures.queued);
    case Sort::kLosses:
        return static_cast<double>(figures.dropped + figures.lost + figures.corrupt);
    case Sort::kWakeUps:
        return end.rates ? rates.wake_ups : static_cast<double>(figures.wake_ups);
    }
    return 0;
}

/// 1234567 as "1.23M".
std::string brief(double number) {
    constexpr std::string_view kUnits = " kMGTPE";
    std::size_t unit = 0;
    while (number >= 999.5 && unit + 1 < kUnits.size()) {
        number /= 1000;
        ++unit;
    }
    return unit == 0 ? std::format("{:.0f}", number) : std::format("{:.3g}{}", number, kUnits[unit]);
}

std::string row_of(const End& end) {
    const std::string way = end.opened ? "->" : "<-";
    std::string row =
        std::format("{:<12.12} {} {:<12.12} {:<10.10} {:<10.10}", end.guest, way, end.peer, end.service, end.state);
    if (!end.figures) {
        return row + " has told no figures";
    }
    const Figures& is = *end.figures;
    if (end.rates) {
        row += std::format(" {:>7} {:>7} {:>7} {:>7}", brief(end.rates->sent), brief(end.rates->received),
                           brief(end.rates->sent_bytes), brief(end.rates->received_bytes));
    } else {
        row += std::format(" {:>7} {:>7} {:>7} {:>7}", "-", "-", "-", "-");
    }
    return row + std::format(" {:>7} {:>7} {:>7} {:>7} {:>6} {:>6} {:>8}", brief(static_cast<double>(is.sent)),
                             brief(static_cast<double>(is.received)),
                             std::format("{}/{}", is.credits - std::min(is.in_flight, is.credits), is.credits),
                             brief(static_cast<double>(is.queued)),
                             brief(static_cast<double>(is.dropped + is.lost + is.corrupt)),
                             end.rates ? brief(end.rates->wake_ups) : "-", brief(static_cast<double>(is.wake_ups)));
}

Json json_of(const End& end) {
    Json json = {{"channel", end.channel}, {"guest", end.guest},     {"peer", end.peer},
                 {"opened", end.opened},   {"service", end.service}, {"state", end.state},
                 {"epoch", end.epoch},     {"figures", nullptr},     {"per_second", nullptr}};
    if (end.figures) {
        const Figures& is = *end.figures;
        json["figures"] = {{"age_ms", is.age_ms},
                           {"sent", is.sent},
                           {"sent_bytes", is.sent_bytes},
                           {"received", is.received},
                           {"received_bytes", is.received_bytes},
                           {"in_flight", is.in_flight},
                           {"credits", is.credits},
                           {"queued", is.queued},
                           {"no_credit", is.no_credit},
                           {"dropped", is.dropped},
                           {"lost", is.lost},
                           {"corrupt", is.corrupt},
                           {"wake_ups", is.wake_ups}};
    }
    if (end.rates) {
        json["per_second"] = {{"sent", end.rates->sent},
                              {"sent_bytes", end.rates->sent_bytes},
                              {"received", end.rates->received},
                              {"received_bytes", end.rates->received_bytes},
                              {"wake_ups", end.rates->wake_ups}};
    }
    return json;
}

} // namespace

bool Sample::complete(std::uint64_t wanted) const noexcept {
    return std::ranges::all_of(
        ends, [&](const End& end) { return end.state != "up" || (end.figures && end.figures->round >= wanted); });
}

std::optional<Sample> read_counters(std::string_view line, std::string& why) {
    const Json json = Json::parse(line, nullptr, false);
    const auto list = json.is_object() ? json.find("counters") : json.end();
    if (!json.is_object() || list == json.end() || !list->is_array()) {
        const auto error = json.is_object() ? json.find("error") : json.end();
        const bool told = json.is_object() && error != json.end() && error->is_object();
        why = told ? text_of(*error, "text") : "no answer to a question for counters";
        return std::nullopt;
    }
    Sample sample;
    sample.round = number_of(json, "round");
    for (const Json& channel : *list) {
        if (channel.is_object()) {
            sample.ends.push_back(end_of(channel, true));
            sample.ends.push_back(end_of(channel, false));
        }
    }
    return sample;
}

bool read_pings(std::string_view line, Sample& sample) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("jobs") || !json["jobs"].is_array()) {
        return false;
    }
    for (const Json& job : json["jobs"]) {
        const auto rtt = job.is_object() ? job.find("rtt_ns") : job.end();
        if (job.is_object() && rtt != job.end() && rtt->is_object()) {
            sample.pings.push_back({.source = text_of(job, "source"),
                                    .target = text_of(job, "target"),
                                    .state = text_of(job, "state"),
                                    .delivered = number_of(job, "delivered"),
                                    .p50_ns = number_of(*rtt, "p50"),
                                    .p99_ns = number_of(*rtt, "p99"),
                                    .max_ns = number_of(*rtt, "max")});
        }
    }
    return true;
}

void compare(const Sample& before, Sample& now) {
    for (End& end : now.ends) {
        const auto was = std::ranges::find_if(before.ends, [&](const End& other) {
            return other.channel == end.channel && other.opened == end.opened && other.epoch == end.epoch;
        });
        if (was == before.ends.end() || !was->figures || !end.figures || end.figures->at_ns <= was->figures->at_ns) {
            continue;
        }
        const double seconds = static_cast<double>(end.figures->at_ns - was->figures->at_ns) / 1e9;
        // Figures only grow; an end that says otherwise gets 0.
        const auto rate = [&](std::uint64_t Figures::* field) {
            const std::uint64_t a = (*was->figures).*field;
            const std::uint64_t b = (*end.figures).*field;
            return static_cast<double>(b - std::min(a, b)) / seconds;
        };
        end.rates = Rates{.sent = rate(&Figures::sent),
                          .sent_bytes = rate(&Figures::sent_bytes),
                          .received = rate(&Figures::received),
                          .received_bytes = rate(&Figures::received_bytes),
                          .wake_ups = rate(&Figures::wake_ups)};
    }
}

std::optional<Sort> sort_of(std::string_view name) noexcept {
    const auto found = std::ranges::find(kSorts, name);
    return found == kSorts.end() ? std::nullopt : std::optional{static_cast<Sort>(found - kSorts.begin())};
}

std::string_view name(Sort sort) noexcept { return kSorts.at(static_cast<std::size_t>(sort)); }

void arrange(Sample& sample, std::string_view guest, Sort sort) {
    if (!guest.empty()) {
        std::erase_if(sample.ends, [&](const End& end) { return end.guest != guest; });
        std::erase_if(sample.pings, [&](const Ping& ping) { return ping.source != guest && ping.target != guest; });
    }
    std::ranges::stable_sort(sample.ends, [&](const End& a, const End& b) {
        const double left = weight(a, sort);
        const double right = weight(b, sort);
        return left != right ? left > right
                             : std::tie(a.guest, a.peer, a.channel) < std::tie(b.guest, b.peer, b.channel);
    });
}

std::string to_json(const Sample& sample) {
    Json ends = Json::array();
    for (const End& end : sample.ends) {
        ends.push_back(json_of(end));
    }
    Json pings = Json::array();
    for (const Ping& ping : sample.pings) {
        pings.push_back({{"source", ping.source},
                         {"target", ping.target},
                         {"state", ping.state},
                         {"delivered", ping.delivered},
                         {"rtt_ns", {{"p50", ping.p50_ns}, {"p99", ping.p99_ns}, {"max", ping.max_ns}}}});
    }
    const Json json = {{"ends", ends}, {"pings", pings}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> to_table(const Sample& sample, std::size_t columns) {
    std::vector<std::string> lines;
    lines.push_back(
        std::format("{:<12} {} {:<12} {:<10} {:<10} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>6} {:>6} {:>8}",
                    "GUEST", "  ", "PEER", "SERVICE", "STATE", "OUT/s", "IN/s", "OUT B/s", "IN B/s", "SENT", "TAKEN",
                    "CREDITS", "QUEUED", "LOST", "WAKE/s", "WAKE-UPS"));
    for (const End& end : sample.ends) {
        lines.push_back(row_of(end));
    }
    for (const Ping& ping : sample.pings) {
        lines.push_back(std::format("ping {} -> {}: {}, {} delivered, round trips p50 {} us, p99 {} us, max {} us",
                                    ping.source, ping.target, ping.state, ping.delivered, ping.p50_ns / 1000,
                                    ping.p99_ns / 1000, ping.max_ns / 1000));
    }
    for (std::string& line : lines) {
        line.resize(std::min(line.size(), columns));
    }
    return lines;
}

} // namespace zeta::figtop
