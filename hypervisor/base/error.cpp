// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "hypervisor/base/error.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <format>

namespace zeta {

namespace {

ErrorCode classify(int error_number) noexcept {
    switch (error_number) {
    case EINVAL:
    case E2BIG:
    case EFAULT:
    case ERANGE:
        return ErrorCode::kInvalidArgument;
    case ENOENT:
    case ESRCH:
    case ENODEV:
    case ENXIO:
        return ErrorCode::kNotFound;
    case EEXIST:
        return ErrorCode::kAlreadyExists;
    case EPERM:
    case EACCES:
        return ErrorCode::kPermissionDenied;
    case EAGAIN:
    case ECONNREFUSED:
    case EHOSTUNREACH:
        return ErrorCode::kUnavailable;
    case ETIMEDOUT:
        return ErrorCode::kTimeout;
    case ENOMEM:
    case ENOSPC:
    case EMFILE:
    case ENFILE:
    case EDQUOT:
        return ErrorCode::kResourceExhausted;
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOTTY:
        return ErrorCode::kUnsupported;
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
        return ErrorCode::kClosed;
    case EINTR:
    case ECANCELED:
        return ErrorCode::kInterrupted;
    case EBUSY:
        return ErrorCode::kConflict;
    default:
        return ErrorCode::kIo;
    }
}

constexpr std::array<std::string_view, 15> kCodeNames{
    "unknown",           "internal",    "invalid-argument", "not-found",          "already-exists",
    "permission-denied", "unavailable", "timeout",          "resource-exhausted", "unsupported",
    "corrupt",           "closed",      "interrupted",      "conflict",           "io",
};

constexpr std::array<std::string_view, 8> kOriginNames{
    "self", "hypervisor", "kernel", "libvirt", "bus", "block", "xenstore", "store",
};

} // namespace

Error make_error(ErrorCode code, const char* operation, std::source_location where) noexcept {
    return Error{.code = code, .origin = ErrorOrigin::kSelf, .native = 0, .operation = operation, .where = where};
}

Error from_errno(int error_number, const char* operation, ErrorOrigin origin, std::source_location where) noexcept {
    return Error{.code = classify(error_number),
                 .origin = origin,
                 .native = error_number,
                 .operation = operation,
                 .where = where};
}

std::string_view name(ErrorCode code) noexcept {
    const auto index = static_cast<std::size_t>(code);
    return index < kCodeNames.size() ? kCodeNames.at(index) : kCodeNames.front();
}

std::string_view name(ErrorOrigin origin) noexcept {
    const auto index = static_cast<std::size_t>(origin);
    return index < kOriginNames.size() ? kOriginNames.at(index) : std::string_view{"unknown"};
}

std::string describe(const Error& error) {
    const bool native_is_errno = error.origin == ErrorOrigin::kKernel || error.origin == ErrorOrigin::kHypervisor ||
                                 error.origin == ErrorOrigin::kXenStore || error.origin == ErrorOrigin::kSelf;
    if (error.native == 0) {
        return std::format("{}: {}", error.operation, name(error.code));
    }
    if (native_is_errno) {
        return std::format("{}: {} ({}: {})", error.operation, name(error.code), name(error.origin),
                           strerrordesc_np(error.native) != nullptr ? strerrordesc_np(error.native) : "unknown error");
    }
    return std::format("{}: {} ({} error {})", error.operation, name(error.code), name(error.origin), error.native);
}

} // namespace zeta
