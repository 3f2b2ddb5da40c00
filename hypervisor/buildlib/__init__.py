# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of hypervisor/build: source, tree, hooks, configuration, make."""
