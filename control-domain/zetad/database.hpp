// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// SQLite behind two owners: a connection and a prepared statement. Layer 3;
// used by store.cpp alone.

#include "control-domain/model/complaint.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace zeta::zetad {

/// A prepared statement. Thread: that of its Database.
class Statement {
public:
    /// Positions count from 1, as SQLite's do. The text is copied.
    void bind(int position, std::string_view text);
    void bind(int position, std::int64_t number);
    /// Errors: the database's complaint. True: a row is there to read; false: the statement is done.
    [[nodiscard]] Checked<bool> step();

    /// Columns count from 0; of the row that step() found.
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t number(int column) const;

private:
    friend class Database;
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

class Database {
public:
    /// Opens or creates. `vfs` null: the system's files.
    /// Errors: kCorrupt the file is no database or fails its integrity check; kConflict another process has it open;
    /// kIo any other reason.
    [[nodiscard]] static Checked<Database> open(const std::string& path, const char* vfs);

    [[nodiscard]] Checked<void> run(const char* sql);
    [[nodiscard]] Checked<Statement> prepare(std::string_view sql);
    /// The first column of the first row of `sql`.
    [[nodiscard]] Checked<std::string> value(const char* sql);
    /// Rows that the last statement changed.
    [[nodiscard]] int changed() const;

private:
    struct Closer {
        void operator()(sqlite3* database) const noexcept;
    };
    explicit Database(sqlite3* database) : database_(database) {}
    [[nodiscard]] Checked<void> prepare_files();

    std::unique_ptr<sqlite3, Closer> database_;
};

} // namespace zeta::zetad
