# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""A bad guest specification gives one clear line and creates nothing."""

import pytest

SPEC = 'name = "{name}"\ntemplate = "linux-shell"\nmemory = "256MiB"\n'
BAD = {
    "unknown key": (SPEC.format(name="bad") + 'memroy = "1GiB"\n', ["memroy", "memory"]),
    "no memory": ('name = "bad"\ntemplate = "linux-shell"\nmemory = "0"\n', ["memory", "256MiB"]),
    "missing image": (SPEC.format(name="bad") + 'kernel = "/nowhere/vmlinuz"\n', ["/nowhere/vmlinuz"]),
    "unknown template": ('name = "bad"\ntemplate = "no-such"\n', ["no-such"]),
    "memory beyond the host": ('name = "bad"\ntemplate = "linux-shell"\nmemory = "1TiB"\n', ["memory"]),
    "not TOML": ("name = = 3\n", ["not TOML", "1:8"]),
    "bad name": (SPEC.format(name="../bad"), ["name"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_specification_creates_nothing(control, case):
    text, words = BAD[case]
    before = control.guests()
    done = control.run("zetactl", "guest", "create", "--spec", "-", stdin=text)
    assert done.rc != 0
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0]
    assert control.guests() == before
    assert {guest["name"] for guest in control.json("guest", "list")} <= set(before) | {"Domain-0"}


def test_duplicate_name_creates_nothing(control, pair):
    before = control.out("virsh", "-c", "xen:///system", "dumpxml", "alpha")
    done = control.run("zetactl", "guest", "create", "alpha", "--template", "linux-shell", "--memory", "256MiB")
    assert done.rc != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert "alpha" in done.stderr
    assert control.out("virsh", "-c", "xen:///system", "dumpxml", "alpha") == before
