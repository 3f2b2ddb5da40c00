// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/base/log.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "hypervisor/base/unique_handle.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using zeta::LogLevel;

namespace {

// What standard error receives, from construction until text(). A pipe holds
// 64 KiB, far more than a test writes, so nothing blocks.
class StderrCapture {
public:
    StderrCapture() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        read_end_.reset(ends[0]);
        const zeta::UniqueFd write_end{ends[1]};
        saved_.reset(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
        REQUIRE(saved_);
        REQUIRE(::dup2(write_end.get(), STDERR_FILENO) == STDERR_FILENO);
    }
    StderrCapture(const StderrCapture&) = delete;
    StderrCapture& operator=(const StderrCapture&) = delete;
    ~StderrCapture() { restore(); }

    std::string text() {
        restore();
        std::string all;
        std::array<char, 4096> part{};
        for (ssize_t got = 0; (got = ::read(read_end_.get(), part.data(), part.size())) > 0;) {
            all.append(part.data(), static_cast<std::size_t>(got));
        }
        return all;
    }

private:
    void restore() {
        if (saved_) {
            ::dup2(saved_.get(), STDERR_FILENO);
            saved_.reset();
        }
    }
    zeta::UniqueFd read_end_;
    zeta::UniqueFd saved_;
};

std::string logged(LogLevel level, std::string_view component, std::string_view message) {
    StderrCapture capture;
    zeta::log_line(level, component, message);
    return capture.text();
}

// The wait status of a child that runs `action`, and what it wrote to standard error.
template <typename Action>
std::pair<int, std::string> in_child(Action action) {
    StderrCapture capture;
    const auto child = ::fork();
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL); // not Catch2's reporter
        action();
        std::_Exit(0);
    }
    int status = 0;
    const bool waited = child > 0 && ::waitpid(child, &status, 0) == child;
    auto text = capture.text();
    REQUIRE(waited);
    return {status, std::move(text)};
}

} // namespace

TEST_CASE("a line carries level, component and message", "[log]") {
    CHECK(logged(LogLevel::kError, "zetad", "store is read-only") == "<3>zetad: store is read-only\n");
    CHECK(logged(LogLevel::kInfo, "broker", "ready") == "<6>broker: ready\n");
}

TEST_CASE("format arguments are filled in", "[log]") {
    StderrCapture capture;
    zeta::log(LogLevel::kWarning, "zetad", "guest {} missed {} beats", "alpha", 3);
    CHECK(capture.text() == "<4>zetad: guest alpha missed 3 beats\n");
}

TEST_CASE("less important messages are dropped until the level is raised", "[log]") {
    CHECK(logged(LogLevel::kDebug, "a", "detail").empty());
    zeta::set_log_level(LogLevel::kDebug);
    CHECK(logged(LogLevel::kDebug, "a", "detail") == "<7>a: detail\n");
    zeta::set_log_level(LogLevel::kError);
    CHECK(logged(LogLevel::kWarning, "a", "detail").empty());
    zeta::set_log_level(LogLevel::kInfo);
}

TEST_CASE("a hostile message cannot forge a second line or drive the terminal", "[log]") {
    const auto line = logged(LogLevel::kInfo, "broker", "name\n<3>zetad: forged\r\x1b[31m\x7f\t");
    CHECK(line == "<6>broker: name?<3>zetad: forged??[31m??\n");
}

TEST_CASE("a hostile component cannot forge a line either", "[log]") {
    CHECK(logged(LogLevel::kInfo, "a\nb", "c") == "<6>a?b: c\n");
}

TEST_CASE("bytes above ASCII pass through", "[log]") {
    CHECK(logged(LogLevel::kInfo, "a", "gästebuch") == "<6>a: gästebuch\n");
}

TEST_CASE("a message of any length is one bounded line", "[log]") {
    const auto length =
        GENERATE_COPY(std::size_t{900}, std::size_t{1010}, std::size_t{1020}, std::size_t{1024}, std::size_t{100'000});
    const auto line = logged(LogLevel::kInfo, "zetad", std::string(length, 'x'));
    CHECK(line.size() <= 1024);
    CHECK(line.back() == '\n');
    CHECK(std::ranges::count(line, '\n') == 1);
    CHECK(line.find('\0') == std::string::npos);
    CHECK_THAT(line, StartsWith("<6>zetad: xxxx"));
}

TEST_CASE("a long component leaves room for the message", "[log]") {
    const auto line = logged(LogLevel::kInfo, std::string(5000, 'c'), "the message");
    CHECK_THAT(line, ContainsSubstring(": the message\n"));
}

TEST_CASE("an assertion that fails names the condition and aborts", "[log]") {
    const auto [status, text] = in_child([] { ZETA_ASSERT(1 + 1 == 3); });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    CHECK_THAT(text, ContainsSubstring("assertion failed: 1 + 1 == 3"));
    CHECK_THAT(text, ContainsSubstring("log_test.cpp"));
}

TEST_CASE("an assertion that holds does nothing", "[log]") {
    const auto [status, text] = in_child([] { ZETA_ASSERT(1 + 1 == 2); });
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(text.empty());
}
