# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""What the hypervisor says of itself, and the fixed facts that make its build repeatable."""

import re
from pathlib import Path

from .errors import BuildError

PRODUCT = "zetatron"
EXTRAVERSION_LIMIT = 15  # xen_extraversion_t holds 16 bytes with its end mark
CHANGESET_LIMIT = 63     # xen_changeset_info_t holds 64


def read_version(path: Path) -> str:
    """The platform's version, MAJOR.MINOR.PATCH, each below 65536 as the ABI carries it."""
    text = path.read_text(encoding="utf-8").strip()
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", text)
    if not match or any(int(part) > 0xFFFF for part in match.groups()):
        raise BuildError(f"{path.name} holds '{text[:40]}'", "write MAJOR.MINOR.PATCH")
    return text


def upstream_extraversion(makefile: str) -> str:
    """Upstream's own part, such as `.4-pre`, out of xen/Makefile."""
    match = re.search(r"(?m)^export XEN_EXTRAVERSION\s*\?=\s*(\S+?)\$\(XEN_VENDORVERSION\)\s*$", makefile)
    if not match:
        raise BuildError("xen/Makefile no longer says XEN_EXTRAVERSION as expected", "adapt hypervisor/buildlib/product.py")
    return match[1]


def extraversion(makefile: str) -> str:
    value = f"{upstream_extraversion(makefile)}-{PRODUCT}"
    if len(value) > EXTRAVERSION_LIMIT:
        raise BuildError(f"xen_extra would be '{value}', {len(value)} characters of {EXTRAVERSION_LIMIT}",
                         "shorten the product's part in hypervisor/buildlib/product.py")
    return value


def changeset(version: str, upstream: str) -> str:
    value = f"{PRODUCT} {version} (xen {upstream})"
    if len(value) > CHANGESET_LIMIT:
        raise BuildError(f"xen_changeset would be '{value}', {len(value)} characters of {CHANGESET_LIMIT}",
                         "shorten it in hypervisor/buildlib/product.py")
    return value


def version_header(version: str) -> str:
    """xen/include/zeta/version.h: the only generated overlay file."""
    major, minor, patch = version.split(".")
    return (f"/* Written by hypervisor/build from VERSION. */\n"
            f"#ifndef ZETA_VERSION_H\n#define ZETA_VERSION_H\n"
            f'#define ZETA_PRODUCT_NAME "ZetaTron"\n'
            f'#define ZETA_PRODUCT_VERSION "{version}"\n'
            f"#define ZETA_PRODUCT_MAJOR {major}\n#define ZETA_PRODUCT_MINOR {minor}\n#define ZETA_PRODUCT_PATCH {patch}\n"
            f"#endif\n")
