# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""QEMU's machine protocol: one connection, commands in order, events kept."""

from __future__ import annotations

import contextlib
import json
import pathlib
import socket

from zetalab import LabError


class Qmp:
    """A connection to a running QEMU. Use as a context manager."""

    def __init__(self, path: pathlib.Path, seconds: float = 10.0) -> None:
        self.events: list[dict] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(seconds)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise LabError(f"QEMU does not answer at {path}: {error.strerror or error}") from error
        self._stream = self._socket.makefile("rwb")
        self._read()
        self.command("qmp_capabilities")

    def __enter__(self) -> "Qmp":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees the connection for the next one: QEMU serves one at a time."""
        with contextlib.suppress(OSError):  # a request that never left is not flushed to a peer that is gone
            self._stream.close()
        self._socket.close()

    def command(self, name: str, **arguments: object):
        """Runs one command and returns its result."""
        request = {"execute": name} | ({"arguments": arguments} if arguments else {})
        try:
            self._stream.write(json.dumps(request).encode() + b"\n")
            self._stream.flush()
        except OSError as error:
            raise LabError(f"QEMU's control connection failed: {error}: it has ended") from error
        while True:
            message = self._read()
            if "event" in message:
                self.events.append(message)
            elif "error" in message:
                raise LabError(f"QEMU refuses {name}: {message['error'].get('desc', 'no reason given')}")
            else:
                return message.get("return")

    def monitor(self, line: str) -> str:
        """Runs a line of the human monitor, such as "info registers -a"."""
        return self.command("human-monitor-command", **{"command-line": line})

    def _read(self) -> dict:
        try:
            line = self._stream.readline()
        except OSError as error:
            raise LabError(f"QEMU's control connection failed: {error}") from error
        if not line:
            raise LabError("QEMU closed its control connection: it has ended")
        return json.loads(line)
