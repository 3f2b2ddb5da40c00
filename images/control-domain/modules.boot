# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
#
# Kernel modules in the initial memory file system: what reaches the root.
crc32c_generic
crc32c-intel
virtio_blk
erofs
