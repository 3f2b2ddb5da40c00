# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The one error type that reaches the operator, and files written whole or not at all."""

import errno
import os
from pathlib import Path


class BuildError(Exception):
    """What failed, on which object and why; `remedy` is what to do about it."""

    def __init__(self, message: str, remedy: str):
        super().__init__(message)
        self.remedy = remedy

    def line(self) -> str:
        return f"hypervisor/build: {self}; {self.remedy}"


def from_os_error(error: OSError) -> BuildError:
    """Names the file, and the remedy for the failures that have an obvious one."""
    name = error.filename or "a file"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BuildError(f"no space left while writing {name}", "free about 400 MB below the output folder and run again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return BuildError(f"cannot write {name}: {error.strerror}", "run inside the build root as root")
    return BuildError(f"{name}: {error.strerror}", "correct the cause and run again")


def write_if_changed(path: Path, content: bytes) -> bool:
    """Replaces `path` in one rename, and only where the bytes differ, so that make sees true changes only."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    if path.exists():
        partial.chmod(path.stat().st_mode & 0o777)
    os.replace(partial, path)
    return True
