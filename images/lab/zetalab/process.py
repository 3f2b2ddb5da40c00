# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""A process that outlives the command which started it, known by number and start time.

The start time makes a recorded number safe to use: after the process ended, the
number may belong to a stranger, who started at another time.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import select
import signal


@dataclasses.dataclass(frozen=True)
class Process:
    """One process, on this machine, since this boot."""

    pid: int
    started: int  # clock ticks since boot, field 22 of /proc/PID/stat

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """The process that has this number now; None where none has."""
        try:
            text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = text.rsplit(")", 1)[1].split()
        return None if fields[0] in "ZX" else cls(pid, int(fields[19]))

    @classmethod
    def load(cls, path: pathlib.Path) -> "Process | None":
        """The recorded process where it still runs; None where it ended or nothing is recorded."""
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            recorded = cls(int(record["pid"]), int(record["started"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return recorded if recorded.alive() else None

    def save(self, path: pathlib.Path) -> None:
        """Records it, whole or not at all."""
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"pid": self.pid, "started": self.started}) + "\n", encoding="utf-8")
        os.replace(fresh, path)

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return Process.of(self.pid) == self

    def wait(self, seconds: float) -> bool:
        """Waits for its end, on the kernel's event; False when the time is over."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if not self.alive():
                return True
            return bool(select.select([handle], [], [], seconds)[0])
        finally:
            os.close(handle)

    def end(self, number: int = signal.SIGTERM) -> None:
        """Signals this process, never a later one with the same number."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if self.alive():
                signal.pidfd_send_signal(handle, number)
        except ProcessLookupError:
            pass
        finally:
            os.close(handle)
