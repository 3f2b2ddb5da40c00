# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Each file names the licence that its folder's row asks for (docs/reference/licences.md)."""

import json
import re
import subprocess
import tomllib

from tree import CPP_SUFFIXES, Problem

DEFAULT = "Apache-2.0"
# Folder, suffixes that the row covers (None: all), licence.
TABLE = [
    ("hypervisor/overlay/", None, "GPL-2.0-only"),
    ("hypervisor/hooks/", None, "GPL-2.0-only"),
    ("hypervisor/abi/", CPP_SUFFIXES, "MIT"),
    ("figcom-vbus/wire/", CPP_SUFFIXES, "MIT"),
    ("engines/", None, "GPL-3.0-or-later"),
]
# Build files and documents are ours even beside foreign-licensed code.
NEUTRAL = ("meson.build", ".md")
LICENCE_LINE = re.compile(r"SPDX-License-Identifier:\s*([\w.+-]+(?: (?:OR|AND|WITH) [\w.+-]+)*)")
COPYRIGHT_LINE = re.compile(r"SPDX-FileCopyrightText:\s*\d{4} \S")
HEADER_LINES = 8


def expected(path):
    """The licences that `path` may name."""
    for folder, suffixes, licence in TABLE:
        if path.startswith(folder) and path.endswith(NEUTRAL):
            return {licence, DEFAULT}
        if path.startswith(folder) and (suffixes is None or path.endswith(suffixes)):
            return {licence}
    return {DEFAULT}


def annotations(tree):
    if "REUSE.toml" not in tree.paths:
        return []
    found = []
    for entry in tomllib.loads(tree.text("REUSE.toml")).get("annotations", []):
        patterns = entry["path"] if isinstance(entry["path"], list) else [entry["path"]]
        found += [(pattern, entry["SPDX-License-Identifier"]) for pattern in patterns]
    return found


def as_pattern(glob):
    """REUSE's globs: `*` stops at a slash, `**` does not."""
    parts = re.split(r"(\*\*/?|\*)", glob)
    meaning = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts))


def annotated(path, patterns):
    """The licence that REUSE.toml gives `path`; the last matching pattern counts."""
    licences = [licence for glob, licence in patterns if as_pattern(glob).fullmatch(path)]
    return licences[-1] if licences else None


def licence_table(tree):
    problems = []
    patterns = annotations(tree)
    for path in tree.paths:
        if path.startswith("LICENSES/") or path in ("LICENSE.md", "REUSE.toml") or path.endswith(".license"):
            continue
        side = path + ".license" if path + ".license" in tree.paths else path
        head = "\n".join(tree.text(side).splitlines()[:HEADER_LINES]) if tree.is_text(side) else ""
        match = LICENCE_LINE.search(head)
        licence = match.group(1) if match else annotated(path, patterns)
        if licence is None:
            problems.append(Problem(path, 1, "no SPDX-License-Identifier in its first lines and none in REUSE.toml"))
        elif licence not in expected(path):
            problems.append(Problem(path, 1, f"is {licence}, its folder asks for {' or '.join(sorted(expected(path)))}"))
        if match and not COPYRIGHT_LINE.search(head):
            problems.append(Problem(path, 1, "no SPDX-FileCopyrightText line beside its licence line"))
    return problems


def reuse_lint(tree):
    """What REUSE's own checker says about the tree, one line per finding. Files that git ignores are not the tree's."""
    done = subprocess.run(["reuse", "--root", str(tree.root), "lint", "--json"], cwd=tree.root, capture_output=True, text=True)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        return [done.stderr.strip() or "reuse printed nothing"]
    problems = []
    for kind, found in report["non_compliant"].items():
        for item in found:
            name = str(item).removeprefix(f"{tree.root}/")
            if (tree.root / name).is_file() and name not in tree.paths:
                continue
            where = f" in {found[item]}" if isinstance(found, dict) else ""
            problems.append(f"{kind}: {name}{where}")
    return problems
