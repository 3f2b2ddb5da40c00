// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// What zetad must not forget: its guests, and the operations that it has begun
// on them. Every change is one SQLite transaction that is on the disk when the
// function returns. Layer 3; called by guests.cpp.

#include "control-domain/zetad/database.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zeta::zetad {

inline constexpr int kSchemaVersion = 1;
inline constexpr std::size_t kMaxGuests = 4096;

/// Where a guest stands. Anything but kPresent is an operation that had not ended.
enum class GuestPhase : std::uint8_t { kCreating, kPresent, kDeleting };

[[nodiscard]] std::string_view name(GuestPhase phase) noexcept;

struct GuestRecord {
    std::string uuid;
    std::string name;
    GuestPhase phase{GuestPhase::kCreating};
    std::string spec_toml;
    std::int64_t created_unix{0}; ///< seconds
    bool operator==(const GuestRecord&) const = default;
};

/// Thread: any; calls are serialised inside.
class Store {
public:
    /// Opens, creates or migrates the store in `path`. A damaged file is moved aside to
    /// "PATH.damaged-<UTC time>" and an empty store takes its place; damaged_aside() then names it.
    /// `vfs` names a SQLite file layer; null: the system's.
    /// Errors: kConflict another zetad has it open; kUnsupported a newer zetad wrote it; kIo.
    [[nodiscard]] static Checked<std::unique_ptr<Store>> open(const std::string& path, const char* vfs = nullptr);

    /// Errors: kAlreadyExists name or UUID is taken; kResourceExhausted kMaxGuests; kIo.
    [[nodiscard]] Checked<void> insert(const GuestRecord& record);
    /// Errors: kNotFound; kIo.
    [[nodiscard]] Checked<void> set_phase(std::string_view uuid, GuestPhase phase);
    /// Forgets the guest; one that is not there is no error.
    [[nodiscard]] Checked<void> erase(std::string_view uuid);
    [[nodiscard]] Checked<std::vector<GuestRecord>> all();
    [[nodiscard]] Checked<std::optional<GuestRecord>> find_by_name(std::string_view guest_name);

    /// Where the damaged store that this one replaced was moved; empty: there was none.
    [[nodiscard]] const std::string& damaged_aside() const noexcept { return damaged_aside_; }

private:
    explicit Store(Database database) : database_(std::move(database)) {}
    [[nodiscard]] static Checked<std::unique_ptr<Store>> open_once(const std::string& path, const char* vfs);
    [[nodiscard]] Checked<void> migrate();

    std::mutex mutex_;
    Database database_;
    std::string damaged_aside_;
};

} // namespace zeta::zetad
