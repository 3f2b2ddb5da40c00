# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the lab tests: one lab for the session, and the commands inside it."""

import json
import os
import pathlib
import random
import shlex
import shutil
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "images/lab"))

from zetalab.lab import Lab  # noqa: E402
from zetalab.ssh import Outcome  # noqa: E402

GUEST_SECONDS = 240  # above --wait, so that zetactl says itself what was not in time


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="campaign size instead of the default share")
    parser.addoption("--seed", type=int, default=int.from_bytes(os.urandom(4)), help="seed of random choices")


def pytest_configure(config):
    for name, what in (("lifecycle", "create and destroy"), ("power", "power cuts"), ("faults", "kills")):
        config.addinivalue_line("markers", f"{name}: part of the campaign of {what}")


def pytest_report_header(config):
    return f"seed of random choices: {config.getoption('--seed')}"


@pytest.fixture
def rng(request) -> random.Random:
    seed = request.config.getoption("--seed")
    print(f"seed {seed}")
    return random.Random(f"{seed}-{request.node.name}")


@pytest.fixture(scope="session")
def scale(request):
    """scale(share, full): how many rounds this run does."""
    return lambda share, full: full if request.config.getoption("--full") else share


class Control:
    """The control domain of a running lab."""

    def __init__(self, lab: Lab):
        self.lab = lab

    def run(self, *arguments: str, seconds: float = 300, stdin: str | None = None) -> Outcome:
        return self.lab.run(list(arguments), seconds, stdin)

    def out(self, *arguments: str, seconds: float = 300, stdin: str | None = None) -> str:
        """Standard output of a command that must succeed."""
        done = self.run(*arguments, seconds=seconds, stdin=stdin)
        assert done.rc == 0, f"{' '.join(arguments)}: status {done.rc}: {done.stderr.strip() or done.stdout.strip()}"
        return done.stdout

    def start(self, *arguments: str) -> subprocess.Popen:
        """Starts a command there and returns at once."""
        return subprocess.Popen([*self.lab.ssh().arguments(), shlex.join(arguments)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def put(self, source: pathlib.Path, target: str) -> None:
        """Copies an executable file into the control domain."""
        with source.open("rb") as content:
            subprocess.run([*self.lab.ssh().arguments(), f"cat >{target} && chmod 755 {target}"], stdin=content, check=True)

    def hypervisor_says(self, keys: str) -> str:
        """What the hypervisor's debug keys print (xl debug-keys), from its own log."""
        before = self.out("xl", "dmesg")
        self.out("xl", "debug-keys", keys)
        after = self.out("xl", "dmesg")
        # The log is a ring: its beginning may be gone, but not what was last in it.
        known = before[-400:]
        at = after.rfind(known)
        assert at >= 0, f"the answer to debug keys '{keys}' is longer than the hypervisor's log"
        return after[at + len(known):]

    def json(self, *arguments: str, seconds: float = 300):
        return json.loads(self.out("zetactl", *arguments, "--json", seconds=seconds))

    def guests(self) -> list[str]:
        """Names that libvirt knows, without the control domain."""
        names = self.out("virsh", "-q", "-c", "xen:///system", "list", "--all", "--name").split()
        return sorted(name for name in names if name != "Domain-0")

    def create(self, name: str, *options: str) -> None:
        self.out("zetactl", "guest", "create", name, "--template", "linux-shell", "--memory", "256MiB", "--wait", "180",
                 *options, seconds=GUEST_SECONDS)

    def delete(self, name: str) -> None:
        self.out("zetactl", "guest", "delete", name, "--force", seconds=GUEST_SECONDS)

    def delete_all(self) -> None:
        for name in self.guests():
            self.run("zetactl", "guest", "delete", name, "--force", seconds=GUEST_SECONDS)

    def type_into(self, name: str, line: str) -> None:
        """Types a line on a guest's console, as `zetactl console` would."""
        terminal = self.out("xenstore-read", f"/local/domain/{self.out('xl', 'domid', name).strip()}/console/tty").strip()
        self.out("sh", "-c", f"printf '%s\\n' '{line}' >{terminal}")

    def until(self, what: str, probe, seconds: float):
        """Asks again until `probe` gives something true; every probe is itself a command that takes its time."""
        deadline = time.monotonic() + seconds
        while True:
            value = probe()
            if value:
                return value
            assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"


def fresh_lab(name: str) -> Lab:
    """A started lab without a past."""
    one = Lab(name)
    one.kill()
    shutil.rmtree(one.folder, ignore_errors=True)
    one.start()
    return one


@pytest.fixture(scope="session")
def lab():
    """A fresh lab with an empty state disk; gone after the session, its evidence kept when a test failed."""
    one = fresh_lab("test")
    try:
        one.wait_ready()
        yield one
    finally:
        one.kill()


@pytest.fixture(scope="session")
def control(lab) -> Control:
    return Control(lab)


@pytest.fixture(scope="session")
def pair(control):
    """Two linked guests, alpha (PVH) and beta (PV)."""
    for name, kind in (("alpha", "pvh"), ("beta", "pv")):
        if name not in control.guests():
            control.create(name, "--type", kind)
    return "alpha", "beta"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed and "lab" in item.fixturenames and "lab" in item.funcargs:
        evidence = item.funcargs["lab"].write_crash_report()
        report.sections.append(("lab", f"registers and serial log: {evidence or 'the machine has ended'}"))
