// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/store.hpp"

#include "hypervisor/base/log.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <format>

#include "hypervisor/base/unique_handle.hpp"

namespace zeta::zetad {

namespace {

constexpr std::array<std::string_view, 3> kPhaseNames{"creating", "present", "deleting"};

/// Entry N brings a store from version N to N + 1. Entries are only ever added.
constexpr std::array<const char*, kSchemaVersion> kMigrations{
    "CREATE TABLE guest ("
    " uuid TEXT PRIMARY KEY NOT NULL,"
    " name TEXT UNIQUE NOT NULL,"
    " phase TEXT NOT NULL CHECK (phase IN ('creating', 'present', 'deleting')),"
    " spec TEXT NOT NULL,"
    " created_unix INTEGER NOT NULL"
    ") STRICT",
};

constexpr std::string_view kColumns = "SELECT uuid, name, phase, spec, created_unix FROM guest";

GuestRecord record_of(const Statement& row) {
    GuestRecord record{
        .uuid = row.text(0), .name = row.text(1), .spec_toml = row.text(3), .created_unix = row.number(4)};
    const std::string phase = row.text(2);
    for (std::size_t i = 0; i < kPhaseNames.size(); ++i) {
        if (kPhaseNames[i] == phase) {
            record.phase = static_cast<GuestPhase>(i);
        }
    }
    return record;
}

/// A rename is on the disk only when its folder is.
void sync_folder(const std::filesystem::path& folder) {
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd) {
        ::fsync(fd.get());
    }
}

/// Moves the database and its log; both are needed to look for what was in it.
Checked<std::string> move_aside(const std::string& path) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string aside = std::format("{}.damaged-{:%Y%m%dT%H%M%SZ}", path, now);
    for (const char* const suffix : {"-wal", "-journal", ""}) {
        if (std::rename((path + suffix).c_str(), (aside + suffix).c_str()) != 0 && errno != ENOENT) {
            return refuse(ErrorCode::kIo, std::format("state store: cannot move the damaged {}{} aside: {}", path,
                                                      suffix, std::strerror(errno)));
        }
    }
    sync_folder(std::filesystem::path(path).parent_path());
    return aside;
}

} // namespace

std::string_view name(GuestPhase phase) noexcept { return kPhaseNames[static_cast<std::size_t>(phase)]; }

Checked<std::unique_ptr<Store>> Store::open_once(const std::string& path, const char* vfs) {
    auto database = Database::open(path, vfs);
    if (!database) {
        return std::unexpected(database.error());
    }
    std::unique_ptr<Store> store(new Store(std::move(*database)));
    if (auto migrated = store->migrate(); !migrated) {
        return std::unexpected(migrated.error());
    }
    return store;
}

Checked<std::unique_ptr<Store>> Store::open(const std::string& path, const char* vfs) {
    auto store = open_once(path, vfs);
    if (store) {
        sync_folder(std::filesystem::path(path).parent_path());
        return store;
    }
    if (store.error().code == ErrorCode::kConflict) {
        return refuse(ErrorCode::kConflict,
                      std::format("state store: {} is in use by another zetad; stop that one first", path));
    }
    if (store.error().code != ErrorCode::kCorrupt || vfs != nullptr) {
        return store;
    }
    const auto aside = move_aside(path);
    if (!aside) {
        return std::unexpected(aside.error());
    }
    log(LogLevel::kError, "zetad",
        "{}; the damaged store was kept as {} and an empty one takes its place, to be filled from libvirt's "
        "definitions",
        store.error().text, *aside);
    store = open_once(path, vfs);
    if (store) {
        (*store)->damaged_aside_ = *aside;
    }
    return store;
}

Checked<void> Store::migrate() {
    const auto text = database_.value("PRAGMA user_version");
    if (!text) {
        return std::unexpected(text.error());
    }
    std::size_t version = 0;
    std::from_chars(text->data(), text->data() + text->size(), version);
    if (version > kMigrations.size()) {
        return refuse(
            ErrorCode::kUnsupported,
            std::format("state store: a newer zetad wrote it (version {}, this one reads up to {}); start the "
                        "newer zetad, nothing was changed",
                        version, kMigrations.size()));
    }
    for (; version < kMigrations.size(); ++version) {
        const std::string step =
            std::format("BEGIN IMMEDIATE; {}; PRAGMA user_version={}; COMMIT", kMigrations[version], version + 1);
        if (auto done = database_.run(step.c_str()); !done) {
            return done;
        }
    }
    return {};
}

Checked<void> Store::insert(const GuestRecord& record) {
    const std::scoped_lock lock(mutex_);
    const auto count = database_.value("SELECT count(*) FROM guest");
    if (!count) {
        return std::unexpected(count.error());
    }
    if (std::stoul(*count) >= kMaxGuests) {
        return refuse(ErrorCode::kResourceExhausted, std::format("the host has its {} guests; delete one", kMaxGuests));
    }
    auto statement =
        database_.prepare("INSERT INTO guest (uuid, name, phase, spec, created_unix) VALUES (?1, ?2, ?3, ?4, ?5)");
    if (!statement) {
        return std::unexpected(statement.error());
    }
    statement->bind(1, record.uuid);
    statement->bind(2, record.name);
    statement->bind(3, name(record.phase));
    statement->bind(4, record.spec_toml);
    statement->bind(5, record.created_unix);
    const auto done = statement->step();
    return done ? Checked<void>{} : std::unexpected(done.error());
}

Checked<void> Store::set_phase(std::string_view uuid, GuestPhase phase) {
    const std::scoped_lock lock(mutex_);
    auto statement = database_.prepare("UPDATE guest SET phase = ?2 WHERE uuid = ?1");
    if (!statement) {
        return std::unexpected(statement.error());
    }
    statement->bind(1, uuid);
    statement->bind(2, name(phase));
    if (const auto done = statement->step(); !done) {
        return std::unexpected(done.error());
    }
    if (database_.changed() != 1) {
        return refuse(ErrorCode::kNotFound, std::format("state store: no guest {}", uuid));
    }
    return {};
}

Checked<void> Store::erase(std::string_view uuid) {
    const std::scoped_lock lock(mutex_);
    auto statement = database_.prepare("DELETE FROM guest WHERE uuid = ?1");
    if (!statement) {
        return std::unexpected(statement.error());
    }
    statement->bind(1, uuid);
    const auto done = statement->step();
    return done ? Checked<void>{} : std::unexpected(done.error());
}

Checked<std::vector<GuestRecord>> Store::all() {
    const std::scoped_lock lock(mutex_);
    auto statement = database_.prepare(std::format("{} ORDER BY name", kColumns));
    if (!statement) {
        return std::unexpected(statement.error());
    }
    std::vector<GuestRecord> records;
    while (true) {
        const auto row = statement->step();
        if (!row) {
            return std::unexpected(row.error());
        }
        if (!*row) {
            return records;
        }
        records.push_back(record_of(*statement));
    }
}

Checked<std::optional<GuestRecord>> Store::find_by_name(std::string_view guest_name) {
    const std::scoped_lock lock(mutex_);
    auto statement = database_.prepare(std::format("{} WHERE name = ?1", kColumns));
    if (!statement) {
        return std::unexpected(statement.error());
    }
    statement->bind(1, guest_name);
    const auto row = statement->step();
    if (!row) {
        return std::unexpected(row.error());
    }
    return *row ? std::optional(record_of(*statement)) : std::nullopt;
}

} // namespace zeta::zetad
