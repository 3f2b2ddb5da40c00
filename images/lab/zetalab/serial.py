# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The machine's first serial port: a log that QEMU writes, and a socket to type into."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import re
import select
import socket
import sys
import termios
import time
import tty

from zetalab import LabError
from zetalab.process import Process

_IN_MODIFY = 0x2
_POLL_SECONDS = 1.0  # only to notice an end of the process; lines wake the reader at once
ESCAPE = b"\x1d"  # Ctrl-], as in telnet and virsh


class _FileEvents:
    """Wakes a reader when a file grows (inotify)."""

    def __init__(self, path: pathlib.Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, os.fsencode(path), _IN_MODIFY) < 0:
            raise LabError(f"cannot watch {path}: {os.strerror(ctypes.get_errno())}")

    def wait(self, seconds: float) -> None:
        if select.select([self.fd], [], [], max(0.0, seconds))[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self.fd, 65536)

    def close(self) -> None:
        os.close(self.fd)


def wait_for(log: pathlib.Path, patterns: list[str], seconds: float, process: Process | None,
             start: int = 0) -> tuple[str, float, int]:
    """Waits until a line of the log matches one of the patterns.

    Returns the line, the host's clock (time.monotonic) when it was seen, and the position behind it. An end of the
    process, or of the time, is a LabError with the log's last line.
    """
    expressions = [re.compile(pattern) for pattern in patterns]
    deadline = time.monotonic() + seconds
    events = _FileEvents(log)
    try:
        with log.open("rb") as file:
            file.seek(start)
            rest, position, last = b"", start, ""
            while True:
                ended = process is not None and not process.alive()
                rest += file.read()
                while (end := rest.find(b"\n")) >= 0:
                    line = rest[:end].decode("utf-8", "replace").rstrip("\r")
                    rest, position = rest[end + 1 :], position + end + 1
                    last = line or last
                    if any(expression.search(line) for expression in expressions):
                        return line, time.monotonic(), position
                left = deadline - time.monotonic()
                if ended or left <= 0:
                    why = "the machine ended" if ended else f"nothing came within {seconds:.0f} s"
                    raise LabError(f"waiting for '{' or '.join(patterns)}' on the serial line: {why}; "
                                   f"the last line is: {last or '(none)'}")
                events.wait(min(left, _POLL_SECONDS))
    finally:
        events.close()


def send(path: pathlib.Path, data: bytes) -> None:
    """Types bytes into the serial line."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(str(path))
            line.sendall(data)
        except OSError as error:
            raise LabError(f"cannot type into the serial line {path}: {error}") from error


def attach(path: pathlib.Path, greeting: str, first: bytes = b"") -> None:
    """Connects this terminal to the serial line until Ctrl-] is typed or the machine ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(str(path))
        except OSError as error:
            raise LabError(f"cannot open the serial line {path}: {error.strerror}; is the lab running?") from error
        print(greeting, file=sys.stderr)
        line.sendall(first)
        with _raw_terminal():
            _pump(line)
    print(file=sys.stderr)


@contextlib.contextmanager
def _raw_terminal():
    if not sys.stdin.isatty():
        yield
        return
    saved = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)


def _pump(line: socket.socket) -> None:
    typed = sys.stdin.fileno()
    sources = [line, typed]
    while True:
        for ready in select.select(sources, [], [])[0]:
            data = line.recv(65536) if ready is line else os.read(typed, 4096)
            if ready is line:
                if not data:
                    return
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            elif not data:
                sources.remove(typed)
            elif ESCAPE in data:
                line.sendall(data.split(ESCAPE, 1)[0])
                return
            else:
                line.sendall(data)


def matches(pattern: str, line: str) -> bool:
    """Whether the pattern is found in the line."""
    return re.search(pattern, line) is not None
