// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/mounts.hpp"

#include "images/control-domain/init/console.hpp"
#include "images/control-domain/init/devices.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace zeta::init {
namespace {

constexpr const char* kKernelMounts[] = {"/proc", "/sys", "/dev"};
constexpr mode_t kFolderMode = 0755;

bool failed(const char* step, const char* object) {
    say("cannot %s %s: %s", step, object, std::strerror(errno));
    return false;
}

bool copy_file(const char* from, const char* to, const struct stat& facts) {
    const int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return failed("open", from);
    }
    const int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, facts.st_mode & 07777);
    if (out < 0) {
        close(in);
        return failed("create", to);
    }
    off_t left = facts.st_size;
    while (left > 0) {
        const auto moved = sendfile(out, in, nullptr, static_cast<size_t>(left));
        if (moved <= 0) {
            break;
        }
        left -= moved;
    }
    close(in);
    close(out);
    return left == 0 || failed("copy to", to);
}

bool copy_link(const char* from, const char* to) {
    char target[kMaxPathBytes]{};
    if (readlink(from, target, sizeof target - 1) < 0 || symlink(target, to) != 0) {
        return failed("copy the link", from);
    }
    return true;
}

bool copy_entry(const char* from, const char* to) {
    struct stat facts{};
    if (lstat(from, &facts) != 0) {
        return failed("read", from);
    }
    if (S_ISDIR(facts.st_mode)) {
        return copy_tree(from, to);
    }
    if (S_ISLNK(facts.st_mode)) {
        return copy_link(from, to);
    }
    return copy_file(from, to, facts);
}

/// Deletes what is in `folder` (which it closes) on the file system `device`; other mounts below stay untouched.
void empty_folder(int folder, dev_t device) {
    DIR* entries = fdopendir(folder);
    if (entries == nullptr) {
        return;
    }
    while (const dirent* entry = readdir(entries)) {
        if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        struct stat facts{};
        if (fstatat(folder, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || facts.st_dev != device) {
            continue;
        }
        if (S_ISDIR(facts.st_mode)) {
            const int inner = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (inner >= 0) {
                empty_folder(inner, device);
            }
            unlinkat(folder, entry->d_name, AT_REMOVEDIR);
        } else {
            unlinkat(folder, entry->d_name, 0);
        }
    }
    closedir(entries);
}

void remove_tree(const char* folder) {
    struct stat facts{};
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &facts) == 0) {
        empty_folder(fd, facts.st_dev);
    }
    rmdir(folder);
}

} // namespace

bool mount_at(const char* source, const char* target, const char* type, unsigned long flags, const char* options) {
    return mount(source, target, type, flags, options) == 0 || failed("mount", target);
}

bool mount_kernel_filesystems() {
    for (const char* folder : kKernelMounts) {
        mkdir(folder, kFolderMode);
    }
    return mount_at("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) &&
           mount_at("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) &&
           mount_at("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
}

bool switch_root(const char* root) {
    struct stat initial{};
    const int initial_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (initial_fd < 0 || fstat(initial_fd, &initial) != 0) {
        return failed("open", "/");
    }
    for (const char* folder : kKernelMounts) {
        char target[kMaxPathBytes];
        std::snprintf(target, sizeof target, "%s%s", root, folder);
        if (mount(folder, target, nullptr, MS_MOVE, nullptr) != 0) {
            return failed("move the mount", folder);
        }
    }
    if (chdir(root) != 0 || mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || chroot(".") != 0 || chdir("/") != 0) {
        return failed("enter", root);
    }
    empty_folder(initial_fd, initial.st_dev); // it is memory, and would stay allocated for good
    return true;
}

bool copy_tree(const char* from, const char* to) {
    struct stat facts{};
    if (stat(from, &facts) != 0 || (mkdir(to, facts.st_mode & 07777) != 0 && errno != EEXIST)) {
        return failed("create", to);
    }
    DIR* entries = opendir(from);
    if (entries == nullptr) {
        return failed("read", from);
    }
    bool good = true;
    while (const dirent* entry = good ? readdir(entries) : nullptr) {
        if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char source[kMaxPathBytes];
        char target[kMaxPathBytes];
        const int a = std::snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
        const int b = std::snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
        if (a >= static_cast<int>(sizeof source) || b >= static_cast<int>(sizeof target)) {
            errno = ENAMETOOLONG;
            good = failed("copy", entry->d_name);
        } else {
            good = copy_entry(source, target);
        }
    }
    closedir(entries);
    return good;
}

bool persist(const char* name, const char* target) {
    char kept[kMaxPathBytes];
    std::snprintf(kept, sizeof kept, "/var/lib/zetatron/persist/%s", name);
    struct stat facts{};
    if (stat(kept, &facts) != 0) {
        // A half-filled folder of an earlier, cut attempt has this other name: it is never taken for a whole one.
        char fresh[kMaxPathBytes];
        std::snprintf(fresh, sizeof fresh, "/var/lib/zetatron/persist/.%s.new", name);
        remove_tree(fresh);
        if (!copy_tree(target, fresh)) {
            return false;
        }
        sync();
        if (rename(fresh, kept) != 0) {
            return failed("create", kept);
        }
        sync();
    }
    return mount_at(kept, target, nullptr, MS_BIND, nullptr);
}

} // namespace zeta::init
