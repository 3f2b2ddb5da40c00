# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""A small QMP client (QEMU's JSON control protocol, docs/interop/qmp-spec in QEMU)."""

import json
import pathlib
import socket

from zetalab.errors import LabError


class Qmp:
    """One connection; use as a context manager."""

    def __init__(self, path: pathlib.Path, timeout_seconds: float = 10.0):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_seconds)
        try:
            self._socket.connect(str(path))
            self._lines = self._socket.makefile("rb")
            self._read()  # the greeting
            self.execute("qmp_capabilities")
        except OSError as error:
            self._socket.close()
            raise LabError(f"no QMP connection at {path}: {error}: is its QEMU running?") from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._lines.close()
        self._socket.close()

    def _read(self) -> dict:
        line = self._lines.readline()
        if not line:
            raise LabError("QEMU closed the QMP connection")
        return json.loads(line)

    def execute(self, command: str, **arguments):
        """Runs a command and gives its return value; events that come before it are dropped."""
        request = {"execute": command, "arguments": arguments} if arguments else {"execute": command}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = self._read()
            if "error" in answer:
                raise LabError(f"QMP {command} failed: {answer['error'].get('desc')}")
            if "return" in answer:
                return answer["return"]

    def monitor(self, line: str) -> str:
        """Runs a line of the human monitor, such as `info registers -a`."""
        return self.execute("human-monitor-command", **{"command-line": line})
