// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/base/unique_handle.hpp"

#include <catch2/catch_test_macros.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

// Records what is closed, in order.
struct RecordingPolicy {
    using Native = int;
    static inline std::vector<int> closed;
    static constexpr int invalid() noexcept { return -1; }
    static void close(int native) noexcept { closed.push_back(native); }
};
using Handle = zeta::UniqueHandle<RecordingPolicy>;
using Closed = std::vector<int>;

static_assert(!std::is_copy_constructible_v<Handle> && !std::is_copy_assignable_v<Handle>);
static_assert(std::is_nothrow_move_constructible_v<Handle> && std::is_nothrow_move_assignable_v<Handle>);
static_assert(!std::is_convertible_v<int, Handle>);
static_assert(!std::is_convertible_v<Handle, bool>);
static_assert(sizeof(Handle) == sizeof(int));

struct FreshRecord {
    FreshRecord() { RecordingPolicy::closed.clear(); }
};

} // namespace

TEST_CASE_METHOD(FreshRecord, "a handle closes once, at its end", "[unique_handle]") {
    {
        const Handle handle{7};
        CHECK(handle.get() == 7);
        CHECK(static_cast<bool>(handle));
        CHECK(RecordingPolicy::closed.empty());
    }
    CHECK(RecordingPolicy::closed == Closed{7});
}

TEST_CASE_METHOD(FreshRecord, "an invalid handle closes nothing", "[unique_handle]") {
    {
        const Handle empty;
        const Handle invalid{-1};
        CHECK_FALSE(static_cast<bool>(empty));
        CHECK_FALSE(static_cast<bool>(invalid));
    }
    CHECK(RecordingPolicy::closed.empty());
}

TEST_CASE_METHOD(FreshRecord, "zero is a value like any other", "[unique_handle]") {
    {
        const Handle handle{0};
    }
    CHECK(RecordingPolicy::closed == Closed{0});
}

TEST_CASE_METHOD(FreshRecord, "moving hands the resource over", "[unique_handle]") {
    {
        Handle first{1};
        const Handle second{std::move(first)};
        CHECK(second.get() == 1);
        CHECK(RecordingPolicy::closed.empty());
    }
    CHECK(RecordingPolicy::closed == Closed{1});
}

TEST_CASE_METHOD(FreshRecord, "move assignment closes what was held", "[unique_handle]") {
    {
        Handle first{1};
        Handle second{2};
        second = std::move(first);
        CHECK(RecordingPolicy::closed == Closed{2});
        CHECK(second.get() == 1);
    }
    CHECK(RecordingPolicy::closed == Closed{2, 1});
}

TEST_CASE_METHOD(FreshRecord, "assigning a handle to itself keeps it", "[unique_handle]") {
    Handle handle{3};
    auto& same = handle;
    handle = std::move(same);
    CHECK(handle.get() == 3);
    CHECK(RecordingPolicy::closed.empty());
}

TEST_CASE_METHOD(FreshRecord, "release gives up without closing", "[unique_handle]") {
    {
        Handle handle{4};
        CHECK(handle.release() == 4);
        CHECK_FALSE(static_cast<bool>(handle));
    }
    CHECK(RecordingPolicy::closed.empty());
}

TEST_CASE_METHOD(FreshRecord, "reset closes and replaces", "[unique_handle]") {
    Handle handle{5};
    handle.reset(6);
    CHECK(RecordingPolicy::closed == Closed{5});
    handle.reset();
    CHECK(RecordingPolicy::closed == Closed{5, 6});
    handle.reset();
    CHECK(RecordingPolicy::closed == Closed{5, 6});
}

TEST_CASE("UniqueFd closes a real descriptor", "[unique_handle]") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const zeta::UniqueFd read_end{ends[0]};
    {
        const zeta::UniqueFd write_end{ends[1]};
    }
    REQUIRE(::fcntl(ends[1], F_GETFD) == -1); // or the read below would wait for ever
    CHECK(errno == EBADF);
    char byte{};
    CHECK(::read(read_end.get(), &byte, 1) == 0); // end of file: no writer is left
}
