// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "guest-adapters/linux/private_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace zeta::guest {

Result<void> make_private_directory(const std::string& path) {
    if (!path.starts_with('/') || path.ends_with('/')) {
        return fail(ErrorCode::kInvalidArgument, "make the programs' directory: not an absolute path");
    }
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        if (::mkdir(path.substr(0, slash).c_str(), 0755) != 0 && errno != EEXIST) {
            return fail_errno(errno, "make a folder above the programs' directory");
        }
    }
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return fail_errno(errno, "make the programs' directory");
    }
    // Whoever could write there could speak for any program; whoever made it could hand it to somebody else.
    struct stat about{};
    if (::lstat(path.c_str(), &about) != 0) {
        return fail_errno(errno, "look at the programs' directory");
    }
    if (!S_ISDIR(about.st_mode) || about.st_uid != ::geteuid() || (about.st_mode & 0077) != 0) {
        return fail(ErrorCode::kPermissionDenied, "use the programs' directory: it must be ours, with mode 0700");
    }
    return {};
}

} // namespace zeta::guest
