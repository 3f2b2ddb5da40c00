# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Names one process safely: a process id can be given to a stranger, an id with its start time cannot."""

import json
import os
import pathlib
import select
import signal


def start_time(pid: int) -> str | None:
    """Start time of a process in clock ticks since boot (proc(5), field 22); None when it is gone or a zombie."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


class ProcessFile:
    """A file that names a running process, written atomically."""

    def __init__(self, path: pathlib.Path):
        self.path = path

    def write(self, pid: int) -> None:
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps({"pid": pid, "start_time": start_time(pid)}))
        partial.rename(self.path)

    def pid(self) -> int | None:
        """The process id while that very process runs, else None."""
        try:
            entry = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return None
        if entry.get("start_time") is None or start_time(entry["pid"]) != entry["start_time"]:
            return None
        return entry["pid"]

    def end(self, number: int = signal.SIGKILL, wait_seconds: float = 30.0) -> bool:
        """Sends the signal and waits for the end; True when the process is gone."""
        pid = self.pid()
        if pid is None:
            self.path.unlink(missing_ok=True)
            return True
        gone = wait_gone(pid, 0.0, lambda: os.kill(pid, number)) or wait_gone(pid, wait_seconds)
        if gone:
            self.path.unlink(missing_ok=True)
        return gone


def wait_gone(pid: int, seconds: float, act=None) -> bool:
    """Waits on a pidfd until the process has ended; `act` runs once the pidfd pins the process."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        if act is not None:
            try:
                act()
            except ProcessLookupError:
                return True
        return bool(select.select([pidfd], [], [], seconds)[0])
    finally:
        os.close(pidfd)
