// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "guest-adapters/linux/heartbeat.hpp"

#include "hypervisor/base/log.hpp"

namespace zeta::guest {

namespace {
constexpr auto kPeriod = std::chrono::seconds{1};
}

void Heartbeat::start() {
    auto opened = Hypervisor::open();
    if (!opened) {
        log(LogLevel::kWarning, "zeta-agent", "no health beat: {}", describe(opened.error()));
        return;
    }
    hypervisor_.emplace(std::move(*opened));
    beat();
}

void Heartbeat::beat() {
    if (const Result<void> done = hypervisor_->beat(++beats_); !done) {
        log(LogLevel::kWarning, "zeta-agent", "no health beat: {}", describe(done.error()));
        return;
    }
    loop_.after(kPeriod, [this] { beat(); });
}

} // namespace zeta::guest
