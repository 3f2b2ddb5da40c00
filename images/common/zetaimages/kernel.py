# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Kernel payload and modules of an image."""

from __future__ import annotations

import dataclasses
import lzma
import pathlib
import shutil
import struct
import subprocess
import tempfile

from zetaimages import BuildError
from zetaimages.debs import Package, run, unpack

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ELF_MAGIC = b"\x7fELF"


@dataclasses.dataclass(frozen=True)
class Kernel:
    """An unpacked kernel package: its release, its boot file and its modules."""

    release: str
    image: pathlib.Path
    modules: pathlib.Path  # …/lib/modules/<release>

    def closure(self, names: list[str]) -> list[pathlib.PurePosixPath]:
        """Paths of the named modules and of what they depend on, in loading order; built-in ones are left out."""
        depends, built_in = self._tables()
        order: list[pathlib.PurePosixPath] = []

        def add(key: str, asked_by: str) -> None:
            if key not in depends:
                if key in built_in:
                    return
                raise BuildError(f"kernel {self.release} has no module {key} (asked for by {asked_by})")
            path, needs = depends[key]
            if path in order:
                return
            for need in needs:
                add(need, key)
            order.append(path)

        for name in names:
            add(name.replace("-", "_"), "the module list")
        return order

    def _tables(self):
        depends = {}
        for line in (self.modules / "modules.dep").read_text(encoding="utf-8").splitlines():
            path, _, needs = line.partition(":")
            depends[_key(path)] = (pathlib.PurePosixPath(path), [_key(need) for need in needs.split()])
        lines = (self.modules / "modules.builtin").read_text(encoding="utf-8").splitlines()
        return depends, {_key(line) for line in lines}

    def module_bytes(self, path: pathlib.PurePosixPath) -> bytes:
        """What of the module the kernel needs to run it: no compression, debugging types or signature.

        The types alone would make the kernel parse its own at the first module. Nothing enforces the signatures: the
        image is to be verified as a whole (docs/decisions/0044).
        """
        data = (self.modules / path).read_bytes()
        data = lzma.decompress(data) if path.suffix == ".xz" else data
        with tempfile.TemporaryDirectory() as folder:
            full, lean = pathlib.Path(folder) / "full.ko", pathlib.Path(folder) / "lean.ko"
            full.write_bytes(data)
            run(["objcopy", "--strip-debug", "--remove-section=.BTF", "--remove-section=.BTF.base", str(full), str(lean)],
                f"trimming {path.name}")
            return lean.read_bytes()


def _key(path: str) -> str:
    return pathlib.PurePosixPath(path).name.split(".ko", 1)[0].replace("-", "_")


def plain_name(path: pathlib.PurePosixPath) -> str:
    """The file name of the uncompressed module."""
    return path.name.split(".ko", 1)[0] + ".ko"


def open_kernel(packages: list[Package], folder: pathlib.Path) -> Kernel:
    """Unpacks the one kernel package among `packages` below `folder` and computes its module dependencies."""
    images = [p for p in packages if p.name.startswith("linux-image-") and p.name != "linux-image-amd64"]
    if len(images) != 1:
        raise BuildError(f"expected one kernel package, apt chose {len(images)}: {[p.name for p in images]}")
    folder.mkdir(parents=True)
    unpack(images[0], folder)
    modules = next((folder / "usr/lib/modules").iterdir())
    run(["depmod", "-b", str(folder / "usr"), modules.name], "computing module dependencies")
    return Kernel(modules.name, folder / f"boot/vmlinuz-{modules.name}", modules)


def extract_vmlinux(image: pathlib.Path, target: pathlib.Path) -> None:
    """Writes the plain ELF kernel out of a bzImage (boot protocol >= 2.08: payload offset and length in the header)."""
    data = image.read_bytes()
    if data[0x202:0x206] != b"HdrS":
        raise BuildError(f"{image} is no bzImage: is the kernel package damaged?")
    sectors = data[0x1F1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (sectors + 1) * 512 + offset
    payload = data[start : start + length]
    if not payload.startswith(_ZSTD_MAGIC):
        raise BuildError(f"{image}: the kernel's payload is not zstd; teach extract_vmlinux() its compression")
    done = subprocess.run(["zstd", "-dcq"], input=payload, capture_output=True, check=False)
    # The last four bytes are the length field that the build appends; zstd calls them trailing garbage.
    if not done.stdout.startswith(_ELF_MAGIC):
        raise BuildError(f"{image}: the payload holds no ELF kernel")
    target.write_bytes(done.stdout)


def install_modules(kernel: Kernel, root: pathlib.Path, names: list[str]) -> list[pathlib.PurePosixPath]:
    """Puts the named modules and their needs, uncompressed, below `root` with fresh dependency files."""
    target = root / "usr/lib/modules" / kernel.release
    order = kernel.closure(names)
    for path in order:
        place = target / path.parent / plain_name(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(kernel.module_bytes(path))
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copyfile(kernel.modules / name, target / name)
    run(["depmod", "-b", str(root / "usr"), kernel.release], "computing the image's module dependencies")
    return order
