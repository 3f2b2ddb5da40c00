# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Attaches a terminal to the serial line."""

import contextlib
import os
import pathlib
import select
import socket
import sys
import termios
import tty

LEAVE = b"\x1d"  # Ctrl-]


@contextlib.contextmanager
def raw_terminal():
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def attach(path: pathlib.Path, first: bytes, last: bytes) -> None:
    """Copies between the terminal and the line until Ctrl-]; sends `first` on entry and `last` when it leaves."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line, raw_terminal():
        line.connect(str(path))
        line.sendall(first)
        while True:
            for source in select.select([line, sys.stdin], [], [])[0]:
                data = line.recv(4096) if source is line else os.read(sys.stdin.fileno(), 4096)
                if not data or (source is not line and LEAVE in data):
                    line.sendall(last)
                    return
                if source is line:
                    os.write(sys.stdout.fileno(), data)
                else:
                    line.sendall(data)
