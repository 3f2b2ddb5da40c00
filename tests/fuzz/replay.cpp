// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// Driver for fuzz targets in builds without libFuzzer: runs every file of a
// corpus, then every prefix of it and single flipped bytes of it (bounded, in a
// fixed order, so that a failure is found again).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kVariantsPerFileMax = 2000;

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t run_variants(const std::vector<std::uint8_t>& input) {
    std::size_t runs = 0;
    const std::size_t step = std::max<std::size_t>(1, input.size() / (kVariantsPerFileMax / 2));
    for (std::size_t length = 0; length <= input.size(); length += step, ++runs) {
        // A copy of exactly this length, so that a sanitizer sees any read past it.
        const std::vector<std::uint8_t> prefix(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(length));
        LLVMFuzzerTestOneInput(prefix.data(), prefix.size());
    }
    std::vector<std::uint8_t> flipped = input;
    for (std::size_t at = 0; at < flipped.size(); at += step, ++runs) {
        const std::uint8_t kept = flipped[at];
        flipped[at] = static_cast<std::uint8_t>(kept ^ (1U << (at % 8)));
        LLVMFuzzerTestOneInput(flipped.data(), flipped.size());
        flipped[at] = kept;
    }
    return runs;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    std::size_t runs = 0;
    for (const auto& path : files) {
        const auto input = read_file(path);
        LLVMFuzzerTestOneInput(input.data(), input.size());
        runs += 1 + run_variants(input);
    }
    std::printf("%zu corpus files, %zu inputs run\n", files.size(), runs);
    return files.empty() ? 1 : 0; // an empty corpus proves nothing
}
