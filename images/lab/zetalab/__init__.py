# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The QEMU lab: start, drive, cut the power of and stop one emulated server."""
