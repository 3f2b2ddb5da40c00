# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The list of what an image is made of, beside the image."""

from __future__ import annotations

import hashlib
import json
import pathlib

from zetaimages.debs import Package


def write(folder: pathlib.Path, files: list[str], packages: list[Package], facts: dict) -> None:
    """Writes folder/manifest.json: name, size and SHA-256 of each file; name, version and SHA-256 of each package."""
    listed = {
        name: {
            "bytes": (folder / name).stat().st_size,
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }
        for name in sorted(files)
    }
    content = facts | {
        "files": listed,
        "packages": [{"name": p.name, "version": p.version, "sha256": p.sha256} for p in packages],
    }
    (folder / "manifest.json").write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
