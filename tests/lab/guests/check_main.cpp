// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
//
// The checks of the zeta hypercall family from a Linux program: run it as root
// in the control domain, or in a guest with --guest. Exit status 0: all passed.

#include "hypervisor/base/error.hpp"
#include "hypervisor/client/hypercall.hpp"
#include "tests/lab/guests/checks.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

using domid_t = std::uint16_t; // the kernel's header leaves these two types to its user
using xen_pfn_t = std::uint64_t;
#include <xen/sys/privcmd.h>

namespace {

constexpr unsigned kStormCalls = 20000;
constexpr std::uint64_t kStormSeed = 20250101;

int privcmd = -1;

long zeta_op(unsigned op, void* argument) {
    privcmd_hypercall request{};
    request.op = ZETA_HYPERCALL;
    request.arg[0] = op;
    request.arg[1] = reinterpret_cast<std::uintptr_t>(argument);
    return ::ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &request) < 0 ? -errno : 0;
}

void print(const char* text) { std::fputs(text, stdout); }

/// Six pages: writable, absent, absent, read-only, absent, absent; nullptr where the kernel refuses.
unsigned char* map_pages() {
    void* mapping = ::mmap(nullptr, 6 * zeta::kPageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) {
        return nullptr;
    }
    auto* pages = static_cast<unsigned char*>(mapping);
    unsigned char* readable = pages + 3 * zeta::kPageBytes;
    if (::mprotect(pages, zeta::kPageBytes, PROT_READ | PROT_WRITE) != 0 || ::mlock(pages, zeta::kPageBytes) != 0 ||
        ::mprotect(readable, zeta::kPageBytes, PROT_READ | PROT_WRITE) != 0 ||
        ::mlock(readable, zeta::kPageBytes) != 0) {
        return nullptr;
    }
    const zeta_header header{.version = ZETA_ABI_VERSION, .bytes = sizeof(zeta_capabilities)};
    std::memcpy(readable, &header, sizeof(header));
    return ::mprotect(readable, zeta::kPageBytes, PROT_READ) == 0 ? pages : nullptr;
}

/// The typed client against the real hypervisor.
void check_client(const zt_platform& platform) {
    auto hypervisor = zeta::Hypervisor::open();
    zt_expect(&platform, "client-open", hypervisor.has_value(), 1);
    if (!hypervisor) {
        return;
    }
    const auto capabilities = hypervisor->capabilities();
    zt_expect(&platform, "client-capabilities", capabilities && capabilities->has(ZETA_FEATURE_HEALTH), 1);
    zt_expect(&platform, "client-beat", hypervisor->beat(kStormSeed).has_value(), 1);
    const auto health = hypervisor->read_health(zeta::kControlDomain);
    if (platform.control_domain) {
        zt_expect(&platform, "client-read", health && health->beats > 0 && health->since_beat.has_value(), 1);
    } else {
        zt_expect(&platform, "client-read-refused",
                  !health && health.error().code == zeta::ErrorCode::kPermissionDenied, 1);
    }
}

} // namespace

int main(int argc, char** argv) {
    const bool guest = argc == 2 && std::string_view{argv[1]} == "--guest";
    if (argc > 2 || (argc == 2 && !guest)) {
        std::fputs("usage: zeta-hypercall-check [--guest]\n", stderr);
        return 2;
    }
    privcmd = ::open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    if (privcmd < 0) {
        std::fprintf(stderr, "zeta-hypercall-check: /dev/xen/privcmd: %s; run as root in a Xen domain\n",
                     std::strerror(errno));
        return 2;
    }
    unsigned char* pages = map_pages();
    if (pages == nullptr || ::mlockall(MCL_CURRENT) != 0) {
        std::fprintf(stderr, "zeta-hypercall-check: locking memory: %s; raise the limit of locked memory\n",
                     std::strerror(errno));
        return 2;
    }
    const zt_platform platform{.name = "linux",
                               .hypercall = zeta_op,
                               .print = print,
                               .unmapped = pages + 4 * zeta::kPageBytes,
                               .edge = pages + zeta::kPageBytes,
                               .readable = pages + 3 * zeta::kPageBytes,
                               .control_domain = !guest,
                               .exclusive = false,
                               .storm_calls = kStormCalls,
                               .seed = kStormSeed};
    check_client(platform);
    return zt_run(&platform) == 0 ? 0 : 1;
}
