// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/power_cut_files.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace zeta::test {

namespace {

PowerCutFiles* the_files = nullptr;

/// SQLite allocates it, and knows only its first member.
struct Handle {
    sqlite3_file base;
    std::string* name;
};

PowerCutFiles::File& file_of(sqlite3_file* file) { return the_files->files()[*reinterpret_cast<Handle*>(file)->name]; }

int change(sqlite3_file* file, PowerCutFiles::Change made) {
    if (!the_files->use_power()) {
        return SQLITE_IOERR;
    }
    PowerCutFiles::File& held = file_of(file);
    apply(made, held.current);
    held.unsynced.push_back(std::move(made));
    return SQLITE_OK;
}

int close_file(sqlite3_file* file) {
    delete reinterpret_cast<Handle*>(file)->name;
    return SQLITE_OK;
}
int read_file(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
    const std::string& bytes = file_of(file).current;
    const auto begin = std::min(static_cast<std::size_t>(offset), bytes.size());
    const auto count = std::min(static_cast<std::size_t>(amount), bytes.size() - begin);
    std::memset(into, 0, static_cast<std::size_t>(amount));
    std::memcpy(into, bytes.data() + begin, count);
    return count == static_cast<std::size_t>(amount) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}
int write_file(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
    return change(file, {static_cast<std::size_t>(offset),
                         std::string(static_cast<const char*>(from), static_cast<std::size_t>(amount))});
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) { return change(file, {static_cast<std::size_t>(size), {}}); }
int sync_file(sqlite3_file* file, int) {
    if (!the_files->use_power()) {
        return SQLITE_IOERR_FSYNC;
    }
    PowerCutFiles::File& held = file_of(file);
    held.durable = held.current;
    held.unsynced.clear();
    return SQLITE_OK;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(file_of(file).current.size());
    return SQLITE_OK;
}
int lock_file(sqlite3_file*, int) { return SQLITE_OK; }
int check_lock(sqlite3_file*, int* held) {
    *held = 0;
    return SQLITE_OK;
}
int control_file(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return static_cast<int>(PowerCutFiles::kSectorBytes); }
int characteristics(sqlite3_file*) { return 0; }

// Version 1: no shared memory, which exclusive locking does not need.
const sqlite3_io_methods kMethods{
    1,         close_file, read_file,  write_file,   truncate_file, sync_file,       file_size,
    lock_file, lock_file,  check_lock, control_file, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,    nullptr,    nullptr,      nullptr};

int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    auto* const handle = reinterpret_cast<Handle*>(file);
    handle->base.pMethods = nullptr;
    const std::string name = path != nullptr ? path : "temporary";
    if ((flags & SQLITE_OPEN_CREATE) == 0 && !the_files->files().contains(name)) {
        return SQLITE_CANTOPEN;
    }
    the_files->files().try_emplace(name);
    handle->name = new std::string(name);
    handle->base.pMethods = &kMethods;
    if (out_flags != nullptr) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}
int delete_file(sqlite3_vfs*, const char* path, int) {
    if (!the_files->use_power()) {
        return SQLITE_IOERR_DELETE;
    }
    return the_files->files().erase(path) != 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}
int access_file(sqlite3_vfs*, const char* path, int, int* there) {
    *there = the_files->files().contains(path) ? 1 : 0;
    return SQLITE_OK;
}
int full_path(sqlite3_vfs*, const char* path, int size, char* into) {
    sqlite3_snprintf(size, into, "%s", path);
    return SQLITE_OK;
}

sqlite3_vfs make_layer() {
    sqlite3_vfs layer = *sqlite3_vfs_find(nullptr);
    layer.iVersion = 1;
    layer.szOsFile = sizeof(Handle);
    layer.pNext = nullptr;
    layer.zName = PowerCutFiles::kName;
    layer.xOpen = open_file;
    layer.xDelete = delete_file;
    layer.xAccess = access_file;
    layer.xFullPathname = full_path;
    return layer;
}

sqlite3_vfs& layer() {
    static sqlite3_vfs made = make_layer();
    return made;
}

/// The parts of one change that lie in different sectors, which a disk writes one by one.
std::vector<PowerCutFiles::Change> by_sector(const PowerCutFiles::Change& change) {
    std::vector<PowerCutFiles::Change> parts;
    std::size_t done = 0;
    while (done < change.bytes.size()) {
        const std::size_t offset = change.offset + done;
        const std::size_t room = PowerCutFiles::kSectorBytes - offset % PowerCutFiles::kSectorBytes;
        parts.push_back({offset, change.bytes.substr(done, room)});
        done += room;
    }
    if (change.bytes.empty()) {
        parts.push_back(change);
    }
    return parts;
}

} // namespace

void apply(const PowerCutFiles::Change& change, std::string& bytes) {
    if (change.bytes.empty()) {
        bytes.resize(change.offset);
        return;
    }
    bytes.resize(std::max(bytes.size(), change.offset + change.bytes.size()));
    bytes.replace(change.offset, change.bytes.size(), change.bytes);
}

PowerCutFiles::PowerCutFiles() {
    the_files = this;
    sqlite3_initialize();
    sqlite3_vfs_register(&layer(), 0);
}

PowerCutFiles::~PowerCutFiles() {
    sqlite3_vfs_unregister(&layer());
    the_files = nullptr;
}

bool PowerCutFiles::use_power() {
    cut_ = cut_ || left_ == 0;
    --left_;
    return !cut_;
}

void PowerCutFiles::restore(std::uint32_t seed) {
    std::mt19937 luck(seed);
    for (auto& [name, file] : files_) {
        for (const Change& made : file.unsynced) {
            for (const Change& part : by_sector(made)) {
                if (luck() % 2 == 0) {
                    apply(part, file.durable);
                }
            }
        }
        file.unsynced.clear();
        file.current = file.durable;
    }
    cut_ = false;
    left_ = std::numeric_limits<std::size_t>::max();
}

} // namespace zeta::test
