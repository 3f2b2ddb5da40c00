# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The QEMU command line of the lab's machine."""

from __future__ import annotations

import dataclasses
import pathlib

# Three features of the emulated processor that the hypervisor must not see:
# mwait faults (monitor, cpuidle), the rdtscp intercept is misreported.
PROCESSOR = "EPYC,+svm,+npt,-monitor,-rdtscp"
# The last three go round faults of the emulator, which loses floating-point registers that are switched lazily,
# delivers injected interrupts twice and forgets nested paging on processor 0
# (docs/decisions/0046-faults-of-the-emulated-processor.md).
HYPERVISOR_ARGUMENTS = (
    "console=com1 com1=115200,8n1 dom0=pv dom0_mem=640M,max:640M cpuidle=0 bootscrub=0 "
    "spec-ctrl=eager-fpu zeta-svm-vintr zeta-hvm-avoid-cpu0"
)
KERNEL_ARGUMENTS = (
    "console=hvc0 quiet loglevel=4 cryptomgr.notests swiotlb=8192 apparmor=0 audit=0 "
    "zeta.ip=10.0.2.15/24,10.0.2.2 zeta.console=shell"
)


@dataclasses.dataclass(frozen=True)
class Disk:
    """A disk of the machine, as virtio-blk."""

    path: pathlib.Path
    read_only: bool = False


@dataclasses.dataclass
class Machine:
    """Everything that QEMU is started with."""

    hypervisor: pathlib.Path
    kernel: pathlib.Path
    initrd: pathlib.Path | None
    disks: list[Disk]
    hypervisor_arguments: str = HYPERVISOR_ARGUMENTS
    kernel_arguments: str = KERNEL_ARGUMENTS
    memory_mib: int = 4096
    processors: int = 2
    accelerator: str = "tcg"
    extra: list[str] = dataclasses.field(default_factory=list)

    def command(self, folder: pathlib.Path, ssh_port: int) -> list[str]:
        """The command; sockets and the serial log go to `folder`."""
        accelerator = "tcg,thread=multi" if self.accelerator == "tcg" else self.accelerator
        # In a module list a comma separates modules; QEMU takes two for one that is meant.
        kernel_arguments = self.kernel_arguments.replace(",", ",,")
        modules = f"{self.kernel} {kernel_arguments}" + (f",{self.initrd}" if self.initrd else "")
        command = [
            "qemu-system-x86_64", "-name", f"zeta-{folder.name}", "-nodefaults", "-no-user-config",
            "-accel", accelerator, "-machine", "q35", "-cpu", PROCESSOR, "-smp", str(self.processors),
            "-m", str(self.memory_mib), "-device", "amd-iommu,intremap=on", "-display", "none",
            "-kernel", str(self.hypervisor), "-append", self.hypervisor_arguments, "-initrd", modules,
            "-chardev", f"socket,id=com1,path={folder}/serial.sock,server=on,wait=off,logfile={folder}/serial.log",
            "-serial", "chardev:com1", "-qmp", f"unix:{folder}/qmp.sock,server=on,wait=off",
            "-netdev", f"user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:{ssh_port}-:22",
            "-device", "virtio-net-pci,disable-legacy=on,netdev=net0,romfile=",
        ]
        for number, disk in enumerate(self.disks):
            read_only = "on" if disk.read_only else "off"
            command += [
                "-drive", f"if=none,id=disk{number},file={disk.path},format=raw,readonly={read_only},cache=writeback",
                "-device", f"virtio-blk-pci,disable-legacy=on,drive=disk{number}",
            ]
        return command + self.extra
