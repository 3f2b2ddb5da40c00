// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Guests as whole things. Creating and deleting take several steps in two
// places, zetad's store and libvirt; the store's phase says which operation was
// under way, so that after any death the guest is either whole or not there, in
// both places. Layer 3; called by calls.cpp.

#include "control-domain/model/guest_spec.hpp"
#include "control-domain/zetad/store.hpp"
#include "control-domain/zetad/templates.hpp"
#include "control-domain/zetad/virtualization.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zeta::zetad {

/// What an operator gave: a specification's text, and the command line's fields in the same language.
struct GuestRequest {
    std::string spec_text;
    std::string spec_source{"specification"};
    std::string flags_text;
    bool start{true};
};

struct GuestView {
    DomainView domain;
    bool managed{false};                  ///< the store knows it
    std::optional<model::GuestSpec> spec; ///< of a managed guest
    std::int64_t created_unix{0};
};

/// What one settling did, for the log and for tests.
struct Settlement {
    std::size_t rolled_back{0};
    std::size_t completed{0};
    std::size_t forgotten{0};
    std::size_t adopted{0};
    bool operator==(const Settlement&) const = default;
};

/// Thread: any; operations that change something run one after another.
class Guests {
public:
    /// Ownership: borrows all three.
    Guests(Store& store, Virtualization& virtualization, const TemplateFolder& templates)
        : store_(store), virtualization_(virtualization), templates_(templates) {}

    /// The complete specification, its files and template checked. Changes nothing.
    [[nodiscard]] Checked<model::GuestSpec> check(const GuestRequest& request) const;

    /// When it returns a guest, the guest is defined and (unless start is false) running, and will be there after a
    /// power loss. When it returns an error, nothing is left of it.
    /// Errors: kInvalidArgument, kNotFound (template, kernel, initrd), kAlreadyExists, kResourceExhausted (memory),
    /// kUnavailable.
    [[nodiscard]] Checked<GuestView> create(const GuestRequest& request);
    [[nodiscard]] Checked<GuestView> start(std::string_view guest_name);
    /// Powers it off at once; the guest stays defined. Errors: kNotFound, kConflict it does not run.
    [[nodiscard]] Checked<void> destroy(std::string_view guest_name);
    /// Errors: kNotFound; kConflict it runs and `force` is false.
    [[nodiscard]] Checked<void> remove(std::string_view guest_name, bool force);

    [[nodiscard]] Checked<std::vector<GuestView>> list();
    [[nodiscard]] Checked<GuestView> show(std::string_view guest_name);

    /// Brings store and libvirt to agree: unfinished creations are undone, unfinished deletions done, guests that
    /// libvirt no longer has are forgotten, and guests whose specification only libvirt has are taken in.
    [[nodiscard]] Checked<Settlement> settle();

private:
    [[nodiscard]] Checked<Settlement> settle_locked();
    [[nodiscard]] Checked<void> settle_if_needed_locked();
    [[nodiscard]] Checked<void> settle_record_locked(const GuestRecord& record, Settlement& done);
    [[nodiscard]] Checked<void> adopt_locked(Settlement& done);
    [[nodiscard]] Checked<void> check_room(const model::GuestSpec& spec);
    [[nodiscard]] Checked<void> check_free_name(std::string_view guest_name);
    [[nodiscard]] Checked<void> build_locked(const model::GuestSpec& spec, std::string_view uuid, bool start);
    [[nodiscard]] Checked<void> take_apart_locked(std::string_view uuid);
    [[nodiscard]] Checked<DomainView> find(std::string_view guest_name);
    [[nodiscard]] GuestView joined(DomainView domain, const std::optional<GuestRecord>& record) const;

    Store& store_;
    Virtualization& virtualization_;
    const TemplateFolder& templates_;
    std::mutex changing_;
    std::atomic<bool> unsettled_{true}; ///< the store may hold an operation that nobody is carrying out
};

/// What Xen needs beside a guest's own memory: its own structures and nested page tables.
[[nodiscard]] Bytes memory_overhead(const model::GuestSpec& spec) noexcept;

} // namespace zeta::zetad
