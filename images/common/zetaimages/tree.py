# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Trims, completes and checks an unpacked root."""

from __future__ import annotations

import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable

from zetaimages import IMAGE_EPOCH, BuildError
from zetaimages.debs import run

_LIBRARY_FOLDERS = ("usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib")


def make_skeleton(root: pathlib.Path, folders: list[str]) -> None:
    """The merged /usr layout of Debian and the given empty folders."""
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for name in folders:
        (root / name).mkdir(parents=True, exist_ok=True)


def drop(root: pathlib.Path, patterns: list[str]) -> None:
    """Deletes what matches a pattern (path below the root; * also crosses slashes). A pattern without a match is an error."""
    paths = sorted(str(p.relative_to(root)) for p in root.rglob("*"))
    for pattern in patterns:
        hits = fnmatch.filter(paths, pattern)
        if not hits:
            raise BuildError(f"the drop list names {pattern}, which no package brings: remove the line")
        for hit in hits:
            path = root / hit
            if path.is_symlink() or path.is_file():
                path.unlink()
            elif path.is_dir():
                shutil.rmtree(path)


def _is_elf(path: pathlib.Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _needed(paths: list[pathlib.Path]) -> dict[pathlib.Path, list[str]]:
    """The libraries that each ELF file names."""
    result: dict[pathlib.Path, list[str]] = {path: [] for path in paths}
    for start in range(0, len(paths), 200):
        part = paths[start : start + 200]
        output = run(["readelf", "-d", *map(str, part)], "reading library needs")
        current = part[0]
        for line in output.splitlines():
            if line.startswith("File: "):
                current = pathlib.Path(line[6:])
            elif match := re.search(r"\(NEEDED\).*\[(.*)\]", line):
                result[current].append(match.group(1))
    return result


def _elf_files(root: pathlib.Path) -> list[pathlib.Path]:
    return [
        path for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.suffix != ".ko" and _is_elf(path)
    ]


def remove_unused_libraries(root: pathlib.Path, keep: list[str]) -> list[str]:
    """Deletes the shared libraries that no program of the image needs. `keep`: names opened at run time.

    A library that a program needs and no package brought is an error, so the list of absent packages cannot lie.
    """
    elves = _elf_files(root)
    needs = _needed(elves)
    by_name: dict[str, pathlib.Path] = {}
    for folder in _LIBRARY_FOLDERS:
        for item in sorted((root / folder).glob("*.so*")):
            by_name.setdefault(item.name, item)
    libraries = {path.resolve() for path in by_name.values()}
    used: set[pathlib.Path] = set()
    queue = [path for path in elves if path.resolve() not in libraries]
    queue += [by_name[name].resolve() for name in keep if name in by_name]
    used.update(queue)
    while queue:
        path = queue.pop()
        for name in needs.get(path, []):
            if name not in by_name:
                raise BuildError(f"{path.relative_to(root)} needs {name}, which no package of the image brings")
            library = by_name[name].resolve()
            if library not in used:
                used.add(library)
                queue.append(library)
    removed = sorted(str(p.relative_to(root)) for p in libraries - used)
    for name in removed:
        (root / name).unlink()
    for item in by_name.values():
        if item.is_symlink() and not item.exists():
            item.unlink()
    return removed


def strip_program(source: pathlib.Path, target: pathlib.Path) -> None:
    """Installs a program without its symbols."""
    target.parent.mkdir(parents=True, exist_ok=True)
    run(["strip", "--strip-all", "-o", str(target), str(source)], f"installing {source.name}")
    target.chmod(0o755)


def link_libraries(root: pathlib.Path) -> None:
    """The loader's cache: with it a program opens each library at the first attempt."""
    run(["ldconfig", "-X", "-r", str(root)], "making the loader's cache")
    shutil.rmtree(root / "var/cache/ldconfig", ignore_errors=True)


def settle(root: pathlib.Path) -> None:
    """Gives everything one owner, one time, and modes that do not depend on the builder."""
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                os.chmod(path, os.stat(path).st_mode & ~0o022 | 0o444)
            os.chown(path, 0, 0, follow_symlinks=False)
            os.utime(path, (IMAGE_EPOCH, IMAGE_EPOCH), follow_symlinks=False)
    os.utime(root, (IMAGE_EPOCH, IMAGE_EPOCH))


def make_erofs(root: pathlib.Path, target: pathlib.Path, label: str, uuid: str, compression: str | None,
               uncompressed: Iterable[str] = ()) -> None:
    """Writes `root` as an EROFS image whose bytes depend on nothing but the tree.

    `uncompressed`: regular expressions; files whose path from the root matches one are stored as they are.
    """
    command = ["mkfs.erofs", "--quiet", f"-T{IMAGE_EPOCH}", f"-U{uuid}", "-L", label, "-x-1", "--all-root"]
    target.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile("w", prefix="compress-hints-", encoding="utf-8") as hints:
        hints.writelines(f"0 {pattern}\n" for pattern in uncompressed)  # a cluster of 0 bytes: not compressed
        hints.flush()
        if compression:
            command += [f"-z{compression}", f"--compress-hints={hints.name}"]
        run([*command, str(target), str(root)], "writing the root image")


def compile_static(sources: list[pathlib.Path], target: pathlib.Path, source_root: pathlib.Path) -> None:
    """Builds a small static program of the image with the project's warnings."""
    command = [
        "g++-14", "-std=c++23", "-Os", "-static", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Wpedantic",
        "-Wshadow", "-Wconversion", "-Wmissing-declarations", "-Werror", f"-ffile-prefix-map={source_root}=",
        "-Wl,--build-id=none", "-s", f"-I{source_root}", "-o", str(target), *map(str, sorted(sources)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"compiling {target.name} failed:\n{done.stderr}")
