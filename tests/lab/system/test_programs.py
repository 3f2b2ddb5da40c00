# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Ordinary programs of two guests talk: zeta-figcom in alpha and in beta, over grants and event channels."""

import itertools
import re

import pytest

POLICY = "/etc/zetatron/figcom-policy.toml"
RULE = '[[allow]]\nfrom = "alpha"\nto = "beta"\nservice = "mirror"\n'
BYTES = (0, 1, 64, 128, 4096, 16384, 60000)

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def mirror(control, pair):
    """A policy that allows the service, and a program in beta that serves it."""
    control.out("sh", "-c", f"cat {POLICY} - >/run/test-policy.toml && mount --bind /run/test-policy.toml {POLICY}", stdin=RULE)
    try:
        control.out("zetactl", "figcom", "policy", "reload")
        serve(control)
        yield
    finally:
        control.type_into("beta", "kill $(pidof zeta-figcom)")
        control.out("umount", POLICY)
        control.out("zetactl", "figcom", "policy", "reload")


def serve(control) -> None:
    control.type_into("beta", "zeta-figcom serve mirror >/dev/null &")
    control.until("beta serves", lambda: services(control), 60)


def services(control) -> list:
    return [one for one in control.json("figcom", "endpoints") if one["service"] == "mirror"]


def agent_epoch(control, guest: str):
    """Of the agent that is attached now, by its own service."""
    return next((one["epoch"] for one in control.json("figcom", "endpoints")
                 if one["guest"] == guest and one["service"] == "echo"), None)


def channels(control) -> list:
    return [one for one in control.json("figcom", "channels") if one["service"] == "mirror" and one["state"] == "up"]


def start(control, guest: str, command: str) -> str:
    """Types a command into a guest's console. Its token finds the command's status there."""
    token = f"status{next(numbers)}"
    control.type_into(guest, f"( {command}; echo {token}=$? ) &")
    return token


def status(control, guest: str, token: str) -> int:
    """Waits until the command has ended. What was typed is on the console too, but without a number."""
    def find():
        said = control.out("tail", "-c", "65536", f"/var/log/xen/console/guest-{guest}.log")
        return re.search(rf"{token}=(\d+)", said)
    return int(control.until(f"{guest} prints {token}", find, 120).group(1))


def test_programs_of_two_guests_exchange_messages(control, mirror):
    for length in BYTES:
        sent = start(control, "alpha", f"zeta-figcom --count 100 --size {length} send beta mirror")
        assert status(control, "alpha", sent) == 0, f"messages of {length} bytes"
    assert control.until("its channels are closed", lambda: not channels(control), 30)


def test_the_policy_counts_for_programs(control, mirror):
    denied = start(control, "beta", "zeta-figcom send alpha mirror")
    assert status(control, "beta", denied) == 1


def test_killed_program_ends_its_channels_and_services(control, mirror):
    sent = start(control, "alpha", "zeta-figcom --count 100000 --interval 20 send beta mirror")
    control.until("a channel is up", lambda: channels(control), 60)
    control.type_into("beta", "kill -KILL $(pidof zeta-figcom)")
    assert status(control, "alpha", sent) == 1
    control.until("nothing of it is left", lambda: not channels(control) and not services(control), 30)
    serve(control)
    again = start(control, "alpha", "zeta-figcom send beta mirror again")
    assert status(control, "alpha", again) == 0


@pytest.mark.parametrize("guest", ["alpha", "beta"])
def test_channel_goes_on_without_the_agent(control, mirror, guest):
    sent = start(control, "alpha", "zeta-figcom --count 1500 --interval 20 send beta mirror")
    (before,) = control.until("a channel is up", lambda: channels(control), 60)
    old = agent_epoch(control, guest)
    control.type_into(guest, "kill -KILL $(pidof zeta-agent)")
    control.until("the next agent is there", lambda: agent_epoch(control, guest) not in (None, old), 60)
    control.until("it has announced the channel", lambda: any(
        one["channel"] == before["channel"] for one in channels(control)), 60)
    control.until("beta serves on", lambda: services(control), 60)
    assert status(control, "alpha", sent) == 0
    again = start(control, "alpha", "zeta-figcom --count 10 send beta mirror")
    assert status(control, "alpha", again) == 0
