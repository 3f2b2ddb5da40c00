# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""What a lab is made of, and the QEMU command line that follows from it."""

import json
import pathlib
from dataclasses import asdict, dataclass, field

OUT = pathlib.Path("/zeta/out")

HYPERVISOR_OPTIONS = "console=com1 com1=115200,8n1 dom0=pv dom0_mem=1024M,max:1024M cpuidle=0 loglvl=info guest_loglvl=info"
KERNEL_OPTIONS = "console=hvc0 zeta.ip=10.0.2.15/24,10.0.2.2"
# -monitor and cpuidle=0: mwait faults under emulation; -rdtscp: its SVM intercept is misreported
CPU_MODEL = "EPYC,+svm,+npt,-monitor,-rdtscp"
READY_LINE = r"zeta-init: ready"


@dataclass
class LabConfig:
    """Every field can be given; the defaults boot the images of this checkout."""
    name: str = "default"
    hypervisor: str = str(OUT / "hypervisor/xen")
    kernel: str = str(OUT / "images/control-domain/vmlinuz")
    initrd: str = str(OUT / "images/control-domain/initrd")
    root: str = str(OUT / "images/control-domain/root.erofs")
    root_writable: bool = False
    hypervisor_options: str = HYPERVISOR_OPTIONS
    kernel_options: str = KERNEL_OPTIONS
    memory_mib: int = 4096
    cpus: int = 2
    state_mib: int = 2048
    ready_line: str = READY_LINE
    accelerator: str = "tcg,thread=multi"
    extra: list[str] = field(default_factory=list)

    @property
    def folder(self) -> pathlib.Path:
        return OUT / "lab" / self.name

    def save(self) -> None:
        (self.folder / "config.json").write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, name: str) -> "LabConfig":
        """The configuration that a lab was started with; the defaults when it never was."""
        try:
            return cls(**json.loads((OUT / "lab" / name / "config.json").read_text()))
        except (OSError, ValueError, TypeError):
            return cls(name=name)

    def _drive(self, label: str, path: str, read_only: bool) -> list[str]:
        # cache=writeback keeps the guest's flushes real; a killed QEMU loses only what was never flushed
        return ["-drive", f"if=none,id={label},file={path},format=raw,cache=writeback,discard=unmap"
                          f",read-only={'on' if read_only else 'off'}",
                "-device", f"virtio-blk-pci,drive={label},disable-legacy=on"]

    def qemu_command(self, ssh_port: int) -> list[str]:
        folder = self.folder
        command = [
            "qemu-system-x86_64", "-name", f"zeta-lab-{self.name}", "-nodefaults", "-no-user-config", "-display", "none",
            "-accel", self.accelerator, "-machine", "q35", "-cpu", CPU_MODEL, "-smp", str(self.cpus),
            "-m", str(self.memory_mib), "-device", "amd-iommu,intremap=on",
            "-kernel", self.hypervisor, "-append", self.hypervisor_options,
            "-initrd", f"{self.kernel} {self.kernel_options},{self.initrd}",
            "-chardev", f"socket,id=com1,path={folder}/serial.sock,server=on,wait=off,logfile={folder}/serial.log",
            "-serial", "chardev:com1",
            "-qmp", f"unix:{folder}/qmp.sock,server=on,wait=off",
            "-netdev", f"user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:{ssh_port}-10.0.2.15:22",
            "-device", "virtio-net-pci,netdev=net0,disable-legacy=on",
            "-device", "virtio-rng-pci,disable-legacy=on",
        ]
        command += self._drive("root", self.root, not self.root_writable)
        if self.state_mib:
            command += self._drive("state", f"{folder}/state.img", False)
        return command + self.extra
