# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Commands in the control domain over SSH, through one connection that stays open."""

import os
import pathlib
import shlex
import subprocess
from dataclasses import dataclass


@dataclass
class Completed:
    """What a command in the control domain did; 255 is SSH's own failure."""
    status: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        return self.status == 0


def make_keys(folder: pathlib.Path) -> None:
    """The lab's own client key and the control domain's host key; kept when they are there."""
    client, host = folder / "ssh_key", folder / "host_key"
    if not client.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "zeta-lab", "-f", str(client)], check=True)
    if not host.exists():
        subprocess.run(["dropbearkey", "-t", "ed25519", "-f", str(host)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    listing = subprocess.run(["dropbearkey", "-y", "-f", str(host)], check=True, capture_output=True, text=True).stdout
    public = next(line for line in listing.splitlines() if line.startswith("ssh-"))
    (folder / "known_hosts").write_text("control " + " ".join(public.split()[:2]) + "\n")


class Ssh:
    """`port` is on 127.0.0.1; `folder` holds the keys and the control socket."""

    def __init__(self, folder: pathlib.Path, port: int):
        self.folder = folder
        self.port = port

    def command(self, *, tty: bool = False) -> list[str]:
        options = {
            "ControlMaster": "auto", "ControlPath": f"{self.folder}/ssh.sock", "ControlPersist": "yes",
            "UserKnownHostsFile": f"{self.folder}/known_hosts", "HostKeyAlias": "control",
            "StrictHostKeyChecking": "yes", "IdentitiesOnly": "yes", "BatchMode": "yes", "LogLevel": "ERROR",
            "ConnectTimeout": "60", "ServerAliveInterval": "30", "ServerAliveCountMax": "6",
        }
        line = ["ssh", "-F", "none", "-i", f"{self.folder}/ssh_key", "-p", str(self.port), "-t" if tty else "-T"]
        for key, value in options.items():
            line += ["-o", f"{key}={value}"]
        return [*line, "root@127.0.0.1"]

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = 300.0) -> Completed:
        """Runs a command (its words, unquoted). Raises subprocess.TimeoutExpired at the deadline."""
        done = subprocess.run([*self.command(), shlex.join(arguments)], input=stdin, capture_output=True,
                              timeout=seconds, check=False)
        return Completed(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def start(self, *arguments: str) -> subprocess.Popen:
        """Starts a command and returns at once."""
        return subprocess.Popen([*self.command(), shlex.join(arguments)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def become(self, *arguments: str, tty: bool = False) -> None:
        """Replaces this process by the command."""
        line = [*self.command(tty=tty), shlex.join(arguments)]
        os.execvp(line[0], line)

    def disconnect(self) -> None:
        if (self.folder / "ssh.sock").exists():
            subprocess.run([*self.command()[:-1], "-O", "exit", "root@127.0.0.1"], capture_output=True, check=False)
