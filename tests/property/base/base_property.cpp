// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0

// The base library against simple models. RapidCheck prints the seed of a
// failing run; RC_PARAMS="seed=…" repeats it.

#include "hypervisor/base/error.hpp"
#include "hypervisor/base/log.hpp"
#include "hypervisor/base/unique_handle.hpp"
#include "hypervisor/base/units.hpp"

#include <rapidcheck.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <string>
#include <vector>

namespace {

// Counts how often each resource was closed.
struct CountingPolicy {
    using Native = int;
    static inline std::map<int, int> closed;
    static constexpr int invalid() noexcept { return -1; }
    static void close(int native) noexcept { ++closed[native]; }
};
using Handle = zeta::UniqueHandle<CountingPolicy>;

// Random moves, resets and releases between four handles: each resource ever
// made ends up closed once, or released by us, never both.
bool handles_close_exactly_once() {
    return rc::check("each resource is closed once or released once", [](const std::vector<std::uint8_t>& steps) {
        CountingPolicy::closed.clear();
        int made = 0;
        std::map<int, int> released;
        {
            std::array<Handle, 4> handles;
            for (const auto step : steps) {
                auto& target = handles.at(step & 3U);
                auto& other = handles.at((step >> 2U) & 3U);
                switch ((step >> 4U) & 3U) {
                case 0:
                    target.reset(made++);
                    break;
                case 1:
                    target = std::move(other);
                    break;
                case 2:
                    target.reset();
                    break;
                default:
                    if (const int native = target.release(); native != CountingPolicy::invalid()) {
                        ++released[native];
                    }
                    break;
                }
            }
        }
        for (int native = 0; native < made; ++native) {
            RC_ASSERT(CountingPolicy::closed[native] + released[native] == 1);
        }
        RC_ASSERT(!CountingPolicy::closed.contains(CountingPolicy::invalid()));
    });
}

bool pages_cover_bytes() {
    return rc::check("to_pages is the least page count that covers the bytes", [](std::uint32_t page) {
        // Most often right at a page boundary, where an off-by-one would show.
        const auto offset = *rc::gen::element<std::uint64_t>(0, 1, zeta::kPageBytes / 2, zeta::kPageBytes - 1);
        const auto pages = zeta::to_pages(zeta::Bytes{page * zeta::kPageBytes + offset});
        RC_ASSERT(pages.value == page + (offset == 0 ? 0U : 1U));
        RC_ASSERT(zeta::to_bytes(pages).value - (page * zeta::kPageBytes + offset) < zeta::kPageBytes);
    });
}

bool every_errno_is_classified() {
    return rc::check("every errno becomes a listed code and one line of text", [](int number) {
        const auto error = zeta::from_errno(number, "operation");
        RC_ASSERT(error.native == number);
        RC_ASSERT(zeta::name(error.code) != "unknown");
        const auto text = zeta::describe(error);
        RC_ASSERT(text.starts_with("operation: "));
        RC_ASSERT(text.find('\n') == std::string::npos);
    });
}

std::string logged(const std::string& component, const std::string& message) {
    std::array<int, 2> ends{};
    RC_ASSERT(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const zeta::UniqueFd read_end{ends[0]};
    const zeta::UniqueFd write_end{ends[1]};
    const zeta::UniqueFd saved{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)};
    ::dup2(write_end.get(), STDERR_FILENO);
    zeta::log_line(zeta::LogLevel::kError, component, message);
    ::dup2(saved.get(), STDERR_FILENO);
    std::array<char, 8192> bytes{};
    const auto got = ::read(read_end.get(), bytes.data(), bytes.size());
    RC_ASSERT(got > 0);
    return {bytes.data(), static_cast<std::size_t>(got)};
}

bool any_bytes_make_one_line() {
    return rc::check("whatever the bytes, the log gets one bounded line", [](const std::string& component) {
        const auto length = *rc::gen::inRange<std::size_t>(0, 3000);
        const auto message = *rc::gen::container<std::string>(length, rc::gen::arbitrary<char>());
        const auto line = logged(component, message);
        RC_ASSERT(line.size() <= 1024U);
        RC_ASSERT(line.starts_with("<3>"));
        RC_ASSERT(line.find('\n') == line.size() - 1);
        for (const char c : line.substr(0, line.size() - 1)) {
            RC_ASSERT(static_cast<unsigned char>(c) >= 0x20U && c != 0x7f);
        }
    });
}

} // namespace

int main() {
    bool good = handles_close_exactly_once();
    good = pages_cover_bytes() && good;
    good = every_errno_is_classified() && good;
    good = any_bytes_make_one_line() && good;
    return good ? 0 : 1;
}
