# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The layer rules of docs/explanation/architecture.md, on the include graph and on Meson's dependencies."""

import pathlib
import re
import tomllib

from tree import CPP_SUFFIXES, XEN_STYLE_FOLDERS, Problem

QUOTED_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
ANY_INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')
MESON_DEFINES = re.compile(r"^\s*(\w+_(?:dep|lib))\s*=", re.MULTILINE)
MESON_USES = re.compile(r"\b(\w+_(?:dep|lib))\b")


def load_table():
    with open(pathlib.Path(__file__).with_name("layers.toml"), "rb") as file:
        return {f["path"]: f for f in tomllib.load(file)["folder"]}


def folder_of(path, table):
    """The longest table entry that holds `path`, or None."""
    best = None
    for folder in table:
        if path.startswith(folder + "/") and (best is None or len(folder) > len(best)):
            best = folder
    return best


def may_use(table, source, target):
    """Whether folder `source` may include or link folder `target`."""
    if source == target:
        return True
    rule, other = table[source], table[target]
    if "only" in rule and target not in rule["only"]:
        return False
    return other["layer"] < rule["layer"] or target in rule.get("beside", [])


def table_is_sound(table):
    """The table itself obeys the architecture: nothing upwards, no peers in layer 2 but a shared `common` or `sdk`."""
    problems = []
    for path, rule in table.items():
        for other in [*rule.get("beside", []), *rule.get("only", [])]:
            if other not in table:
                problems.append(Problem("tests/tidy/layers.toml", 0, f"{path} names the unknown folder {other}"))
            elif table[other]["layer"] > rule["layer"]:
                problems.append(Problem("tests/tidy/layers.toml", 0, f"{path} looks upwards to {other}"))
        for other in rule.get("beside", []):
            if other in table and table[other]["layer"] != rule["layer"]:
                problems.append(Problem("tests/tidy/layers.toml", 0, f"{path}: {other} is not beside it"))
            if rule["layer"] == 2 and other.rsplit("/", 1)[-1] not in ("common", "sdk"):
                problems.append(Problem("tests/tidy/layers.toml", 0, f"{path}: peers of layer 2 never include each other"))
    return problems


def include_edges(tree):
    """(file, line, included file) for each include that names a file of the tree."""
    for path in tree.select(CPP_SUFFIXES):
        for line, text in tree.lines(path):
            match = ANY_INCLUDE.match(text)
            if match and tree.exists(match.group(1)):
                yield path, line, match.group(1)


def layering(tree, table=None):
    """No upward edge, no forbidden neighbour, no folder outside the table."""
    table = table or load_table()
    problems = []
    for path in tree.select(CPP_SUFFIXES):
        if folder_of(path, table) is None:
            problems.append(Problem(path, 1, "its folder is not in tests/tidy/layers.toml; add it with its layer"))
    for path, line, included in include_edges(tree):
        source, target = folder_of(path, table), folder_of(included, table)
        if source is None:
            continue
        if target is None:
            problems.append(Problem(path, line, f"includes {included}, which is in no layer"))
        elif not may_use(table, source, target):
            problems.append(Problem(path, line, f"{source} may not include {target} ({included}); see tests/tidy/layers.toml"))
    return problems


def cycles(tree):
    """No file includes itself through others, and no two folders include each other."""
    files, folders = {}, {}
    table = load_table()
    for path, _, included in include_edges(tree):
        files.setdefault(path, set()).add(included)
        source, target = folder_of(path, table) or path, folder_of(included, table) or included
        if source != target:
            folders.setdefault(source, set()).add(target)
    return [Problem(cycle[0], 1, "include cycle: " + " → ".join(cycle) + "; move what both need into a lower file")
            for cycle in [*find_cycles(files), *find_cycles(folders)]]


def find_cycles(graph):
    """Each cycle that a depth-first walk closes, as [a, b, …, a]."""
    found, done = [], set()

    def walk(node, trail):
        if node in trail:
            found.append([*trail[trail.index(node):], node])
            return
        if node in done:
            return
        for following in sorted(graph.get(node, ())):
            walk(following, [*trail, node])
        done.add(node)

    for node in sorted(graph):
        walk(node, [])
    return found


def includes_from_root(tree):
    """A quoted include names a file from the repository root."""
    problems = []
    for path in tree.select(CPP_SUFFIXES):
        if path.startswith(XEN_STYLE_FOLDERS):
            continue
        for line, text in tree.lines(path):
            match = QUOTED_INCLUDE.match(text)
            if match and (".." in match.group(1) or not tree.exists(match.group(1))):
                problems.append(Problem(path, line, f'"{match.group(1)}" is not a path from the repository root'))
    return problems


def meson_dependencies(tree, table=None):
    """A folder's meson.build uses only dependency objects of folders that it may include."""
    table = table or load_table()
    builds = [p for p in tree.paths if p.endswith("/meson.build") and folder_of(p, table)]
    defined_in = {}
    for path in builds:
        for name in MESON_DEFINES.findall(tree.text(path)):
            defined_in[name] = folder_of(path, table)
    problems = []
    for path in builds:
        source = folder_of(path, table)
        for line, text in tree.lines(path):
            for name in MESON_USES.findall(text.split("#", 1)[0]):
                target = defined_in.get(name)
                if target and not may_use(table, source, target):
                    problems.append(Problem(path, line, f"{source} may not link {name} of {target}; see tests/tidy/layers.toml"))
    return problems
