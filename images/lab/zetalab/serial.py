# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The serial line's log: waiting for what it says, without polling where the kernel can tell us."""

import ctypes
import os
import pathlib
import re
import select
import time

IN_MODIFY = 0x2  # inotify(7)
CRASH = re.compile(rb"Panic on CPU|FATAL (TRAP|PAGE FAULT)|Kernel panic - not syncing|Xen BUG at|assertion failed")
_libc = ctypes.CDLL(None, use_errno=True)


class SerialLog:
    """Reads a log that another process appends to."""

    def __init__(self, path: pathlib.Path):
        self.path = path

    def text(self, offset: int = 0) -> bytes:
        try:
            with self.path.open("rb") as log:
                log.seek(offset)
                return log.read()
        except FileNotFoundError:
            return b""

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def wait_for(self, pattern: str, seconds: float, offset: int = 0, alive=lambda: True, crash_ends: bool = True):
        """The first match of `pattern` after `offset`.

        Gives (match, None), or (None, reason) when the deadline passed, the writer is gone (`alive`), or the
        log shows a crash.
        """
        wanted = re.compile(pattern.encode())
        deadline = time.monotonic() + seconds
        watch = os.fdopen(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), "rb", buffering=0)
        with watch:
            self.path.touch()
            _libc.inotify_add_watch(watch.fileno(), str(self.path).encode(), IN_MODIFY)
            while True:
                text = self.text(offset)
                if found := wanted.search(text):
                    return found, None
                if crash_ends and (crash := CRASH.search(text)):
                    return None, f"crashed: {crash.group().decode(errors='replace')}"
                if not alive():
                    return None, "its QEMU has ended"
                left = deadline - time.monotonic()
                if left <= 0:
                    return None, f"not within {seconds:.0f} s"
                if select.select([watch], [], [], min(left, 1.0))[0]:
                    watch.read(65536)
