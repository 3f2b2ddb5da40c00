# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Shared steps of the image builders: packages, kernels, archives, manifests."""

# Every file of every image carries this time, so that the same inputs give the
# same bytes on any day. 2026-01-01 00:00:00 UTC.
IMAGE_EPOCH = 1767225600


class BuildError(Exception):
    """One line for the operator: what failed, on what, why, what to do."""
