# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The lab launcher's parts that need no QEMU."""

import json
import os
import signal
import socket
import subprocess
import threading

import pytest

from zetalab import config as config_module
from zetalab.config import LabConfig
from zetalab.errors import LabError
from zetalab.lab import Lab
from zetalab.process import ProcessFile, start_time
from zetalab.qmp import Qmp
from zetalab.serial import SerialLog


@pytest.fixture
def child():
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


def test_process_file_ends_its_own_process_only(tmp_path, child):
    named = ProcessFile(tmp_path / "pid")
    named.write(child.pid)
    assert named.pid() == child.pid
    # the same id with another start time is a stranger
    (tmp_path / "pid").write_text(json.dumps({"pid": child.pid, "start_time": "1"}))
    assert named.pid() is None
    assert named.end(signal.SIGKILL)
    assert start_time(child.pid) is not None
    named.write(child.pid)
    assert named.end(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL


def test_process_file_survives_rubbish(tmp_path):
    named = ProcessFile(tmp_path / "pid")
    assert named.pid() is None
    (tmp_path / "pid").write_text("{half")
    assert named.pid() is None


def test_serial_wait_finds_a_line_written_later(tmp_path):
    log = SerialLog(tmp_path / "log")
    (tmp_path / "log").write_text("first\n")
    writer = threading.Timer(0.2, lambda: (tmp_path / "log").open("a").write("ready 42\n"))
    writer.start()
    found, reason = log.wait_for(r"ready (\d+)", 10)
    writer.join()
    assert reason is None
    assert found.group(1) == b"42"


@pytest.mark.parametrize("text, seconds, alive, words", [
    ("", 0.1, True, "not within"),
    ("", 30, False, "has ended"),
    ("(XEN) Panic on CPU 0:\n", 30, True, "crashed: Panic on CPU"),
    ("Kernel panic - not syncing: x\n", 30, True, "crashed"),
])
def test_serial_wait_says_why_it_gave_up(tmp_path, text, seconds, alive, words):
    log = SerialLog(tmp_path / "log")
    (tmp_path / "log").write_text(text)
    found, reason = log.wait_for("never", seconds, alive=lambda: alive)
    assert found is None
    assert words in reason


def serve_qmp(path, answers):
    """A QMP peer that sends the given lines, one after each request."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(1)

    def run():
        peer, _ = server.accept()
        with peer, peer.makefile("rb") as lines:
            peer.sendall(b'{"QMP": {}}\n')
            for answer in answers:
                lines.readline()
                peer.sendall(answer)
        server.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_qmp_skips_events_and_tells_errors(tmp_path):
    thread = serve_qmp(tmp_path / "q", [b'{"return": {}}\n', b'{"event": "STOP"}\n{"return": "text"}\n',
                                        b'{"error": {"desc": "no such device"}}\n'])
    with Qmp(tmp_path / "q") as qmp:
        assert qmp.monitor("info registers") == "text"
        with pytest.raises(LabError, match="no such device"):
            qmp.execute("device_del", id="x")
    thread.join()


def test_qmp_without_qemu_is_one_clear_error(tmp_path):
    with pytest.raises(LabError, match="no QMP connection"):
        Qmp(tmp_path / "absent")


def test_start_names_the_missing_file(tmp_path, monkeypatch):
    monkeypatch.setattr(config_module, "OUT", tmp_path)
    with pytest.raises(LabError, match="nowhere/xen is missing: ./zeta build"):
        Lab(LabConfig(name="x", hypervisor="/nowhere/xen")).start()
    assert not (tmp_path / "lab/x").exists()


def test_configuration_is_kept_with_the_lab(tmp_path, monkeypatch):
    monkeypatch.setattr(config_module, "OUT", tmp_path)
    one = LabConfig(name="x", memory_mib=3000)
    one.folder.mkdir(parents=True)
    one.save()
    assert LabConfig.load("x") == one
    (one.folder / "config.json").write_text("{")
    assert LabConfig.load("x") == LabConfig(name="x")


def test_command_line_has_what_emulation_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(config_module, "OUT", tmp_path)
    line = " ".join(LabConfig(name="x").qemu_command(4000))
    for part in ("amd-iommu,intremap=on", "-monitor,-rdtscp", "cpuidle=0", "disable-legacy=on", "127.0.0.1:4000-"):
        assert part in line


def test_stopping_what_never_ran_is_harmless(tmp_path, monkeypatch):
    monkeypatch.setattr(config_module, "OUT", tmp_path)
    lab = Lab(LabConfig(name="x"))
    lab.stop()
    assert lab.status()["running"] is False
    assert os.listdir(tmp_path) == []
