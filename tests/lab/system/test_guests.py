# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Guests: both fast kinds boot, the CLI equals virsh, and nothing is left behind."""

import pathlib
import re

import pytest

PROGRAMS = pathlib.Path("/zeta/out/build/tests/lab/guests")


def test_zetactl_list_equals_virsh_list(control, pair):
    for options in ((), ("--all",), ("--all", "--name")):
        ours = control.run("zetactl", "list", *options)
        theirs = control.run("virsh", "-c", "xen:///system", "list", *options)
        assert (ours.rc, ours.stdout, ours.stderr) == (theirs.rc, theirs.stdout, theirs.stderr)
    assert {"alpha", "beta"} <= set(control.guests())


def test_handed_over_verb_keeps_exit_status(control):
    ours = control.run("zetactl", "dominfo", "no-such-guest")
    theirs = control.run("virsh", "-c", "xen:///system", "dominfo", "no-such-guest")
    assert ours.rc == theirs.rc != 0
    assert ours.stderr == theirs.stderr


@pytest.mark.parametrize("kind, marker", [("pv", "linux"), ("pvh", "xenpvh")])
def test_guest_types_boot_from_the_same_shell(control, pair, kind, marker):
    name = {"pvh": "alpha", "pv": "beta"}[kind]
    assert control.out("zetactl", "domstate", name).strip() in ("running", "idle")
    assert f">{marker}</type>" in control.out("virsh", "-c", "xen:///system", "dumpxml", name)
    first = beats(control, name)
    control.until("a newer health beat", lambda: beats(control, name) > first, 30)


def test_programs_keep_vector_registers_while_a_guest_computes(control, pair):
    control.put(PROGRAMS / "zeta-register-check", "/run/zeta-register-check")
    control.type_into("beta", 'timeout 20 awk "BEGIN { while (1) x += 0.5 }" &')
    done = control.run("/run/zeta-register-check", "10")
    assert re.fullmatch(r"rounds [1-9]\d*, lost 0\n", done.stdout), done.stdout + done.stderr
    assert done.rc == 0


def beats(control, name: str) -> int:
    """How often the guest's agent has told the hypervisor that it lives."""
    guests = control.json("hypervisor", "health")
    return next(int(guest["beat"]["beats"]) for guest in guests if guest["name"] == name)


class Resources:
    """What a guest could leave behind."""

    def __init__(self, control):
        info = control.out("xl", "info")
        self.free_mib = int(re.search(r"^free_memory\s*:\s*(\d+)", info, re.M).group(1))
        self.xenstore_keys = len(control.out("xenstore-ls", "-f").splitlines())
        self.domains = len(control.out("xl", "list").splitlines())
        grants = control.hypervisor_says("g")
        self.grants = len(re.findall(r"^\(XEN\) .*0x[0-9a-f]+ .*\bpin\b|^\(XEN\)\s+\[\s*\d+\]", grants, re.M))
        channels = control.hypervisor_says("e")
        self.event_channels = len(re.findall(r"^\(XEN\)\s+\d+ \[", channels, re.M))

    def __repr__(self):
        return str(self.__dict__)


@pytest.mark.lifecycle
def test_create_and_destroy_leaks_nothing(control, scale):
    def cycle(number: int) -> None:
        control.create(f"cycle{number}", "--type", "pv" if number % 2 else "pvh")
        control.delete(f"cycle{number}")

    cycle(0)  # what is allocated once and kept (libvirt's and xenstored's own tables) is there after this
    before = Resources(control)
    assert before.event_channels > 0
    for number in range(1, 1 + scale(2, 20)):
        cycle(number)
    after = Resources(control)
    assert after.domains == before.domains
    assert after.xenstore_keys == before.xenstore_keys
    assert after.event_channels == before.event_channels
    assert after.grants == before.grants
    assert after.free_mib >= before.free_mib - 1, (before, after)
