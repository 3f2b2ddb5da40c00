# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""What a lab needs before its first start: keys and the state disk."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile

from zetalab import LabError

STATE_LABEL = "zeta-state"
STATE_BYTES = 2 << 30


def _run(command: list[str], what: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise LabError(f"{what} failed: {words[-1]}")
    return done.stdout


def ensure_keys(folder: pathlib.Path) -> None:
    """The key that lets the launcher in, and the key by which it knows the control domain."""
    key = folder / "ssh_key"
    if not key.exists():
        _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "zeta-lab", "-f", str(key)], "making the ssh key")
    host = folder / "host_key"
    if not host.exists():
        _run(["dropbearkey", "-t", "ed25519", "-f", str(host)], "making the control domain's host key")
    public = next(line for line in _run(["dropbearkey", "-y", "-f", str(host)], "reading the host key").splitlines()
                  if line.startswith("ssh-ed25519 "))
    (folder / "known_hosts").write_text(f"zeta-control {' '.join(public.split()[:2])}\n", encoding="utf-8")


def ensure_state_disk(folder: pathlib.Path) -> pathlib.Path:
    """The state disk; made, with the keys on it, where there is none. An existing one is left as it is."""
    disk = folder / "state.img"
    if disk.exists():
        return disk
    ensure_keys(folder)
    with tempfile.TemporaryDirectory(dir=folder) as staging:
        keys = pathlib.Path(staging) / "content/ssh"
        keys.mkdir(parents=True, mode=0o755)
        keys.chmod(0o700)
        shutil.copyfile(folder / "ssh_key.pub", keys / "authorized_keys")
        shutil.copyfile(folder / "host_key", keys / "host_key")
        for path in keys.iterdir():
            path.chmod(0o600)
        fresh = pathlib.Path(staging) / "state.img"
        with fresh.open("wb") as file:
            file.truncate(STATE_BYTES)
        _run(["mkfs.ext4", "-q", "-L", STATE_LABEL, "-E", "root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1",
              "-d", str(keys.parent), str(fresh)], "making the state disk (is the disk full?)")
        os.replace(fresh, disk)
    return disk
