// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#include "images/control-domain/init/boot.hpp"

#include "images/control-domain/init/console.hpp"
#include "images/control-domain/init/devices.hpp"
#include "images/control-domain/init/mounts.hpp"
#include "images/control-domain/init/network.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace zeta::init {
namespace {

constexpr const char* kRootLabel = "zeta-root";
constexpr const char* kStateLabel = "zeta-state";
constexpr int kDiskWaitMs = 30'000;
constexpr const char* kLogFifo = "/run/zetatron/log.fifo";

struct Persisted {
    const char* name;
    const char* target;
};
/// What outlives a restart, beside zetad's own store.
constexpr Persisted kPersisted[] = {
    {"etc-libvirt", "/etc/libvirt"},
    {"var-lib-libvirt", "/var/lib/libvirt"},
    {"var-lib-xen", "/var/lib/xen"},
    {"var-log", "/var/log"},
};

struct Folder {
    const char* path;
    mode_t mode;
};
/// What the daemons expect below the writable file systems that start empty.
constexpr Folder kRunFolders[] = {
    {"/run/lock", 0755},    {"/run/xen", 0755},           {"/run/xenstored", 0755}, {"/run/zetatron", 0755},
    {"/run/libvirt", 0755}, {"/var/cache/libvirt", 0755}, {"/dev/pts", 0755},       {"/dev/shm", 01777},
};

void mount_root() {
    char device[kMaxPathBytes];
    if (!find_volume(kRootLabel, kDiskWaitMs, device)) {
        give_up("no disk carries the label %s: attach the control domain's root image", kRootLabel);
    }
    if (!mount_at(device, "/root", "erofs", MS_RDONLY | MS_NODEV, nullptr)) {
        give_up("the root image on %s is damaged: write it again", device);
    }
}

void mount_state() {
    char device[kMaxPathBytes];
    if (!find_volume(kStateLabel, kDiskWaitMs, device)) {
        give_up("no disk carries the label %s: attach the state disk, or make one with mkfs.ext4 -L %s", kStateLabel,
                kStateLabel);
    }
    if (!mount_at(device, "/var/lib/zetatron", "ext4", MS_NOATIME | MS_NODEV | MS_NOSUID, nullptr)) {
        give_up("the state disk on %s cannot be mounted: repair it with e2fsck from another system", device);
    }
    mkdir("/var/lib/zetatron/persist", 0755);
    for (const auto& entry : kPersisted) {
        if (!persist(entry.name, entry.target)) {
            give_up("%s cannot be kept on the state disk: is it full? repair it with e2fsck from another system",
                    entry.target);
        }
    }
}

void mount_memory_filesystems() {
    const bool good = mount_at("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") &&
                      mount_at("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") &&
                      mount_at("tmpfs", "/var/cache", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
    for (const auto& folder : kRunFolders) {
        if (mkdir(folder.path, folder.mode) == 0) {
            chmod(folder.path, folder.mode);
        }
    }
    if (!good || !mount_at("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620,gid=5,ptmxmode=0666") ||
        !mount_at("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")) {
        give_up("the memory file systems cannot be mounted");
    }
}

/// libvirt names the host by this; it is made once and stays with the state disk.
void ensure_machine_id() {
    constexpr const char* kPath = "/var/lib/zetatron/machine-id";
    constexpr const char* kFresh = "/var/lib/zetatron/.machine-id.new";
    if (access(kPath, R_OK) == 0) {
        return;
    }
    unsigned char random[16];
    if (getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
        give_up("the kernel gives no random numbers");
    }
    char text[2 * sizeof random + 2];
    for (unsigned i = 0; i < sizeof random; ++i) {
        std::snprintf(text + 2 * static_cast<size_t>(i), 3, "%02x", random[i]);
    }
    text[2 * sizeof random] = '\n';
    const int fd = open(kFresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
    const auto length = static_cast<ssize_t>(2 * sizeof random + 1);
    if (fd < 0 || write(fd, text, static_cast<size_t>(length)) != length || fsync(fd) != 0 ||
        rename(kFresh, kPath) != 0) {
        give_up("%s cannot be written: %s", kPath, std::strerror(errno));
    }
    close(fd);
}

void apply_command_line() {
    char line[4096]{};
    const int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        [[maybe_unused]] const auto got = read(fd, line, sizeof line - 1);
        close(fd);
    }
    const std::string_view text{line};
    const auto address = static_address(text);
    if (!address && text.find("zeta.ip=") != std::string_view::npos) {
        say("zeta.ip on the kernel command line is not ADDRESS/PREFIX[,GATEWAY]: the network stays down");
    }
    configure_network(address);
}

/// Every service writes to one pipe; s6-log (a service itself) reads it. Process 1 keeps both ends open, so that
/// neither a restart of the logger nor a service that starts before it loses a line or blocks.
void open_service_log() {
    const int null = open("/dev/null", O_RDONLY);
    if (mkfifo(kLogFifo, 0600) != 0 && errno != EEXIST) {
        say("cannot create %s: %s", kLogFifo, std::strerror(errno));
        return;
    }
    const int log = open(kLogFifo, O_RDWR);
    if (null < 0 || log < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0) {
        say("services log to the console: %s", std::strerror(errno));
    }
    for (const int fd : {null, log}) {
        if (fd > STDERR_FILENO) {
            close(fd);
        }
    }
}

[[noreturn]] void supervise() {
    if (!copy_tree("/usr/lib/zetatron/services", "/run/service")) {
        give_up("the service folders cannot be copied to memory");
    }
    open_service_log();
    char path[] = "PATH=/usr/sbin:/usr/bin";
    char home[] = "HOME=/root";
    char locale[] = "LC_ALL=C";
    char* const environment[] = {path, home, locale, nullptr};
    char program[] = "/usr/bin/s6-svscan";
    char folder[] = "/run/service";
    char* const arguments[] = {program, folder, nullptr};
    say("starting services");
    execve(program, arguments, environment);
    give_up("cannot start %s: %s", program, std::strerror(errno));
}

} // namespace

void boot() {
    umask(022);
    if (!mount_kernel_filesystems()) {
        give_up("the kernel's file systems cannot be mounted");
    }
    say("process 1 started");
    // The state disk's modules take as long as finding the root: a second processor loads them meanwhile. A module
    // that both lists name is loaded once; the kernel lets the second loader wait.
    const pid_t loader = fork();
    if (loader == 0) {
        load_modules("/modules.state");
        _exit(0);
    }
    load_modules("/modules.boot");
    mkdir("/root", 0755);
    mount_root();
    say("root found");
    if (loader < 0) {
        load_modules("/modules.state");
    } else {
        waitpid(loader, nullptr, 0); // its files are gone once the root is entered
    }
    if (!switch_root("/root")) {
        give_up("the root image cannot be entered");
    }
    mount_memory_filesystems();
    mount_state();
    ensure_machine_id();
    say("state disk mounted");
    load_modules("/usr/lib/zetatron/modules.early");
    if (!mount_at("xenfs", "/proc/xen", "xenfs", 0, nullptr)) {
        give_up("no hypervisor below: start this image on Xen");
    }
    sethostname("control", std::strlen("control"));
    apply_command_line();
    supervise();
}

} // namespace zeta::init
