# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Commands in the control domain, over one kept connection."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import re
import shlex
import subprocess

from zetalab import LabError

# ssh itself ends with this when the connection failed; a command may too, so the text decides.
_SSH_FAILED = 255
_CONNECTION = re.compile(r"^(ssh|kex|Connection|mux|client_loop|Host key|Permission)", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a command in the control domain did."""

    rc: int
    stdout: str
    stderr: str


class Ssh:
    """A way into one control domain."""

    def __init__(self, folder: pathlib.Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._control = folder / f"ssh-{port}.sock"  # in the lab's own folder: nobody else can put a socket there

    def arguments(self, *, tty: bool = False, keep: bool = True) -> list[str]:
        """The ssh command up to the command that it is to run."""
        options = {
            "UserKnownHostsFile": str(self._folder / "known_hosts"), "StrictHostKeyChecking": "yes",
            "HostKeyAlias": "zeta-control", "IdentitiesOnly": "yes", "BatchMode": "yes", "LogLevel": "ERROR",
            "ConnectTimeout": "30", "ServerAliveInterval": "15", "ServerAliveCountMax": "8",
            "Compression": "no", "Ciphers": "chacha20-poly1305@openssh.com",
        }
        if keep:
            options |= {"ControlMaster": "auto", "ControlPath": str(self._control), "ControlPersist": "600"}
        command = ["ssh", "-F", "none", "-i", str(self._folder / "ssh_key"), "-p", str(self._port)]
        for key, value in options.items():
            command += ["-o", f"{key}={value}"]
        return [*command, "-tt" if tty else "-T", "root@127.0.0.1"]

    def run(self, command: str | list[str], seconds: float = 120.0, stdin: str | None = None) -> Outcome:
        """Runs a shell line, or a list of words exactly as they are."""
        line = command if isinstance(command, str) else shlex.join(command)
        try:
            done = subprocess.run([*self.arguments(), line], input=stdin if stdin is not None else "", text=True,
                                  capture_output=True, timeout=seconds, check=False, errors="replace")
        except subprocess.TimeoutExpired as error:
            raise LabError(f"'{line}' in the control domain did not end within {seconds:.0f} s") from error
        if done.returncode == _SSH_FAILED and _CONNECTION.search(done.stderr):
            raise LabError(f"the control domain cannot be reached: {done.stderr.strip().splitlines()[-1]}")
        return Outcome(done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """Ends the kept connection, if there is one."""
        if not self._control.exists():
            return
        with contextlib.suppress(subprocess.TimeoutExpired):  # then it ends by itself, ControlPersist later
            subprocess.run([*self.arguments()[:-1], "-O", "exit", "root@127.0.0.1"], capture_output=True, check=False,
                           timeout=10)
