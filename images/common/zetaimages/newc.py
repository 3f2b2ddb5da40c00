# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Writes initial memory file systems (cpio "newc") that depend on nothing but their content."""

from __future__ import annotations

import pathlib
import stat

from zetaimages import IMAGE_EPOCH


class Archive:
    """Entries in the order of their paths; owner root, one fixed time."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, bytes, int, int]] = {}

    def folder(self, path: str, mode: int = 0o755) -> None:
        """Adds a folder and those above it."""
        parts = path.strip("/").split("/")
        for depth in range(1, len(parts) + 1):
            self._entries.setdefault("/".join(parts[:depth]), (stat.S_IFDIR | mode, b"", 0, 0))

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Adds a file, and the folders above it."""
        path = path.strip("/")
        if "/" in path:
            self.folder(path.rsplit("/", 1)[0])
        self._entries[path] = (stat.S_IFREG | mode, data, 0, 0)

    def link(self, path: str, target: str) -> None:
        """Adds a symbolic link."""
        path = path.strip("/")
        if "/" in path:
            self.folder(path.rsplit("/", 1)[0])
        self._entries[path] = (stat.S_IFLNK | 0o777, target.encode(), 0, 0)

    def device(self, path: str, major: int, minor: int, mode: int = 0o600) -> None:
        """Adds a character device node."""
        path = path.strip("/")
        self.folder(path.rsplit("/", 1)[0])
        self._entries[path] = (stat.S_IFCHR | mode, b"", major, minor)

    def tree(self, source: pathlib.Path) -> None:
        """Adds everything below a folder."""
        for item in sorted(source.rglob("*")):
            name = str(item.relative_to(source))
            if item.is_symlink():
                self.link(name, str(item.readlink()))
            elif item.is_dir():
                self.folder(name)
            else:
                self.file(name, item.read_bytes(), stat.S_IMODE(item.stat().st_mode))

    def paths(self) -> list[str]:
        """What it holds, sorted."""
        return sorted(self._entries)

    def to_bytes(self) -> bytes:
        """The archive, padded to whole 512-byte blocks."""
        out = bytearray()
        for number, path in enumerate(self.paths(), start=1):
            mode, data, major, minor = self._entries[path]
            out += _entry(number, path, mode, data, major, minor)
        out += _entry(0, "TRAILER!!!", 0, b"", 0, 0)
        out += bytes(-len(out) % 512)
        return bytes(out)


def _entry(number: int, path: str, mode: int, data: bytes, major: int, minor: int) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (number, mode, 0, 0, links, IMAGE_EPOCH, len(data), 0, 0, major, minor, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    head += bytes(-len(head) % 4)
    return head + data + bytes(-len(data) % 4)
