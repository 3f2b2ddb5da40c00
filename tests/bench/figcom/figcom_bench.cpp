// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// FIGCOM against bare primitives and other buses on this host: the parts are in one_way.cpp,
// round_trip.cpp, large_payload.cpp, channels.cpp and hot_path.cpp. The sides of each ratio run in turn; medians are
// reported.
#include "tests/bench/figcom/measure.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <thread>
#include <utility>

int main(int argc, char** argv) {
    using namespace zeta::bench;
    if (argc > 2 || (argc == 2 && std::strcmp(argv[1], "--json") != 0)) {
        std::fprintf(stderr, "usage: %s [--json]\n", argv[0]);
        return 2;
    }
    // The figures are all of the standard output: what peers print there goes to the standard error.
    const int out = ::dup(STDOUT_FILENO);
    if (out < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        std::perror("figcom-bench");
        return 1;
    }
    std::vector<Row> rows;
    if (std::thread::hardware_concurrency() < 2) {
        rows.push_back(not_measured("all", "", "needs two processors"));
    }
    const std::array<std::pair<const char*, bool (*)(std::vector<Row>&)>, 5> parts{
        {{"counts", &count_hot_path},
         {"one way", &measure_one_way},
         {"round trips", &measure_round_trips},
         {"large payloads", &measure_large_payloads},
         {"many channels", &measure_many_channels}}};
    for (const auto& [name, measure] : parts) {
        if (std::thread::hardware_concurrency() < 2) {
            break;
        }
        std::fprintf(stderr, "figcom-bench: %s\n", name);
        if (!measure(rows)) {
            std::fprintf(stderr, "figcom-bench: messages were lost or changed\n");
            return 1;
        }
    }
    return ::dprintf(out, "%s\n", Row(rows).dump(2).c_str()) > 0 ? 0 : 1;
}
