// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/xen_facts.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
extern "C" {
#include <libxl.h>
}
#pragma GCC diagnostic pop

#include <unistd.h>

#include <format>
#include <memory>

namespace zeta::zetad {

namespace {

constexpr const char* kPrivcmd = "/dev/xen/privcmd";

/// Says nothing: what fails is in the return value.
void drop_message(xentoollog_logger*, xentoollog_level, int, const char*, const char*, va_list) {}
void drop_progress(xentoollog_logger*, const char*, const char*, int, unsigned long, unsigned long) {}
void drop_logger(xentoollog_logger*) {}

xentoollog_logger silent_logger{drop_message, drop_progress, drop_logger};

struct ContextFree {
    void operator()(libxl_ctx* context) const noexcept { libxl_ctx_free(context); }
};
using Context = std::unique_ptr<libxl_ctx, ContextFree>;

Checked<Context> open_context() {
    libxl_ctx* native = nullptr;
    // Without the device libxl would fail as well, but only after complaining in places of its own.
    if (::access(kPrivcmd, R_OK | W_OK) != 0 || libxl_ctx_alloc(&native, LIBXL_VERSION, 0, &silent_logger) != 0) {
        return refuse(ErrorCode::kUnavailable, "no Xen below: this is not the control domain, or zetad is not root");
    }
    return Context(native);
}

std::string text_of(const char* text) { return text != nullptr ? printable(text) : std::string(); }

} // namespace

Checked<XenFacts> read_xen_facts() {
    const auto context = open_context();
    if (!context) {
        return std::unexpected(context.error());
    }
    const libxl_version_info* const version = libxl_get_version_info(context->get());
    libxl_physinfo machine;
    libxl_physinfo_init(&machine);
    if (version == nullptr || libxl_get_physinfo(context->get(), &machine) != 0) {
        libxl_physinfo_dispose(&machine);
        return refuse(ErrorCode::kUnavailable, "Xen refuses to describe the machine; is this the control domain?");
    }
    XenFacts facts{.version = std::format("{}.{}{}", version->xen_version_major, version->xen_version_minor,
                                          text_of(version->xen_version_extra)),
                   .command_line = text_of(version->commandline),
                   .guest_abis = text_of(version->capabilities),
                   .compiled = std::format("{}, {}", text_of(version->compiler), text_of(version->compile_date)),
                   .cpus = machine.nr_cpus,
                   .numa_nodes = machine.nr_nodes,
                   .memory = {machine.total_pages * kPageBytes},
                   .memory_free = {machine.free_pages * kPageBytes},
                   .pv = machine.cap_pv,
                   .hvm = machine.cap_hvm,
                   .nested_paging = machine.cap_hap,
                   .iommu = machine.cap_hvm_directio};
    libxl_physinfo_dispose(&machine);
    return facts;
}

Checked<std::vector<XenDomain>> list_xen_domains() {
    const auto context = open_context();
    if (!context) {
        return std::unexpected(context.error());
    }
    int count = 0;
    libxl_dominfo* const list = libxl_list_domain(context->get(), &count);
    if (list == nullptr) {
        return refuse(ErrorCode::kUnavailable, "Xen refuses to list its domains; is this the control domain?");
    }
    std::vector<XenDomain> domains;
    for (int i = 0; i < count; ++i) {
        std::string uuid;
        for (std::size_t byte = 0; byte < sizeof(list[i].uuid.uuid); ++byte) {
            uuid += (byte == 4 || byte == 6 || byte == 8 || byte == 10) ? "-" : "";
            uuid += std::format("{:02x}", list[i].uuid.uuid[byte]);
        }
        domains.push_back({DomId{static_cast<std::uint16_t>(list[i].domid)}, std::move(uuid)});
    }
    libxl_dominfo_list_free(list, count);
    return domains;
}

Checked<std::string> read_xen_log() {
    const auto context = open_context();
    if (!context) {
        return std::unexpected(context.error());
    }
    libxl_xen_console_reader* const reader = libxl_xen_console_read_start(context->get(), 0);
    if (reader == nullptr) {
        return refuse(ErrorCode::kUnavailable, "Xen refuses to hand out its log");
    }
    std::string log;
    char* line = nullptr;
    while (libxl_xen_console_read_line(context->get(), reader, &line) > 0) {
        log += line;
        if (log.size() > 2 * kMaxXenLogBytes) {
            log.erase(0, log.size() - kMaxXenLogBytes);
        }
    }
    libxl_xen_console_read_finish(context->get(), reader);
    if (log.size() > kMaxXenLogBytes) {
        log.erase(0, log.size() - kMaxXenLogBytes);
    }
    return log;
}

} // namespace zeta::zetad
