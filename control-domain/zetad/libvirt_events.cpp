// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/libvirt_events.hpp"

#include "hypervisor/base/log.hpp"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <mutex>
#include <thread>

namespace zeta::zetad {

namespace {

/// libvirt prints errors on standard error by default; ours are returned and logged once.
void keep_quiet(void*, virErrorPtr) {}

void loop() {
    while (virEventRunDefaultImpl() == 0) {
    }
    log(LogLevel::kError, "zetad", "libvirt's event loop ended; a dead libvirtd is now noticed by asking only");
}

} // namespace

void run_libvirt_events() {
    static std::once_flag once;
    std::call_once(once, [] {
        virSetErrorFunc(nullptr, keep_quiet);
        virInitialize();
        virEventRegisterDefaultImpl();
        std::thread(loop).detach();
    });
}

} // namespace zeta::zetad
