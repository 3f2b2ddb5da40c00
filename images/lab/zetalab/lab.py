# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""One emulated server: its disks, its QEMU process, its serial line and its control domain."""

import contextlib
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from zetalab.config import LabConfig
from zetalab.errors import LabError
from zetalab.process import ProcessFile
from zetalab.qmp import Qmp
from zetalab.serial import SerialLog
from zetalab.ssh import Completed, Ssh, make_keys

BOOT_SECONDS = 240.0
SHUTDOWN_SECONDS = 90.0
INPUT_SWITCH = b"\x01\x01\x01"  # Ctrl-a three times: the serial input goes to Xen and back


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lab:
    """Start it, drive it, cut its power, stop it. Any number can run, each under a name of its own."""

    def __init__(self, config: LabConfig):
        self.config = config
        self.folder = config.folder
        self.process = ProcessFile(self.folder / "qemu.pid")
        self.serial = SerialLog(self.folder / "serial.log")

    # -- observers --

    @property
    def running(self) -> bool:
        return self.process.pid() is not None

    @property
    def ssh(self) -> Ssh:
        try:
            return Ssh(self.folder, json.loads((self.folder / "run.json").read_text())["ssh_port"])
        except (OSError, ValueError, KeyError) as error:
            raise LabError(f"'{self.config.name}' was never started: ./zeta up starts it") from error

    def qmp(self) -> Qmp:
        return Qmp(self.folder / "qmp.sock")

    def status(self) -> dict:
        run = {}
        with contextlib.suppress(OSError, ValueError):
            run = json.loads((self.folder / "run.json").read_text())
        ready = self.running and self.serial.wait_for(self.config.ready_line, 0)[0] is not None
        return {"name": self.config.name, "running": self.running, "ready": ready, "pid": self.process.pid(),
                "started": run.get("started") if self.running else None,
                "ssh_port": run.get("ssh_port") if self.running else None, "folder": str(self.folder)}

    # -- operations --

    def make_state_disk(self) -> None:
        """An ext4 disk with the operator's SSH key; written beside its place and renamed when whole."""
        disk = self.folder / "state.img"
        if disk.exists() or not self.config.state_mib:
            return
        with tempfile.TemporaryDirectory(dir=self.folder) as content:
            ssh = pathlib.Path(content) / "ssh"
            ssh.mkdir(mode=0o700)
            shutil.copy(self.folder / "ssh_key.pub", ssh / "authorized_keys")
            shutil.copy(self.folder / "host_key", ssh / "host_key")
            partial = self.folder / "state.img.partial"
            partial.unlink(missing_ok=True)
            with partial.open("wb") as image:
                image.truncate(self.config.state_mib << 20)
            made = subprocess.run(["mkfs.ext4", "-q", "-F", "-L", "zeta-state", "-E", "root_owner=0:0", "-d", content,
                                   str(partial)], capture_output=True, text=True, check=False)
            if made.returncode != 0:
                raise LabError(f"cannot make the state disk {disk}: {made.stderr.strip()}: is the disk full?")
            partial.rename(disk)

    def start(self) -> None:
        """Starts QEMU; returns before the control domain is ready (see wait_ready)."""
        if self.running:
            raise LabError(f"'{self.config.name}' is running already: ./zeta down stops it")
        for path in (self.config.hypervisor, self.config.kernel, self.config.initrd, self.config.root):
            if not pathlib.Path(path).is_file():
                raise LabError(f"{path} is missing: ./zeta build makes it")
        self.folder.mkdir(parents=True, exist_ok=True)
        make_keys(self.folder)
        self.make_state_disk()
        for name in ("serial.sock", "qmp.sock", "ssh.sock"):
            (self.folder / name).unlink(missing_ok=True)
        if self.serial.size():
            (self.folder / "serial.log").rename(self.folder / "serial.previous.log")
        port = free_port()
        with (self.folder / "qemu.log").open("wb") as log:
            qemu = subprocess.Popen(self.config.qemu_command(port), stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=subprocess.STDOUT, start_new_session=True, cwd="/")
        self.process.write(qemu.pid)
        self.config.save()
        (self.folder / "run.json").write_text(json.dumps({"ssh_port": port, "started": time.time()}))
        deadline = time.monotonic() + 30
        while not (self.folder / "qmp.sock").exists():
            if qemu.poll() is not None or time.monotonic() > deadline:
                reason = (self.folder / "qemu.log").read_text(errors="replace").strip().splitlines()
                self.process.end()
                raise LabError(f"QEMU did not start: {reason[-1] if reason else 'it said nothing'}")
            time.sleep(0.02)

    def wait_for(self, pattern: str, seconds: float, offset: int = 0):
        """Waits for a line on the serial log; gives the match. On failure collects evidence and raises LabError."""
        found, reason = self.serial.wait_for(pattern, seconds, offset, alive=lambda: self.running)
        if found is None:
            evidence = self.collect(reason)
            raise LabError(f"'{self.config.name}' did not say «{pattern}»: {reason}: see {evidence}")
        return found

    def wait_ready(self, seconds: float = BOOT_SECONDS) -> None:
        """Waits until a guest can be created in the control domain."""
        self.wait_for(self.config.ready_line, seconds)

    def collect(self, reason: str) -> pathlib.Path:
        """Keeps what explains a failure: the serial log, all processors' registers, Xen's own dumps."""
        folder = self.folder / f"failure-{time.strftime('%Y%m%d-%H%M%S')}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "reason").write_text(reason + "\n")
        if self.running:
            with contextlib.suppress(LabError, OSError), self.qmp() as qmp:
                (folder / "registers").write_text(qmp.monitor("info registers -a"))
            with contextlib.suppress(OSError):
                self.debug_keys("dr0")
        for name in ("serial.log", "qemu.log"):
            with contextlib.suppress(OSError):
                shutil.copy(self.folder / name, folder / name)
        return folder

    def debug_keys(self, keys: str, settle_seconds: float = 5.0) -> str:
        """Sends debug keys to the hypervisor on its serial console and returns what it printed."""
        offset = self.serial.size()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(str(self.folder / "serial.sock"))
            line.sendall(INPUT_SWITCH + keys.encode() + INPUT_SWITCH)
            self.serial.wait_for(r"input to DOM0.*", settle_seconds, offset + 1, crash_ends=False)
        return self.serial.text(offset).decode(errors="replace")

    def run(self, *arguments: str, stdin: bytes = b"", seconds: float = 300.0) -> Completed:
        """Runs a command in the control domain."""
        return self.ssh.run(*arguments, stdin=stdin, seconds=seconds)

    def put(self, source: pathlib.Path, target: str, mode: str = "0755") -> None:
        """Copies a file into the control domain."""
        done = self.run("sh", "-c", f"cat >'{target}' && chmod {mode} '{target}'", stdin=source.read_bytes())
        if not done.ok:
            raise LabError(f"cannot copy {source} to {target}: {done.stderr.strip()}")

    def cut_power(self) -> None:
        """Kills QEMU as a power failure would; the disks keep what was flushed."""
        self.ssh.disconnect()
        if not self.process.end(signal.SIGKILL):
            raise LabError(f"QEMU of '{self.config.name}' does not end")

    def stop(self) -> None:
        """Shuts the control domain down; cuts the power when it does not answer in time. Idempotent."""
        if not self.running:
            self.process.path.unlink(missing_ok=True)
            return
        with contextlib.suppress(subprocess.TimeoutExpired, LabError):
            self.run("poweroff", seconds=30)
            self.ssh.disconnect()
            if self.process.end(0, SHUTDOWN_SECONDS):
                return
        self.cut_power()

    def remove(self) -> None:
        """Stops the lab and deletes its folder."""
        if self.running:
            self.cut_power()
        shutil.rmtree(self.folder, ignore_errors=True)
