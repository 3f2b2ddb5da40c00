# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The hypervisor is ours, and offers what the lab promises."""

import pathlib
import re

from conftest import ROOT

VERSION = (ROOT / "VERSION").read_text().strip()
BUILD = pathlib.Path("/zeta/out/build")


def test_info_and_log_name_product_and_version(control):
    info = control.out("xl", "info")
    assert "zeta" in re.search(r"^xen_extra\s*:\s*(.*)$", info, re.M).group(1)
    assert f"zetatron {VERSION}" in re.search(r"^xen_changeset\s*:\s*(.*)$", info, re.M).group(1).lower()
    assert re.search(rf"ZetaTron.*{re.escape(VERSION)}", control.out("xl", "dmesg"))


def test_machine_offers_nested_paging_and_iommu(control):
    capabilities = re.search(r"^virt_caps\s*:\s*(.*)$", control.out("xl", "info"), re.M).group(1).split()
    assert {"pv", "hvm", "hap", "hvm_directio", "pv_directio"} <= set(capabilities)


def checks(text: str) -> dict[str, str]:
    """Lines «zeta-test: NAME … ok|FAIL» of the hypercall checks, and whether the program finished."""
    return dict(re.findall(r"zeta-test: (\S+) .*?\b(ok|FAIL)\b", text))


def test_hypercalls_from_control_domain(control):
    control.put(BUILD / "tests/lab/guests/zeta-hypercall-check", "/run/zeta-hypercall-check")
    done = control.run("/run/zeta-hypercall-check")
    results = checks(done.stdout)
    assert len(results) >= 8, done.stdout + done.stderr
    assert "FAIL" not in results.values(), done.stdout
    assert done.rc == 0


def test_hypercalls_from_guest(control):
    """A guest of ours without Linux makes good and bad hypercalls; the hypervisor answers each and lives."""
    control.put(BUILD / "tests/lab/guests/zeta-hypercall-test.elf", "/run/zeta-hypercall-test.elf")
    config = 'name="hypercall-test"\ntype="pvh"\nkernel="/run/zeta-hypercall-test.elf"\nmemory=32\nvcpus=1\n' \
             'on_poweroff="destroy"\non_crash="destroy"\n'
    control.out("sh", "-c", f"printf %s '{config}' >/run/hypercall-test.cfg")
    output = control.out("sh", "-c", "timeout 60 script -qec 'xl create -c /run/hypercall-test.cfg' /dev/null "
                         "|| timeout 60 xl create -c /run/hypercall-test.cfg </dev/null", seconds=150)
    results = checks(output)
    assert len(results) >= 8, output
    assert "FAIL" not in results.values(), output
    assert "hypercall-test" not in control.out("xl", "list")
