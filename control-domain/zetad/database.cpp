// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/database.hpp"

#include <sqlite3.h>

#include <format>

namespace zeta::zetad {

namespace {

ErrorCode code_of(int primary) {
    switch (primary & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ErrorCode::kCorrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ErrorCode::kConflict;
    case SQLITE_CONSTRAINT:
        return ErrorCode::kAlreadyExists;
    case SQLITE_FULL:
        return ErrorCode::kResourceExhausted;
    default:
        return ErrorCode::kIo;
    }
}

std::unexpected<Complaint> refuse_sqlite(sqlite3* database, std::string_view doing) {
    const int number = sqlite3_extended_errcode(database);
    return refuse(code_of(number),
                  std::format("state store: {}: {} (SQLite {})", doing, sqlite3_errmsg(database), number));
}

} // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
void Database::Closer::operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }

void Statement::bind(int position, std::string_view text) {
    sqlite3_bind_text64(statement_.get(), position, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::bind(int position, std::int64_t number) { sqlite3_bind_int64(statement_.get(), position, number); }

Checked<bool> Statement::step() {
    const int outcome = sqlite3_step(statement_.get());
    if (outcome == SQLITE_ROW || outcome == SQLITE_DONE) {
        return outcome == SQLITE_ROW;
    }
    return refuse_sqlite(sqlite3_db_handle(statement_.get()), "cannot read or write");
}

std::string Statement::text(int column) const {
    const unsigned char* const bytes = sqlite3_column_text(statement_.get(), column);
    const int length = sqlite3_column_bytes(statement_.get(), column);
    if (bytes == nullptr || length <= 0) {
        return {};
    }
    // SQLite hands out text as unsigned char; the bytes are the same.
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

Checked<Database> Database::open(const std::string& path, const char* vfs) {
    sqlite3* native = nullptr;
    const int outcome =
        sqlite3_open_v2(path.c_str(), &native, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, vfs);
    Database database(native);
    if (native == nullptr) {
        return refuse(ErrorCode::kResourceExhausted, "state store: no memory to open it");
    }
    if (outcome != SQLITE_OK) {
        return refuse_sqlite(native, std::format("cannot open {}", path));
    }
    sqlite3_extended_result_codes(native, 1);
    if (auto ready = database.prepare_files(); !ready) {
        return std::unexpected(ready.error());
    }
    return database;
}

/// Exclusive locking first: the log then needs no shared memory, and a second process is refused.
Checked<void> Database::prepare_files() {
    for (const char* const sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL",
                                  // FULL: every commit reaches the disk before it is acknowledged.
                                  "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF"}) {
        if (auto set = run(sql); !set) {
            return set;
        }
    }
    const auto verdict = value("PRAGMA integrity_check(1)");
    if (!verdict) {
        return std::unexpected(verdict.error());
    }
    if (*verdict != "ok") {
        return refuse(ErrorCode::kCorrupt, std::format("state store: integrity check: {}", *verdict));
    }
    return {};
}

Checked<void> Database::run(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return refuse_sqlite(database_.get(), "cannot read or write");
    }
    return {};
}

Checked<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* native = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &native, nullptr) != SQLITE_OK) {
        return refuse_sqlite(database_.get(), "cannot read or write");
    }
    return Statement(native);
}

Checked<std::string> Database::value(const char* sql) {
    auto statement = prepare(sql);
    if (!statement) {
        return std::unexpected(statement.error());
    }
    const auto row = statement->step();
    if (!row) {
        return std::unexpected(row.error());
    }
    return *row ? statement->text(0) : std::string();
}

int Database::changed() const { return sqlite3_changes(database_.get()); }

} // namespace zeta::zetad
