// SPDX-FileCopyrightText: 2026 The ZetaTron authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Mounting and the few file-system steps of the boot. Every function says on
// the console what failed. Used by boot.cpp and shutdown.cpp.

namespace zeta::init {

/// /proc, /sys, /dev: the kernel's own file systems. False where one could not be mounted.
[[nodiscard]] bool mount_kernel_filesystems();

[[nodiscard]] bool mount_at(const char* source, const char* target, const char* type, unsigned long flags,
                            const char* options);

/// Moves the mounts of mount_kernel_filesystems() below `root`, makes it the root and frees the initial one.
[[nodiscard]] bool switch_root(const char* root);

/// Makes `name` on the state disk the content of `target`. Where the disk does not hold it yet, it is filled from the
/// image's own `target` first, whole or not at all, even when the power fails half-way.
[[nodiscard]] bool persist(const char* name, const char* target);

/// Copies a tree of folders, files and links. Owners are root's; modes are kept.
[[nodiscard]] bool copy_tree(const char* from, const char* to);

} // namespace zeta::init
