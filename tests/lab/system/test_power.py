# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Power cuts during `guest create`: afterwards the guest exists whole or not at all."""

import subprocess
import time

import pytest

from conftest import Control, fresh_lab


@pytest.fixture
def fragile():
    """A lab of its own, because its power is cut."""
    one = fresh_lab("power")
    try:
        one.wait_ready()
        yield one
    finally:
        one.kill()


@pytest.mark.power
def test_power_cut_during_create(fragile, scale, rng):
    control = Control(fragile)
    acknowledged = set()
    outcomes = {"whole": 0, "absent": 0}
    create_seconds = 20.0
    for number in range(scale(2, 20)):
        name = f"cut{number}"
        begin = time.monotonic()
        create = control.start("zetactl", "guest", "create", name, "--template", "linux-shell", "--memory", "128MiB")
        try:
            create.wait(timeout=rng.uniform(0.0, create_seconds))
            create_seconds = time.monotonic() - begin
        except subprocess.TimeoutExpired:
            pass
        if create.poll() == 0:
            acknowledged.add(name)
        fragile.kill()
        create.communicate(timeout=60)
        fragile.start()
        fragile.wait_ready()
        stored = {guest["name"] for guest in control.json("guest", "list")} - {"Domain-0"}
        assert stored == set(control.guests()), "the store and libvirt disagree"
        assert acknowledged <= stored, "an acknowledged guest was lost"
        outcomes["whole" if name in stored else "absent"] += 1
        if name in stored:
            control.out("zetactl", "start", name, seconds=120)
            control.delete(name)
            acknowledged.discard(name)
    print(f"power cuts: {outcomes}")
