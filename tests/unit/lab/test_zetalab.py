# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The lab launcher's parts that need no QEMU."""

import os
import pathlib
import signal
import socket
import subprocess
import threading

import pytest

from zetalab import LabError, serial
from zetalab.lab import Lab
from zetalab.process import Process
from zetalab.qemu import Disk, Machine
from zetalab.qmp import Qmp


@pytest.fixture
def child():
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


def test_recorded_process_is_never_a_stranger(tmp_path, child):
    record = tmp_path / "pid"
    mine = Process.of(child.pid)
    mine.save(record)
    assert Process.load(record) == mine
    stranger = Process(child.pid, mine.started + 1)  # the same number, started at another time
    stranger.save(record)
    assert Process.load(record) is None
    stranger.end(signal.SIGKILL)
    assert mine.alive()
    mine.end(signal.SIGKILL)
    assert mine.wait(10)
    assert child.wait() == -signal.SIGKILL


@pytest.mark.parametrize("text", ["", "{half", "{}", '{"pid": "x", "started": 1}'])
def test_rubbish_in_the_record_means_no_process(tmp_path, text):
    (tmp_path / "pid").write_text(text)
    assert Process.load(tmp_path / "pid") is None


def test_wait_finds_a_line_that_is_written_later(tmp_path):
    log = tmp_path / "log"
    log.write_text("first\nready")  # a line counts when it is whole

    def write():
        with log.open("a") as file:
            file.write(" 42\n")

    writer = threading.Timer(0.2, write)
    writer.start()
    line, _, position = serial.wait_for(log, [r"ready \d+"], 10, None)
    writer.join()
    assert line == "ready 42"
    assert position == log.stat().st_size


def test_wait_says_why_it_gave_up(tmp_path, child):
    log = tmp_path / "log"
    log.write_text("the last words\n")
    with pytest.raises(LabError, match="nothing came within 0 s; the last line is: the last words"):
        serial.wait_for(log, ["never"], 0.1, None)
    process = Process.of(child.pid)
    child.kill()
    child.wait()
    with pytest.raises(LabError, match="the machine ended"):
        serial.wait_for(log, ["never"], 30, process)


def serve_qmp(path: pathlib.Path, answers: list[bytes]) -> threading.Thread:
    """A QMP peer that sends the given bytes, one item after each request."""
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


def test_qmp_keeps_events_and_tells_errors(tmp_path):
    thread = serve_qmp(tmp_path / "q", [b'{"return": {}}\n', b'{"event": "STOP"}\n{"return": "text"}\n',
                                        b'{"error": {"desc": "no such device"}}\n'])
    with Qmp(tmp_path / "q") as qmp:
        assert qmp.monitor("info registers") == "text"
        assert qmp.events == [{"event": "STOP"}]
        with pytest.raises(LabError, match="no such device"):
            qmp.command("device_del", id="x")
        with pytest.raises(LabError, match="it has ended"):
            qmp.command("query-status")
    thread.join()


def test_qmp_without_qemu_is_one_clear_error(tmp_path):
    with pytest.raises(LabError, match="does not answer"):
        Qmp(tmp_path / "absent")


@pytest.mark.parametrize("name", ["", "a/b", "..", "x" * 33, "é"])
def test_bad_lab_names_are_refused(tmp_path, name):
    with pytest.raises(LabError, match="no name for a lab"):
        Lab(name, tmp_path)


def test_command_line_has_what_emulation_needs(tmp_path):
    machine = Machine(pathlib.Path("/xen"), pathlib.Path("/kernel"), pathlib.Path("/initrd"),
                      [Disk(pathlib.Path("/root"), read_only=True)])
    line = " ".join(machine.command(tmp_path, 4000))
    for part in ("amd-iommu,intremap=on", "-monitor,-rdtscp", "cpuidle=0", "disable-legacy=on", "127.0.0.1:4000-",
                 "readonly=on", "/kernel "):
        assert part in line
    assert "10.0.2.15/24,,10.0.2.2" in line  # QEMU's list of modules is split at single commas


def test_stopping_what_never_ran_is_harmless(tmp_path):
    assert Lab("x", tmp_path).stop() == "not running"
    assert os.listdir(tmp_path) == []


def test_ssh_before_start_is_one_clear_error(tmp_path):
    with pytest.raises(LabError, match="is not running: start it with ./zeta up"):
        Lab("x", tmp_path).run("true")
