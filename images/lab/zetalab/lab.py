# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""One lab: start, wait, talk, stop, and what to keep when it fails."""

from __future__ import annotations

import contextlib
import json
import pathlib
import signal
import socket
import subprocess
import time

from zetalab import LabError, serial
from zetalab.process import Process
from zetalab.qemu import Disk, Machine
from zetalab.qmp import Qmp
from zetalab.ssh import Outcome, Ssh
from zetalab.state import ensure_state_disk

OUT = pathlib.Path("/zeta/out")
READY = r"zeta-init: control domain ready"
FAILED = [r"zeta-init: the control domain cannot start", r"Panic on CPU", r"Kernel panic"]
SWITCH_INPUT = b"\x01\x01\x01"  # Ctrl-a three times: the hypervisor and domain 0 take turns at the keyboard
_DEBUG_KEYS = b"d0r"


def default_machine(state: pathlib.Path, images: pathlib.Path = OUT / "images/control-domain",
                    hypervisor: pathlib.Path = OUT / "hypervisor/xen") -> Machine:
    """Our hypervisor with our control domain."""
    root = images / "root.erofs"
    for path, remedy in ((hypervisor, "./zeta build hypervisor"), (root, "./zeta build images")):
        if not path.exists():
            raise LabError(f"{path} is missing: run {remedy} first")
    return Machine(hypervisor, images / "vmlinuz", images / "initrd", [Disk(root, read_only=True), Disk(state)])


class Lab:
    """A lab under a name; its files are in `folder`. Several processes may use the same running lab."""

    def __init__(self, name: str = "default", base: pathlib.Path = OUT / "lab") -> None:
        if not name or not all(c.isascii() and (c.isalnum() or c in "-_") for c in name) or len(name) > 32:
            raise LabError(f"'{name}' is no name for a lab: use at most 32 letters, digits, - and _")
        self.name = name
        self.folder = base / name
        self.log = self.folder / "serial.log"
        self.started_at = 0.0

    # ------------------------------------------------------------ life cycle

    def process(self) -> Process | None:
        """QEMU, while it runs."""
        return Process.load(self.folder / "qemu.pid")

    def start(self, machine: Machine | None = None) -> None:
        """Starts QEMU; returns at once. The folder, keys and state disk are made where absent."""
        if self.process():
            raise LabError(f"the lab '{self.name}' runs already: stop it first")
        self.folder.mkdir(parents=True, exist_ok=True)
        machine = machine or default_machine(ensure_state_disk(self.folder))
        for name in ("serial.log", "serial.sock", "qmp.sock", "facts.json"):
            (self.folder / name).unlink(missing_ok=True)
        self.log.touch()
        port = _free_port()
        command = machine.command(self.folder, port)
        with (self.folder / "qemu.log").open("wb") as output:
            output.write(json.dumps(command).encode() + b"\n")
            output.flush()
            # Its own session: it outlives the command that started it and no terminal's Ctrl-C reaches it.
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                     start_new_session=True)
        self.started_at = time.monotonic()
        process = Process.of(child.pid)
        if process is None:
            raise LabError(f"QEMU ended at once: {self._qemu_words()}")
        process.save(self.folder / "qemu.pid")
        facts = {"ssh_port": port, "memory_mib": machine.memory_mib, "hypervisor": str(machine.hypervisor)}
        (self.folder / "facts.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")

    def wait_for(self, pattern: str, seconds: float, start: int = 0) -> tuple[str, float, int]:
        """Waits for a line of the serial log: the line, the seconds since the start, the position behind it.

        A failed boot, the machine's end and the deadline are LabErrors, after the crash report is written.
        """
        try:
            line, seen, position = serial.wait_for(self.log, [pattern, *FAILED], seconds, self.process(), start)
            if any(serial.matches(bad, line) for bad in FAILED) and not serial.matches(pattern, line):
                raise LabError(f"the boot failed: {self._failure(line)}")
        except LabError as error:
            words = self._qemu_words() if not self.process() else ""
            self.write_crash_report()
            raise LabError(f"{error}{'; QEMU says: ' + words if words else ''}; see {self.folder}") from error
        return line, seen - self.started_at, position

    def wait_ready(self, seconds: float = 300.0) -> float:
        """Waits until a domain can be created; seconds since the start."""
        return self.wait_for(READY, seconds)[1]

    def stop(self, seconds: float = 60.0) -> str:
        """Powers the control domain off; where it does not follow in time, ends QEMU. Says which: clean, quit, killed."""
        process = self.process()
        if process is None:
            return "not running"
        ssh = self.ssh()
        try:
            if ssh.run("poweroff", seconds=30).rc == 0 and process.wait(seconds):
                return self._ended("clean")
        except LabError:
            pass
        try:
            with Qmp(self.folder / "qmp.sock") as qmp:
                qmp.command("quit")
            if process.wait(10):
                return self._ended("quit")
        except LabError:
            pass
        return self.kill()

    def kill(self) -> str:
        """Cuts the power: QEMU ends this instant, with whatever it had not written."""
        process = self.process()
        if process is not None:
            process.end(signal.SIGKILL)
            if not process.wait(10):
                raise LabError(f"QEMU (process {process.pid}) does not end: is the disk hanging?")
        return self._ended("killed")

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    # ------------------------------------------------------------------ talk

    def ssh(self) -> Ssh:
        """The way into the control domain."""
        try:
            facts = json.loads((self.folder / "facts.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise LabError(f"the lab '{self.name}' is not running: start it with ./zeta up") from error
        return Ssh(self.folder, int(facts["ssh_port"]))

    def run(self, command: str | list[str], seconds: float = 120.0, stdin: str | None = None) -> Outcome:
        """Runs a command in the control domain."""
        return self.ssh().run(command, seconds, stdin)

    def check(self, command: str | list[str], seconds: float = 120.0) -> str:
        """Runs a command that must succeed; returns what it printed."""
        outcome = self.run(command, seconds)
        if outcome.rc != 0:
            words = (outcome.stderr or outcome.stdout).strip()
            raise LabError(f"'{command}' in the control domain ended with {outcome.rc}: {words}")
        return outcome.stdout

    def qmp(self) -> Qmp:
        """QEMU's own control connection."""
        return Qmp(self.folder / "qmp.sock")

    def hypervisor_keys(self, keys: bytes) -> None:
        """Types debug keys to the hypervisor and gives the keyboard back to domain 0."""
        serial.send(self.folder / "serial.sock", SWITCH_INPUT + keys + SWITCH_INPUT)

    # ----------------------------------------------------------------- crash

    def write_crash_report(self) -> pathlib.Path | None:
        """Registers of every processor, and the hypervisor's own account on the serial log; None when QEMU is gone."""
        if not self.process():
            return None
        report = self.folder / "crash.txt"
        try:
            with self.qmp() as qmp:
                text = qmp.monitor("info registers -a") + "\n" + qmp.monitor("info status")
            self.hypervisor_keys(_DEBUG_KEYS)
        except LabError as error:
            text = f"no registers: {error}\n"
        tail = self.log.read_bytes()[-8192:].decode("utf-8", "replace")
        report.write_text(f"{text}\n--- serial line\n{tail}\n", encoding="utf-8")
        return report

    def _failure(self, line: str) -> str:
        """The line that says why: zeta-init gives the reason one line before it gives up."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        reasons = [text for text in lines if "zeta-init:" in text and "cannot start" not in text]
        return (reasons[-1] if "zeta-init" in line and reasons else line).strip()

    def _qemu_words(self) -> str:
        lines = (self.folder / "qemu.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()[1:]
        return lines[-1] if lines else "nothing"

    def _ended(self, how: str) -> str:
        with contextlib.suppress(LabError):  # a lab that never came so far has no connection
            self.ssh().close()
        (self.folder / "qemu.pid").unlink(missing_ok=True)
        return how


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
