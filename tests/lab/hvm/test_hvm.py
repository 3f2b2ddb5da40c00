# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The slow guest type: HVM, with QEMU as its device model in the control domain."""

HVM_SECONDS = 900


def test_hvm_guest_boots_from_the_same_shell(control):
    control.out("zetactl", "guest", "create", "gamma", "--template", "linux-shell", "--type", "hvm", "--memory", "256MiB",
                "--wait", str(HVM_SECONDS), seconds=HVM_SECONDS + 60)
    assert ">hvm</type>" in control.out("virsh", "-c", "xen:///system", "dumpxml", "gamma")
    assert "gamma" in control.out("virsh", "-q", "-c", "xen:///system", "list", "--name").split()
    control.delete("gamma")
    assert "gamma" not in control.guests()
