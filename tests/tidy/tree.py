# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The source tree as the tidy rules see it: a root and the files below it.

A rule is a function `rule(tree) -> list[Problem]`. The tests call it on the real
tree, where it must return nothing, and on a small bad tree, where it must not.
"""

import functools
import os
import pathlib
import re
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
CPP_SUFFIXES = (".c", ".h", ".cpp", ".hpp")
HEADER_SUFFIXES = (".h", ".hpp")
# Upstream's coding style and include paths hold here, not ours.
XEN_STYLE_FOLDERS = ("hypervisor/overlay/", "hypervisor/hooks/")


@dataclass(frozen=True)
class Problem:
    """One finding. `text` ends with what to do about it."""

    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class Tree:
    def __init__(self, root, paths):
        self.root = pathlib.Path(root)
        self.paths = sorted(paths)

    @classmethod
    def of_repository(cls):
        """Every file git knows or would add: a new file is checked before its first commit."""
        listing = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z",
             "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout.decode()
        return cls(ROOT, [p for p in listing.split("\0") if p and (ROOT / p).is_file()])

    @classmethod
    def of_folder(cls, root):
        root = pathlib.Path(root)
        return cls(root, [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()])

    @functools.cache
    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    def lines(self, path):
        """(1, first line), (2, second line), …"""
        return enumerate(self.text(path).splitlines(), start=1)

    def exists(self, path):
        return (self.root / path).exists()

    def is_text(self, path):
        with open(self.root / path, "rb") as file:
            return b"\0" not in file.read(4096)

    def select(self, suffixes=None, under=None):
        for path in self.paths:
            if suffixes and not path.endswith(tuple(suffixes)):
                continue
            if under and not path.startswith(tuple(under) if isinstance(under, (tuple, list)) else under):
                continue
            yield path

    def text_files(self):
        return (p for p in self.paths if self.is_text(p) and not p.startswith(("LICENSES/", "tests/fuzz/corpus/")))


def shebang(tree, path):
    first = tree.text(path).split("\n", 1)[0]
    return first if first.startswith("#!") else ""


def scripts(tree, interpreter_pattern):
    """Files whose first line names an interpreter that matches."""
    pattern = re.compile(interpreter_pattern)
    return [p for p in tree.paths if tree.is_text(p) and pattern.search(shebang(tree, p))]


class Allowances:
    """allow.toml: findings that are right to stay, each with its reason. One that no finding needs is itself a finding."""

    def __init__(self, entries):
        self.entries = entries
        self.used = set()

    @classmethod
    def of_repository(cls):
        with open(pathlib.Path(__file__).with_name("allow.toml"), "rb") as file:
            return cls(tomllib.load(file).get("allow", []))

    def filter(self, rule, problems):
        kept = []
        for problem in problems:
            match = next((i for i, e in enumerate(self.entries)
                          if e["rule"] == rule and e["path"] == problem.path and e.get("match", "") in problem.text), None)
            if match is None:
                kept.append(problem)
            else:
                self.used.add(match)
        return kept

    def unused(self, rule):
        return [f"tests/tidy/allow.toml: the allowance {e} is no longer needed; remove it"
                for i, e in enumerate(self.entries) if e["rule"] == rule and i not in self.used]

    def malformed(self):
        return [f"tests/tidy/allow.toml: {e} needs `rule`, `path` and a `reason` of some words"
                for e in self.entries if not {"rule", "path"} <= e.keys() or len(e.get("reason", "").split()) < 4]


def cache_folder(name):
    """Where a slow check remembers what it has already found good. Outside the tree."""
    base = os.environ.get("ZETA_TIDY_CACHE")
    if not base:
        base = "/zeta/out/tidy" if os.path.isdir("/zeta/out") else f"{tempfile.gettempdir()}/zeta-tidy-{os.getuid()}"
    folder = pathlib.Path(base) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
