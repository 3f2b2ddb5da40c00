// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/guest_parts.hpp"

#include "hypervisor/base/log.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <format>

namespace zeta::zetad {

std::string make_uuid() {
    std::array<std::uint8_t, 16> bytes{};
    // At most 256 bytes are never cut short, once the kernel's pool is filled.
    ZETA_ASSERT(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x40U);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += (i == 4 || i == 6 || i == 8 || i == 10) ? "-" : "";
        text += std::format("{:02x}", bytes[i]);
    }
    return text;
}

Checked<void> check_image(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) {
        const int number = errno;
        return refuse(
            number == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
            std::format("{}: {}; give the path of an image in the control domain", path, std::strerror(number)));
    }
    struct stat about{};
    if (::fstat(fd.get(), &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) {
        return refuse(ErrorCode::kInvalidArgument,
                      std::format("{}: no image, but a folder, a device or an empty file; give an image's path", path));
    }
    return {};
}

} // namespace zeta::zetad
