# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The peer of the boot benchmark: Debian 13's own Xen, kernel, initramfs, systemd and libvirt, unchanged.

Two things are added, and neither makes it slower: the processor model without
which libvirt's Xen driver refuses the emulated machine (ours has it as well),
and the unit that reports when a domain can be created.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

PACKAGES = (
    "linux-image-amd64", "initramfs-tools", "systemd-sysv", "udev", "dbus", "xen-system-amd64", "libvirt-daemon-system",
    "libvirt-daemon-driver-xen", "libvirt-clients",
)
IMAGE_BYTES = 3 << 30
# The probe of both sides: libvirt's Xen driver answers a client.
PROBE = "virsh -q -c xen:///system list"
READY = "boot-bench: a domain can be created"
UNIT = f"""[Unit]
Description=Report when a domain can be created
After=libvirtd.service
Wants=libvirtd.service
[Service]
Type=oneshot
StandardOutput=null
ExecStart=/bin/sh -c 'until {PROBE}; do :; done; echo "{READY}" >/dev/console'
[Install]
WantedBy=multi-user.target
"""
# mmdebstrap wants / to be a mount point, which it is not in a plain chroot: the build root, bound to a folder, is one.
_OWN_ROOT = ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", 'mkdir -p /run/own-root && mount --rbind / /run/own-root && '
             'exec chroot /run/own-root "$@"', "sh"]
HERE = pathlib.Path(__file__).resolve().parent
LAB_MODEL = HERE.parents[2] / "images/control-domain/lab/x86_zeta-lab.xml"


def _add_lab_model(root: pathlib.Path) -> None:
    folder = root / "usr/share/libvirt/cpu_map"
    shutil.copyfile(LAB_MODEL, folder / LAB_MODEL.name)
    index = folder / "index.xml"
    text = index.read_text(encoding="utf-8")
    end = text.index("  </arch>", text.index("<arch name='x86'>"))
    index.write_text(f"{text[:end]}    <include filename='{LAB_MODEL.name}'/>\n{text[end:]}", encoding="utf-8")


def _customise(root: pathlib.Path) -> None:
    _add_lab_model(root)
    units = root / "etc/systemd/system"
    (units / "boot-bench.service").write_text(UNIT, encoding="utf-8")
    wants = units / "multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "boot-bench.service").symlink_to("../boot-bench.service")
    # Debian's libvirtd conflicts with it; where both are wanted, chance decides which one starts.
    (units / "xendomains.service").symlink_to("/dev/null")


def _sources() -> str:
    """The build root's own package sources, without those of source packages."""
    places = [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*.list"))]
    lines = [line for path in places if path.exists() for line in path.read_text(encoding="utf-8").splitlines()]
    return "".join(f"{line}\n" for line in lines if line.startswith("deb "))


def build(target: pathlib.Path) -> None:
    """Makes target/{xen,vmlinuz,initrd,root.ext4}; kept while this file does not change."""
    stamp = hashlib.sha256(pathlib.Path(__file__).read_bytes() + LAB_MODEL.read_bytes()).hexdigest()
    if (target / "stamp").exists() and (target / "stamp").read_text(encoding="utf-8") == stamp:
        return
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=target) as folder:
        root = pathlib.Path(folder) / "root"
        subprocess.run([*_OWN_ROOT, "mmdebstrap", "--quiet", "--variant=important",
                        f"--include={','.join(PACKAGES)}", "trixie", str(root)],
                       input=_sources(), text=True, check=True, stdout=2)
        _customise(root)
        boot = root / "boot"
        shutil.copyfile(next(boot.glob("vmlinuz-*")), target / "vmlinuz")
        shutil.copyfile(next(boot.glob("initrd.img-*")), target / "initrd")
        with gzip.open(next(boot.glob("xen-4.*-amd64.gz"))) as packed:
            (target / "xen").write_bytes(packed.read())
        with (target / "root.ext4").open("wb") as file:
            file.truncate(IMAGE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-L", "stock", "-d", str(root), str(target / "root.ext4")], check=True)
    fresh = target / "stamp.new"
    fresh.write_text(stamp, encoding="utf-8")
    os.replace(fresh, target / "stamp")
