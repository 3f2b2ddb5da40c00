# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Messages cross between two guests, and faults in the middle are survived and told."""

import json

import pytest

KILLS = {
    "zetad": ["zetad"],
    "libvirtd": ["libvirtd"],
    "broker": ["zeta-broker"],
}


def ping_command(count: int, *options: str) -> list[str]:
    return ["zetactl", "figcom", "ping", "alpha", "beta", "--count", str(count), "--json", *options]


def test_ping_loses_nothing(control, pair, scale):
    count = scale(10_000, 50_000)
    report = json.loads(control.out(*ping_command(count), seconds=600))
    assert report["sent"] == report["delivered"] == count
    assert report["lost"] == report["duplicated"] == report["out_of_order"] == 0
    assert report["bytes_verified"] > 0
    rtt = report["rtt_ns"]
    assert 0 < rtt["p50"] <= rtt["p99"] <= rtt["p999"] <= rtt["max"]


def test_ping_to_unknown_guest_is_one_line(control, pair):
    done = control.run("zetactl", "figcom", "ping", "alpha", "nobody", "--count", "10")
    assert done.rc != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "nobody" in done.stderr


def process_id(control, name: str) -> int:
    return int(control.out("pidof", name).split()[0])


def guest_ids(control) -> dict[str, str]:
    """Domain ids: they change when a guest is started again."""
    return {name: control.out("xl", "domid", name).strip() for name in ("alpha", "beta")}


@pytest.mark.faults
@pytest.mark.parametrize("victim", KILLS)
def test_killed_daemon_comes_back_and_ping_goes_on(control, pair, scale, victim):
    for _ in range(scale(1, 10)):
        before = guest_ids(control)
        old = process_id(control, KILLS[victim][0])
        count = 5_000  # long enough to be killed in the middle
        ping = control.start(*ping_command(count))
        control.until("the ping is under way", lambda: ping.poll() is not None or any(
            job.get("delivered", 0) > 0 for job in control.json("figcom", "jobs")), 60)
        control.out("kill", "-KILL", str(old))
        output, errors = ping.communicate(timeout=600)
        assert ping.returncode == 0, errors
        report = json.loads(output)
        assert report["sent"] == report["delivered"] + report["lost"]
        assert report["duplicated"] == report["out_of_order"] == 0
        control.until(f"{victim} runs again", lambda: control.run("pidof", KILLS[victim][0]).stdout.split()[:1] not in ([], [str(old)]), 60)
        assert control.until("libvirt answers", lambda: control.run("virsh", "-c", "xen:///system", "list").rc == 0, 60)
        assert control.until("zetad answers", lambda: control.run("zetactl", "guest", "list").rc == 0, 60)
        assert guest_ids(control) == before


@pytest.mark.faults
@pytest.mark.parametrize("guest", ["alpha", "beta"])
def test_killed_agent_comes_back_and_gap_is_told(control, pair, scale, guest):
    """The agent's supervisor in the guest starts it again; what was on the way counts as lost, not as delivered."""
    for _ in range(scale(1, 10)):
        before = guest_ids(control)
        count = 5_000  # long enough to be killed in the middle
        ping = control.start(*ping_command(count))
        control.until("the ping is under way", lambda: ping.poll() is not None or any(
            job.get("delivered", 0) > 0 for job in control.json("figcom", "jobs")), 60)
        control.type_into(guest, "kill -KILL $(pidof zeta-agent)")
        output, errors = ping.communicate(timeout=600)
        assert ping.returncode == 0, errors
        report = json.loads(output)
        assert report["sent"] == report["delivered"] + report["lost"]
        assert report["duplicated"] == report["out_of_order"] == 0
        assert guest_ids(control) == before
