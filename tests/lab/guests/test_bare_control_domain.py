# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The bare guest as the control domain itself: hypervisor and hypercalls without any image, in seconds."""

import os
import pathlib
import queue
import re
import shutil
import subprocess
import threading
import time

import pytest
from zetalab.qemu import PROCESSOR

OUT = pathlib.Path(os.environ.get("ZETA_OUT_DIR", "/zeta/out"))
HYPERVISOR = OUT / "hypervisor/xen"
GUEST = pathlib.Path(os.environ.get("ZETA_BUILD_DIR", OUT / "build")) / "tests/lab/guests/zeta-hypercall-test.elf"
BOOT_SECONDS = 180
VERSION = (pathlib.Path(__file__).resolve().parents[3] / "VERSION").read_text(encoding="utf-8").strip()


def command(kind: str) -> list[str]:
    hypervisor_arguments = f"console=com1 com1=115200,8n1 dom0={kind} dom0_mem=256M cpuidle=0 bootscrub=0"
    return ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-accel", "tcg,thread=multi", "-machine", "q35",
            "-cpu", PROCESSOR, "-smp", "2", "-m", "1024", "-device", "amd-iommu,intremap=on", "-display", "none",
            "-no-reboot", "-monitor", "none", "-serial", "stdio",
            "-kernel", str(HYPERVISOR), "-append", hypervisor_arguments, "-initrd", str(GUEST)]


def lines_until(process: subprocess.Popen, last: str, seconds: float) -> list[str]:
    """The machine's serial lines up to the one that holds `last`, or all there were when time or machine ended."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read():
        for line in process.stdout:
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    seen, deadline = [], time.monotonic() + seconds
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return seen
        if line is None:
            return seen
        seen.append(line)
        if last in line:
            return seen


@pytest.fixture(name="serial", params=["pv", "pvh"], scope="module")
def fixture_serial(request):
    """(kind, serial lines) of one boot."""
    for needed in (HYPERVISOR, GUEST):
        if not needed.exists():
            pytest.skip(f"{needed} is not built")
    if shutil.which("qemu-system-x86_64") is None:
        pytest.skip("qemu-system-x86_64 is not installed")
    with subprocess.Popen(command(request.param), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        try:
            yield request.param, lines_until(process, "zeta-test: done", BOOT_SECONDS)
        finally:
            process.kill()


def test_every_check_passes(serial):
    kind, lines = serial
    done = re.search(r"zeta-test: done caller=(\S+) seed=\d+ passed=(\d+) failed=(\d+)", "\n".join(lines))
    assert done, "no summary line; the end of the serial log:\n" + "\n".join(lines[-30:])
    assert done[1] == f"{kind}-control"
    results = [line for line in lines if line.startswith("zeta-test: ") and " rc=" in line]
    assert [line for line in results if not line.endswith(" ok")] == []
    assert (len(results), 0) == (int(done[2]), int(done[3]))
    assert len(results) > 40


def test_the_hypervisor_names_the_product(serial):
    _, lines = serial
    assert f"(XEN) ZetaTron hypervisor {VERSION}" in lines
    assert any(f"Latest ChangeSet: zetatron {VERSION} (xen 4.20." in line for line in lines)
