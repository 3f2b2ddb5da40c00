#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over the files that changed since the last commit, or over all.

The slow static check: `./zeta shell tests/tidy/clang_tidy.py [--all] [FILE…]`.
A file that was clean is not looked at again until it, a header of ours below
it, its compile command, .clang-tidy or clang-tidy itself changes.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

from headers import closure
from tree import ROOT, XEN_STYLE_FOLDERS, Tree, cache_folder

TOOL = "clang-tidy-19"
# Options of GCC that clang does not know are not findings.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--quiet"]
PRODUCT_FOLDERS = ("hypervisor/", "figcom-vbus/", "guest-adapters/", "control-domain/", "images/")


def compile_commands(build, root=ROOT):
    """{path from the root: command} of the translation units that belong to the tree."""
    with open(pathlib.Path(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = json.load(file)
    found = {}
    for entry in entries:
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(root):
            found[path.relative_to(root).as_posix()] = entry.get("command") or shlex.join(entry["arguments"])
    return found


def changed_files(root=ROOT):
    """What differs from the last commit, new files included."""
    git = ["git", "-c", "safe.directory=*", "-C", str(root)]
    listing = [[*git, "diff", "--name-only", "HEAD"], [*git, "ls-files", "--others", "--exclude-standard"]]
    return {line for command in listing
            for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()}


def select(tree, units, wanted):
    """Units to check: those wanted, and those that include a wanted header. None wants all."""
    return [u for u in sorted(units) if wanted is None or closure(tree, u, set()) & wanted]


def fingerprint(tree, unit, command, tool_version):
    digest = hashlib.sha256(f"{tool_version}\0{command}\0".encode())
    settings = [p for p in tree.paths if p.rsplit("/", 1)[-1] == ".clang-tidy"]
    for name in [*settings, *sorted(closure(tree, unit, set()))]:
        digest.update(name.encode() + b"\0" + (tree.root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def from_root(tree, build, path):
    """clang-tidy names files relative to the build folder."""
    file = pathlib.Path(build, path).resolve()
    return file.relative_to(tree.root).as_posix() if file.is_relative_to(tree.root) else path


def check(tree, build, unit):
    """The findings of one unit, each on its first line."""
    done = subprocess.run([TOOL, "-p", str(build), *EXTRA, unit], cwd=tree.root, capture_output=True, text=True)
    matches = [re.match(r"(.+?)(:\d+:\d+: (?:warning|error): .*)", line) for line in done.stdout.splitlines()]
    found = [from_root(tree, build, m.group(1)) + m.group(2) for m in matches if m]
    if done.returncode != 0 and not found:
        found = [f"{unit}:1: {TOOL} ended with {done.returncode}: {done.stderr.strip()[-300:]}"]
    return found


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-p", dest="build", default="/zeta/out/build", help="Meson build folder (default %(default)s)")
    parser.add_argument("--all", action="store_true", help="every translation unit of the product")
    parser.add_argument("files", nargs="*", help="only these, and what includes them")
    return parser.parse_args(arguments)


def main(arguments=None):
    options = parse(arguments)
    if not shutil.which(TOOL):
        print(f"clang_tidy: {TOOL} is not installed: run it by ./zeta shell", file=sys.stderr)
        return 2
    try:
        commands = compile_commands(options.build)
    except OSError as error:
        print(f"clang_tidy: {options.build}: {error.strerror}: run ./zeta build first, or name a build folder with -p", file=sys.stderr)
        return 2
    tree = Tree.of_repository()
    units = [u for u in commands if u.startswith(PRODUCT_FOLDERS) and not u.startswith(XEN_STYLE_FOLDERS)]
    units = select(tree, units, None if options.all else set(options.files) or changed_files())
    version = subprocess.run([TOOL, "--version"], capture_output=True, text=True).stdout
    cache = cache_folder("clang-tidy")
    stamps = {u: cache / fingerprint(tree, u, commands[u], version) for u in units}
    fresh = [u for u in units if not stamps[u].exists()]
    findings = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for unit, found in zip(fresh, pool.map(lambda u: check(tree, options.build, u), fresh)):
            for line in sorted(set(found) - findings):
                print(line, flush=True)
            findings.update(found)
            if not found:
                stamps[unit].touch()
    print(f"clang_tidy: {len(units)} unit(s), {len(units) - len(fresh)} unchanged since they were clean, {len(findings)} finding(s)")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
