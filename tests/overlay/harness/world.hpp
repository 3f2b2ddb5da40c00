// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// A guest's view for tests: domains with a lifetime, a page of guest memory,
// typed calls.

#include "tests/overlay/harness/harness.h"

#include <cstdint>
#include <cstring>
#include <list>
#include <vector>

extern "C" {
#include <zeta/domain.h>
}

namespace zeta::overlay {

/// The address at which World's page stands in the guest.
inline constexpr std::uint64_t kPage = 0x7f0000001000;
inline constexpr std::uint64_t kPageEnd = kPage + 4096;
inline constexpr std::uint16_t kGuest = 5;

/// Domain 0 (privileged) and domain 5, a writable page, and the checks at the end.
class World {
public:
    World() : page_(4096) {
        harness_reset();
        create(0, true);
        create(kGuest, false);
        become(0);
        harness.ranges[0] = {.start = kPage, .count = page_.size(), .bytes = page_.data(), .writable = true};
    }
    ~World() {
        while (!domains_.empty()) {
            destroy(domains_.back().domain_id);
        }
        harness_assert_idle();
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// As domain_create() does: initialised first, then findable.
    int create(std::uint16_t id, bool privileged) {
        domains_.push_back({.domain_id = id, .is_privileged = privileged, .is_hvm = false, .zeta = nullptr});
        domain& made = domains_.back();
        const int rc = zeta_domain_init(&made);
        if (rc != 0) {
            zeta_domain_destroy(&made);
            domains_.pop_back();
            return rc;
        }
        for (domain*& slot : harness.domains) {
            if (slot == nullptr) {
                slot = &made;
                return 0;
            }
        }
        harness_broken("too many domains");
    }

    /// As the end of a domain: no longer findable, then freed.
    void destroy(std::uint16_t id) {
        for (domain*& slot : harness.domains) {
            if (slot != nullptr && slot->domain_id == id) {
                domain* gone = slot;
                slot = nullptr;
                zeta_domain_destroy(gone);
                domains_.remove_if([gone](const domain& d) { return &d == gone; });
                return;
            }
        }
        harness_broken("an unknown domain is destroyed");
    }

    domain* find(std::uint16_t id) {
        for (domain& d : domains_) {
            if (d.domain_id == id) {
                return &d;
            }
        }
        return nullptr;
    }

    void become(std::uint16_t id) { harness.current.domain = find(id); }

    std::vector<std::uint8_t>& page() { return page_; }

    template <typename T>
    void put(const T& value, std::uint64_t address = kPage) {
        std::memcpy(page_.data() + (address - kPage), &value, sizeof(T));
    }
    template <typename T>
    T get(std::uint64_t address = kPage) const {
        T value;
        std::memcpy(&value, page_.data() + (address - kPage), sizeof(T));
        return value;
    }
    /// Puts the argument at the page's start, calls, and takes the answer.
    template <typename T>
    long call(unsigned op, T& argument) {
        put(argument);
        const long rc = harness_zeta_op(op, kPage);
        argument = get<T>();
        return rc;
    }

private:
    std::vector<std::uint8_t> page_;
    std::list<domain> domains_;
};

} // namespace zeta::overlay
