// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/guests.hpp"

#include "control-domain/model/size.hpp"
#include "control-domain/zetad/guest_parts.hpp"
#include "hypervisor/base/log.hpp"

#include <algorithm>
#include <chrono>
#include <format>

namespace zeta::zetad {

namespace {

std::int64_t now_unix() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

/// The object that complaints about `fields` are about.
std::string object_of(const model::GuestFields& fields) {
    return fields.name ? std::format("guest {}", printable(*fields.name, 80)) : std::string("guest");
}

} // namespace

Bytes memory_overhead(const model::GuestSpec& spec) noexcept {
    // libxl's own rule for the nested page tables, and its constant for the domain itself.
    const std::uint64_t mib = spec.memory.value / model::kMiB;
    return {(1 + spec.vcpus) * model::kMiB + 8 * model::kKiB * mib};
}

Checked<model::GuestSpec> Guests::check(const GuestRequest& request) const {
    const auto from_spec = model::parse_guest_fields(request.spec_text, request.spec_source);
    if (!from_spec) {
        return std::unexpected(from_spec.error());
    }
    const auto from_flags = model::parse_guest_fields(request.flags_text, "command line");
    if (!from_flags) {
        return std::unexpected(from_flags.error());
    }
    model::GuestFields fields = model::lay_over(*from_spec, *from_flags);
    const std::string object = object_of(fields);
    if (fields.template_name) {
        const auto base = templates_.read(*fields.template_name);
        if (!base) {
            return std::unexpected(prefixed(object, base.error()));
        }
        fields = model::lay_over(*base, fields);
    }
    auto spec = model::complete(fields, object);
    if (!spec) {
        return spec;
    }
    for (const auto& [field, path] : {std::pair("kernel", &spec->kernel), std::pair("initrd", &spec->initrd)}) {
        if (path->empty()) {
            continue;
        }
        if (auto usable = check_image(*path); !usable) {
            return std::unexpected(prefixed(std::format("{}: {}", object, field), usable.error()));
        }
    }
    return spec;
}

Checked<void> Guests::check_free_name(std::string_view guest_name) {
    const auto record = store_.find_by_name(guest_name);
    if (!record) {
        return std::unexpected(record.error());
    }
    const auto domain = virtualization_.find_by_name(guest_name);
    if (!domain) {
        return std::unexpected(domain.error());
    }
    if (*record || *domain) {
        return refuse(ErrorCode::kAlreadyExists,
                      std::format("guest {}: a guest of this name exists already; choose another name, or delete that "
                                  "one first: zetactl guest delete {}",
                                  guest_name, guest_name));
    }
    return {};
}

Checked<void> Guests::check_room(const model::GuestSpec& spec) {
    const auto host = virtualization_.host();
    if (!host) {
        return std::unexpected(host.error());
    }
    const Bytes need = spec.memory + memory_overhead(spec);
    if (need.value > host->memory_free.value) {
        const auto mib_up = [](Bytes size) { return (size.value + model::kMiB - 1) / model::kMiB; };
        return refuse(ErrorCode::kResourceExhausted,
                      std::format("guest {}: memory: {} and {}MiB for its page tables are more than the host's free "
                                  "{}MiB; give it less, or destroy a guest first",
                                  spec.name, model::format_size(spec.memory), mib_up(memory_overhead(spec)),
                                  host->memory_free.value / model::kMiB));
    }
    return {};
}

/// Every step between the intent and its end. After an error or a death, take_apart_locked undoes any prefix of them.
Checked<void> Guests::build_locked(const model::GuestSpec& spec, std::string_view uuid, bool start) {
    const auto dialect = virtualization_.dialect();
    if (!dialect) {
        return std::unexpected(dialect.error());
    }
    if (auto done = virtualization_.define(model::domain_xml(spec, uuid, *dialect)); !done) {
        return done;
    }
    if (spec.autostart) {
        if (auto done = virtualization_.set_autostart(uuid, true); !done) {
            return done;
        }
    }
    if (start) {
        if (auto done = virtualization_.start(uuid); !done) {
            return done;
        }
    }
    return virtualization_.make_durable();
}

Checked<void> Guests::take_apart_locked(std::string_view uuid) {
    if (auto done = virtualization_.destroy(uuid); !done) {
        return done;
    }
    if (auto done = virtualization_.undefine(uuid); !done) {
        return done;
    }
    // Only when the definition is gone from the disk may the store forget.
    if (auto done = virtualization_.make_durable(); !done) {
        return done;
    }
    return store_.erase(uuid);
}

Checked<GuestView> Guests::create(const GuestRequest& request) {
    const auto spec = check(request);
    if (!spec) {
        return std::unexpected(spec.error());
    }
    const std::scoped_lock lock(changing_);
    if (auto settled = settle_if_needed_locked(); !settled) {
        return std::unexpected(prefixed(std::format("guest {}", spec->name), settled.error()));
    }
    if (auto free = check_free_name(spec->name); !free) {
        return std::unexpected(free.error());
    }
    if (request.start) {
        if (auto room = check_room(*spec); !room) {
            return std::unexpected(room.error());
        }
    }
    const std::string uuid = make_uuid();
    GuestRecord record{uuid, spec->name, GuestPhase::kCreating, model::to_toml(*spec), now_unix()};
    if (auto intent = store_.insert(record); !intent) {
        return std::unexpected(prefixed(std::format("guest {}", spec->name), intent.error()));
    }
    unsettled_ = true;
    auto built = build_locked(*spec, uuid, request.start);
    if (built) {
        built = store_.set_phase(uuid, GuestPhase::kPresent);
    }
    if (!built) {
        const auto undone = take_apart_locked(uuid);
        unsettled_ = !undone;
        return std::unexpected(prefixed(std::format("guest {}: not created", spec->name), built.error()));
    }
    unsettled_ = false;
    return show(spec->name);
}

Checked<DomainView> Guests::find(std::string_view guest_name) {
    auto domain = virtualization_.find_by_name(guest_name);
    if (!domain) {
        return std::unexpected(domain.error());
    }
    if (!*domain) {
        return refuse(
            ErrorCode::kNotFound,
            std::format("guest {}: there is none of this name; see \"zetactl guest list\"", printable(guest_name, 80)));
    }
    if ((*domain)->domid == kControlDomain) {
        return refuse(ErrorCode::kPermissionDenied,
                      std::format("guest {}: this is the control domain; use \"zetactl host\" for it", guest_name));
    }
    return std::move(**domain);
}

Checked<GuestView> Guests::start(std::string_view guest_name) {
    {
        const std::scoped_lock lock(changing_);
        const auto domain = find(guest_name);
        if (!domain) {
            return std::unexpected(domain.error());
        }
        if (domain->active) {
            return refuse(ErrorCode::kConflict, std::format("guest {}: it is {} already", guest_name, domain->state));
        }
        if (auto started = virtualization_.start(domain->uuid); !started) {
            return std::unexpected(prefixed(std::format("guest {}", guest_name), started.error()));
        }
    }
    return show(guest_name);
}

Checked<void> Guests::destroy(std::string_view guest_name) {
    const std::scoped_lock lock(changing_);
    const auto domain = find(guest_name);
    if (!domain) {
        return std::unexpected(domain.error());
    }
    if (!domain->active) {
        return refuse(ErrorCode::kConflict, std::format("guest {}: it does not run", guest_name));
    }
    if (auto done = virtualization_.destroy(domain->uuid); !done) {
        return std::unexpected(prefixed(std::format("guest {}", guest_name), done.error()));
    }
    return {};
}

Checked<void> Guests::remove(std::string_view guest_name, bool force) {
    const std::scoped_lock lock(changing_);
    if (auto settled = settle_if_needed_locked(); !settled) {
        return std::unexpected(prefixed(std::format("guest {}", guest_name), settled.error()));
    }
    const auto domain = find(guest_name);
    if (!domain) {
        return std::unexpected(domain.error());
    }
    if (domain->active && !force) {
        return refuse(ErrorCode::kConflict,
                      std::format("guest {}: it is {}; destroy it first, or add --force", guest_name, domain->state));
    }
    const auto record = store_.find_by_name(guest_name);
    if (!record) {
        return std::unexpected(record.error());
    }
    if (*record) {
        if (auto intent = store_.set_phase(domain->uuid, GuestPhase::kDeleting); !intent) {
            return std::unexpected(prefixed(std::format("guest {}", guest_name), intent.error()));
        }
        unsettled_ = true;
    }
    if (auto done = take_apart_locked(domain->uuid); !done) {
        return std::unexpected(prefixed(
            std::format("guest {}: not deleted yet, zetad will go on with it by itself", guest_name), done.error()));
    }
    unsettled_ = false;
    return {};
}

GuestView Guests::joined(DomainView domain, const std::optional<GuestRecord>& record) const {
    GuestView view;
    view.domain = std::move(domain);
    if (record) {
        view.managed = true;
        view.created_unix = record->created_unix;
        if (auto spec = model::parse_guest_spec(record->spec_toml, "store")) {
            view.spec = std::move(*spec);
        }
    }
    return view;
}

Checked<std::vector<GuestView>> Guests::list() {
    auto domains = virtualization_.list();
    if (!domains) {
        return std::unexpected(domains.error());
    }
    const auto records = store_.all();
    if (!records) {
        return std::unexpected(records.error());
    }
    std::vector<GuestView> views;
    for (DomainView& domain : *domains) {
        if (domain.domid == kControlDomain) {
            continue;
        }
        const auto record = std::ranges::find(*records, domain.uuid, &GuestRecord::uuid);
        views.push_back(joined(std::move(domain), record != records->end() ? std::optional(*record) : std::nullopt));
    }
    std::ranges::sort(views, {}, [](const GuestView& view) { return view.domain.name; });
    return views;
}

Checked<GuestView> Guests::show(std::string_view guest_name) {
    auto domain = find(guest_name);
    if (!domain) {
        return std::unexpected(domain.error());
    }
    auto record = store_.find_by_name(guest_name);
    if (!record) {
        return std::unexpected(record.error());
    }
    return joined(std::move(*domain), *record);
}

Checked<Settlement> Guests::settle() {
    const std::scoped_lock lock(changing_);
    return settle_locked();
}

Checked<void> Guests::settle_if_needed_locked() {
    if (!unsettled_) {
        return {};
    }
    const auto settled = settle_locked();
    return settled ? Checked<void>{} : std::unexpected(settled.error());
}

Checked<void> Guests::settle_record_locked(const GuestRecord& record, Settlement& done) {
    if (record.phase != GuestPhase::kPresent) {
        if (auto apart = take_apart_locked(record.uuid); !apart) {
            return apart;
        }
        (record.phase == GuestPhase::kCreating ? done.rolled_back : done.completed) += 1;
        log(LogLevel::kWarning, "zetad", "guest {}: its {} was cut short; nothing is left of it", record.name,
            record.phase == GuestPhase::kCreating ? "creation" : "deletion");
        return {};
    }
    const auto domain = virtualization_.find_by_uuid(record.uuid);
    if (!domain) {
        return std::unexpected(domain.error());
    }
    // The definition was on the disk before the store said so: who removed it since was an operator.
    if (!*domain || !(*domain)->persistent) {
        log(LogLevel::kInfo, "zetad", "guest {}: undefined through libvirt; forgotten here too", record.name);
        done.forgotten += 1;
        return store_.erase(record.uuid);
    }
    return {};
}

Checked<void> Guests::adopt_locked(Settlement& done) {
    const auto domains = virtualization_.list();
    if (!domains) {
        return std::unexpected(domains.error());
    }
    const auto records = store_.all();
    if (!records) {
        return std::unexpected(records.error());
    }
    for (const DomainView& domain : *domains) {
        const auto same = [&domain](const GuestRecord& record) {
            return record.uuid == domain.uuid || record.name == domain.name;
        };
        if (!domain.persistent || domain.domid == kControlDomain || std::ranges::any_of(*records, same)) {
            continue;
        }
        const auto element = virtualization_.metadata(domain.uuid);
        if (!element) {
            return std::unexpected(element.error());
        }
        const auto spec = model::spec_from_metadata(*element, domain.uuid);
        if (!spec || spec->name != domain.name) {
            continue;
        }
        if (auto kept = store_.insert({domain.uuid, domain.name, GuestPhase::kPresent, to_toml(*spec), now_unix()});
            !kept) {
            return kept;
        }
        log(LogLevel::kWarning, "zetad", "guest {}: taken back into the store from libvirt's definition", domain.name);
        done.adopted += 1;
    }
    return {};
}

Checked<Settlement> Guests::settle_locked() {
    const auto records = store_.all();
    if (!records) {
        return std::unexpected(records.error());
    }
    Settlement done;
    for (const GuestRecord& record : *records) {
        if (auto settled = settle_record_locked(record, done); !settled) {
            return std::unexpected(prefixed(std::format("guest {}: cannot be settled", record.name), settled.error()));
        }
    }
    if (auto adopted = adopt_locked(done); !adopted) {
        return std::unexpected(adopted.error());
    }
    unsettled_ = false;
    return done;
}

} // namespace zeta::zetad
