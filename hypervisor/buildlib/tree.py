# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The source tree that is built: upstream's files, our overlay and our hooks.

Layout below the output folder:
    tree/       the source as it is built
    pristine/   upstream's own text of each hooked file
    state.json  the tarball's checksum and the overlay files now in tree/
Every step can be cut off and repeated.
"""

import json
import shutil
import subprocess
from pathlib import Path

from . import hooks
from .errors import BuildError, write_if_changed


class Tree:
    """One output folder's source tree."""

    def __init__(self, out: Path):
        self.root = out / "tree"
        self._pristine = out / "pristine"
        self._state_file = out / "state.json"
        try:
            self._state = json.loads(self._state_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            self._state = {}

    def _save(self) -> None:
        write_if_changed(self._state_file, (json.dumps(self._state, indent=1, sort_keys=True) + "\n").encode())

    @property
    def source(self) -> dict | None:
        """Version, file name and checksum of what is unpacked, or None."""
        return self._state.get("source") if self.root.is_dir() else None

    def unpack(self, tarball: Path, description: dict) -> bool:
        """Replaces the tree when `description` (with the checksum) is a new one."""
        if self.source == description:
            return False
        self._state = {}
        self._save()
        partial = self.root.with_name("tree.partial")
        for folder in (partial, self.root, self._pristine):
            shutil.rmtree(folder, ignore_errors=True)
        partial.mkdir(parents=True)
        command = ["tar", "--extract", "--file", str(tarball), "--directory", str(partial), "--strip-components=1",
                   "--no-same-owner"]
        result = subprocess.run(command, text=True, capture_output=True, check=False)
        if result.returncode != 0:
            shutil.rmtree(partial, ignore_errors=True)
            remedy = "free about 400 MB and run again" if "No space left" in result.stderr else "remove the file and run again"
            reason = result.stderr.strip().splitlines()
            raise BuildError(f"{tarball.name}: unpacking failed ({reason[0] if reason else 'no reason given'})", remedy)
        partial.rename(self.root)
        self._state = {"source": description, "overlay": []}
        self._save()
        return True

    def place_overlay(self, files: dict[str, Path]) -> int:
        """Puts `files` (path in the tree -> our file) in place and removes those of ours that no longer exist."""
        previous = set(self._state.get("overlay", []))
        for path in files:
            if path not in previous and (self.root / path).exists():
                raise BuildError(f"overlay file {path} exists upstream already", "overlay files must be new: rename it or write a hook")
        # The list is widened first: a cut between copying and recording must not look like upstream's file.
        self._state["overlay"] = sorted(previous | set(files))
        self._save()
        changed = sum(write_if_changed(self.root / path, ours.read_bytes()) for path, ours in sorted(files.items()))
        for path in sorted(previous - set(files)):
            (self.root / path).unlink(missing_ok=True)
            changed += 1
        self._state["overlay"] = sorted(files)
        self._save()
        return changed

    def pristine(self, path: str) -> str:
        """Upstream's text of a file, whatever hooks did to it since."""
        kept = self._pristine / path
        if not kept.exists():
            try:
                write_if_changed(kept, (self.root / path).read_bytes())
            except FileNotFoundError:
                raise BuildError(f"hooks name {path}, which this source does not have",
                                 "upstream has moved it: correct 'file:' in hypervisor/hooks") from None
        return kept.read_text(encoding="utf-8")

    def apply_hooks(self, targets: dict[str, list[hooks.Hook]]) -> int:
        """Writes each hooked file anew from upstream's text; restores files that lost their last hook."""
        wanted = {path: hooks.apply(self.pristine(path), path, ours) for path, ours in targets.items()}
        for kept in sorted(path for path in self._pristine.rglob("*") if path.is_file()):
            relative = kept.relative_to(self._pristine).as_posix()
            wanted.setdefault(relative, kept.read_text(encoding="utf-8"))
        return sum(write_if_changed(self.root / path, text.encode()) for path, text in sorted(wanted.items()))


def overlay_files(overlay: Path, abi: Path) -> dict[str, Path]:
    """Every file of the overlay at the path it takes in the tree, and the ABI headers beside Xen's own headers."""
    files = {path.relative_to(overlay).as_posix(): path for path in sorted(overlay.rglob("*"))
             if path.is_file() and path.name != "README.md"}
    files.update({f"xen/include/zeta/abi/{path.name}": path for path in sorted(abi.glob("*.h"))})
    return files
