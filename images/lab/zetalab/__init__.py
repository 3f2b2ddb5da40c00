# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The QEMU lab: a machine with an IOMMU and nested paging for the hypervisor, driven from the host."""


class LabError(Exception):
    """One line for the operator: what failed, on what, why, what to do."""
