# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The one exception of the lab."""


class LabError(Exception):
    """One line for people: what failed, on which lab, why, what to do."""
