// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// FIGCOM against bare primitives on this host: the parts are in one_way.cpp, round_trip.cpp,
// large_payload.cpp and hot_path.cpp. The sides of each ratio run in turn; medians are reported.
#include "tests/bench/figcom/measure.hpp"

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
    std::vector<Row> rows;
    if (std::thread::hardware_concurrency() < 2) {
        rows.push_back(not_measured("all", "", "needs two processors"));
    }
    const std::array<std::pair<const char*, bool (*)(std::vector<Row>&)>, 4> parts{
        {{"counts", &count_hot_path},
         {"one way", &measure_one_way},
         {"round trips", &measure_round_trips},
         {"large payloads", &measure_large_payloads}}};
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
    std::puts(Row(rows).dump(2).c_str());
    return 0;
}
