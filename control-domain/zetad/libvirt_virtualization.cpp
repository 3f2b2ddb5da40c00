// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "control-domain/zetad/libvirt_virtualization.hpp"

#include "control-domain/zetad/libvirt_events.hpp"
#include "hypervisor/base/log.hpp"
#include "hypervisor/base/unique_handle.hpp"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <format>
#include <utility>

namespace zeta::zetad {

namespace {

constexpr int kKeepAliveSeconds = 5;
constexpr unsigned kKeepAliveCount = 3;
/// libvirtd needs seconds to start; so long zetad asks often, later seldom.
constexpr std::chrono::milliseconds kEagerPause{200};
constexpr std::chrono::milliseconds kPatientPause{5'000};
constexpr std::chrono::seconds kEagerTime{15};
/// A dead socket is also noticed without keep-alives, by asking.
constexpr std::chrono::milliseconds kProbeInterval{2'000};

ErrorCode code_of(int libvirt_code) {
    switch (libvirt_code) {
    case VIR_ERR_NO_DOMAIN:
    case VIR_ERR_NO_DOMAIN_METADATA:
        return ErrorCode::kNotFound;
    case VIR_ERR_DOM_EXIST:
        return ErrorCode::kAlreadyExists;
    case VIR_ERR_OPERATION_INVALID:
        return ErrorCode::kConflict;
    case VIR_ERR_NO_CONNECT:
    case VIR_ERR_RPC:
    case VIR_ERR_SYSTEM_ERROR:
        return ErrorCode::kUnavailable;
    case VIR_ERR_ACCESS_DENIED:
    case VIR_ERR_AUTH_FAILED:
        return ErrorCode::kPermissionDenied;
    default:
        return ErrorCode::kInternal;
    }
}

std::string last_message() {
    const virErrorPtr error = virGetLastError();
    return error != nullptr && error->message != nullptr ? printable(error->message, 400) : "no reason given";
}

std::string_view state_words(int state) {
    switch (state) {
    case VIR_DOMAIN_RUNNING:
        return "running";
    case VIR_DOMAIN_BLOCKED:
        return "idle";
    case VIR_DOMAIN_PAUSED:
        return "paused";
    case VIR_DOMAIN_SHUTDOWN:
        return "in shutdown";
    case VIR_DOMAIN_SHUTOFF:
        return "shut off";
    case VIR_DOMAIN_CRASHED:
        return "crashed";
    case VIR_DOMAIN_PMSUSPENDED:
        return "pmsuspended";
    default:
        return "no state";
    }
}

std::string version_text(unsigned long version) {
    return std::format("{}.{}.{}", version / 1'000'000, version / 1'000 % 1'000, version % 1'000);
}

/// False: the domain went away meanwhile, or libvirtd did.
bool fill(virDomainPtr domain, DomainView& view) {
    std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
    virDomainInfo info{};
    const char* const domain_name = virDomainGetName(domain);
    if (domain_name == nullptr || virDomainGetUUIDString(domain, uuid.data()) < 0 ||
        virDomainGetInfo(domain, &info) < 0) {
        return false;
    }
    view.uuid = uuid.data();
    view.name = domain_name;
    view.state = state_words(info.state);
    view.active = virDomainIsActive(domain) == 1;
    view.persistent = virDomainIsPersistent(domain) == 1;
    int autostart = 0;
    view.autostart = view.persistent && virDomainGetAutostart(domain, &autostart) == 0 && autostart != 0;
    const unsigned id = virDomainGetID(domain);
    if (id != static_cast<unsigned>(-1)) {
        view.domid = DomId{static_cast<std::uint16_t>(id)};
    }
    view.memory = {static_cast<std::uint64_t>(info.maxMem) * 1024};
    view.vcpus = info.nrVirtCpu;
    return true;
}

void on_closed(virConnectPtr, int, void*) {
    // keep_connected asks virConnectIsAlive, which turns false with this event.
}

} // namespace

void LibvirtVirtualization::DomainCloser::operator()(_virDomain* domain) const noexcept { virDomainFree(domain); }

LibvirtVirtualization::LibvirtVirtualization(LibvirtOptions options, std::function<void()> on_up)
    : options_(std::move(options)), on_up_(std::move(on_up)) {}

std::unique_ptr<LibvirtVirtualization> LibvirtVirtualization::create(LibvirtOptions options,
                                                                     std::function<void()> on_up) {
    run_libvirt_events();
    std::unique_ptr<LibvirtVirtualization> made(new LibvirtVirtualization(std::move(options), std::move(on_up)));
    made->keeper_ = std::jthread([self = made.get()](const std::stop_token& stop) { self->keep_connected(stop); });
    return made;
}

LibvirtVirtualization::~LibvirtVirtualization() {
    keeper_.request_stop();
    changed_.notify_all();
}

LibvirtVirtualization::Connection LibvirtVirtualization::open_connection() {
    virConnectPtr native = virConnectOpen(options_.uri.c_str());
    if (native == nullptr) {
        const std::scoped_lock lock(mutex_);
        link_.last_error = last_message();
        return nullptr;
    }
    virConnectRegisterCloseCallback(native, on_closed, nullptr, nullptr);
    // Refused by drivers without a socket, which cannot be lost.
    if (virConnectSetKeepAlive(native, kKeepAliveSeconds, kKeepAliveCount) < 0) {
        virResetLastError();
    }
    return {native, [](virConnectPtr connection) {
                virConnectUnregisterCloseCallback(connection, on_closed);
                virConnectClose(connection);
            }};
}

void LibvirtVirtualization::keep_connected(const std::stop_token& stop) {
    auto silent_since = std::chrono::steady_clock::now();
    bool told = false;
    bool was_up = false;
    while (!stop.stop_requested()) {
        Connection opened = open_connection();
        std::unique_lock lock(mutex_);
        if (!opened) {
            const bool patient = std::chrono::steady_clock::now() - silent_since > kEagerTime;
            // At boot zetad is there before libvirtd: only a lasting silence is worth a line, and one is enough.
            if (patient && !std::exchange(told, true)) {
                log(LogLevel::kWarning, "zetad", "libvirtd does not answer at {}: {}", options_.uri, link_.last_error);
            }
            changed_.wait_for(lock, stop, patient ? kPatientPause : kEagerPause, [] { return false; });
            continue;
        }
        told = false;
        connection_ = opened;
        link_.up = true;
        link_.reconnects += was_up ? 1U : 0U;
        was_up = true;
        log(LogLevel::kInfo, "zetad", "connected to libvirtd at {}", options_.uri);
        lock.unlock();
        changed_.notify_all();
        on_up_();
        lock.lock();
        while (connection_ && !stop.stop_requested()) {
            changed_.wait_for(lock, stop, kProbeInterval, [this] { return connection_ == nullptr; });
            if (connection_ && virConnectIsAlive(connection_.get()) != 1) {
                connection_.reset();
            }
        }
        link_.up = false;
        silent_since = std::chrono::steady_clock::now();
        if (!stop.stop_requested()) {
            log(LogLevel::kWarning, "zetad", "the connection to libvirtd was lost; opening it again");
        }
    }
}

LinkView LibvirtVirtualization::link() const {
    const std::scoped_lock lock(mutex_);
    return link_;
}

void LibvirtVirtualization::lost(const Connection& connection) {
    const std::scoped_lock lock(mutex_);
    if (connection_ == connection) {
        connection_.reset();
        link_.up = false;
        changed_.notify_all();
    }
}

Checked<LibvirtVirtualization::Connection> LibvirtVirtualization::connection() {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, options_.patience, [this] { return connection_ != nullptr; })) {
        return connection_;
    }
    return refuse(ErrorCode::kUnavailable,
                  std::format("libvirtd does not answer at {} ({}); zetad keeps trying, see \"zetactl host health\"",
                              options_.uri, link_.last_error));
}

std::unexpected<Complaint> LibvirtVirtualization::refuse_libvirt(const Connection& connection, std::string_view doing) {
    const virErrorPtr error = virGetLastError();
    ErrorCode code = code_of(error != nullptr ? error->code : VIR_ERR_INTERNAL_ERROR);
    const std::string text = std::format("{}: libvirt: {}", doing, last_message());
    if (virConnectIsAlive(connection.get()) != 1) {
        lost(connection);
        code = ErrorCode::kUnavailable;
    } else if (code == ErrorCode::kUnavailable) {
        code = ErrorCode::kInternal;
    }
    return refuse(code, text);
}

Checked<LibvirtVirtualization::Domain> LibvirtVirtualization::domain(const Connection& connection,
                                                                     std::string_view uuid) {
    Domain found(virDomainLookupByUUIDString(connection.get(), std::string(uuid).c_str()));
    if (!found) {
        return refuse_libvirt(connection, std::format("domain {}", uuid));
    }
    return found;
}

Checked<model::XmlDialect> LibvirtVirtualization::dialect() {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    const char* const type = virConnectGetType(link->get());
    if (type != nullptr && std::strcmp(type, "Xen") == 0) {
        return model::XmlDialect::kXen;
    }
    if (type != nullptr && std::strcmp(type, "TEST") == 0) {
        return model::XmlDialect::kTest;
    }
    return refuse(ErrorCode::kUnsupported,
                  std::format("{} is no Xen host; start zetad with --libvirt-uri xen:///system", options_.uri));
}

Checked<HostView> LibvirtVirtualization::host() {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    virNodeInfo node{};
    if (virNodeGetInfo(link->get(), &node) < 0) {
        return refuse_libvirt(*link, "host information");
    }
    HostView view;
    const char* const driver = virConnectGetType(link->get());
    view.driver = driver != nullptr ? driver : "";
    unsigned long version = 0;
    if (virConnectGetVersion(link->get(), &version) == 0) {
        view.hypervisor_version = version_text(version);
    }
    if (virConnectGetLibVersion(link->get(), &version) == 0) {
        view.libvirt_version = version_text(version);
    }
    view.cpu_model = node.model;
    view.cpus = node.cpus;
    view.numa_nodes = node.nodes;
    view.sockets = node.sockets;
    view.cores_per_socket = node.cores;
    view.threads_per_core = node.threads;
    view.memory = {static_cast<std::uint64_t>(node.memory) * 1024};
    // libvirt's test driver gives KiB where every other gives bytes.
    const std::uint64_t free_unit = view.driver == "TEST" ? 1024 : 1;
    view.memory_free = {virNodeGetFreeMemory(link->get()) * free_unit};
    constexpr int kMaxCells = 64;
    std::array<unsigned long long, kMaxCells> cells{};
    const int count = virNodeGetCellsFreeMemory(link->get(), cells.data(), 0, kMaxCells);
    for (int i = 0; i < count; ++i) {
        view.numa_free.push_back({cells[static_cast<std::size_t>(i)]});
    }
    virResetLastError();
    return view;
}

Checked<std::vector<DomainView>> LibvirtVirtualization::list() {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    virDomainPtr* natives = nullptr;
    const int count = virConnectListAllDomains(link->get(), &natives, 0);
    if (count < 0) {
        return refuse_libvirt(*link, "list of domains");
    }
    std::vector<DomainView> views;
    for (int i = 0; i < count; ++i) {
        const Domain owned(natives[i]);
        DomainView view;
        if (fill(owned.get(), view)) {
            views.push_back(std::move(view));
        }
    }
    std::free(static_cast<void*>(natives));
    // A domain may vanish between the list and the look at it; a lost connection may not pass as an empty list.
    if (virConnectIsAlive(link->get()) != 1) {
        return refuse_libvirt(*link, "list of domains");
    }
    return views;
}

Checked<std::optional<DomainView>> LibvirtVirtualization::view(const Connection& connection, Domain domain,
                                                               std::string_view doing) {
    DomainView view;
    if (domain && fill(domain.get(), view)) {
        return view;
    }
    auto refused = refuse_libvirt(connection, doing);
    if (refused.error().code == ErrorCode::kNotFound) {
        virResetLastError();
        return std::nullopt;
    }
    return refused;
}

Checked<std::optional<DomainView>> LibvirtVirtualization::find_by_uuid(std::string_view uuid) {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    return view(*link, Domain(virDomainLookupByUUIDString(link->get(), std::string(uuid).c_str())),
                std::format("domain {}", uuid));
}

Checked<std::optional<DomainView>> LibvirtVirtualization::find_by_name(std::string_view domain_name) {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    return view(*link, Domain(virDomainLookupByName(link->get(), std::string(domain_name).c_str())),
                std::format("domain {}", domain_name));
}

Checked<std::string> LibvirtVirtualization::metadata(std::string_view uuid) {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    auto found = domain(*link, uuid);
    if (!found) {
        return std::unexpected(found.error());
    }
    const std::unique_ptr<char, decltype(&std::free)> text(
        virDomainGetMetadata(found->get(), VIR_DOMAIN_METADATA_ELEMENT, model::kMetadataNamespace, 0), &std::free);
    if (text) {
        return std::string(text.get());
    }
    auto refused = refuse_libvirt(*link, "metadata");
    if (refused.error().code == ErrorCode::kUnavailable) {
        return refused;
    }
    virResetLastError();
    return std::string();
}

Checked<void> LibvirtVirtualization::define(const std::string& xml) {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    const Domain made(virDomainDefineXMLFlags(link->get(), xml.c_str(), 0));
    return made ? Checked<void>{} : refuse_libvirt(*link, "define");
}

Checked<void> LibvirtVirtualization::set_autostart(std::string_view uuid, bool on) {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    auto found = domain(*link, uuid);
    if (!found) {
        return std::unexpected(found.error());
    }
    return virDomainSetAutostart(found->get(), on ? 1 : 0) == 0 ? Checked<void>{} : refuse_libvirt(*link, "autostart");
}

Checked<void> LibvirtVirtualization::start(std::string_view uuid) {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    auto found = domain(*link, uuid);
    if (!found) {
        return std::unexpected(found.error());
    }
    return virDomainCreate(found->get()) == 0 ? Checked<void>{} : refuse_libvirt(*link, "start");
}

Checked<void> LibvirtVirtualization::destroy(std::string_view uuid) {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    auto found = domain(*link, uuid);
    if (!found) {
        return found.error().code == ErrorCode::kNotFound ? Checked<void>{} : std::unexpected(found.error());
    }
    if (virDomainIsActive(found->get()) == 0 || virDomainDestroy(found->get()) == 0) {
        return {};
    }
    auto refused = refuse_libvirt(*link, "destroy");
    // It may have ended by itself meanwhile.
    const bool gone = refused.error().code == ErrorCode::kNotFound || virDomainIsActive(found->get()) == 0;
    return gone ? Checked<void>{} : refused;
}

Checked<void> LibvirtVirtualization::undefine(std::string_view uuid) {
    auto link = connection();
    if (!link) {
        return std::unexpected(link.error());
    }
    auto found = domain(*link, uuid);
    if (!found) {
        return found.error().code == ErrorCode::kNotFound ? Checked<void>{} : std::unexpected(found.error());
    }
    if (virDomainIsPersistent(found->get()) == 0 ||
        virDomainUndefineFlags(found->get(), VIR_DOMAIN_UNDEFINE_MANAGED_SAVE) == 0) {
        return {};
    }
    return refuse_libvirt(*link, "undefine");
}

/// libvirtd syncs a definition's contents but not the folder in which it renames or removes it.
Checked<void> LibvirtVirtualization::make_durable() {
    if (options_.definitions_folder.empty()) {
        return {};
    }
    const UniqueFd folder(::open(options_.definitions_folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::syncfs(folder.get()) != 0) {
        return refuse(ErrorCode::kIo, std::format("cannot bring {} to the disk: {}", options_.definitions_folder,
                                                  std::strerror(errno)));
    }
    return {};
}

} // namespace zeta::zetad
