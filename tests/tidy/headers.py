# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Every header is guarded and stands alone: including just it compiles."""

import concurrent.futures
import hashlib
import os
import re
import shlex
import shutil
import subprocess

from layers import ANY_INCLUDE
from tree import HEADER_SUFFIXES, XEN_STYLE_FOLDERS, Problem, cache_folder

# Headers that C must accept too. The rest of `.h` would be C++ with a wrong suffix.
C_HEADER_FOLDERS = ("hypervisor/abi/", "figcom-vbus/wire/")
CXX = ["g++", "-std=c++23", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
C = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]

# Folders whose build adds include paths (their meson.build says why): the harness stands in for Xen's headers.
FOLDER_FLAGS = {"tests/overlay/": ["-D__XEN__", "-I", "tests/overlay/harness", "-I", "hypervisor/overlay/xen/include"]}


def own_headers(tree):
    return [p for p in tree.select(HEADER_SUFFIXES) if not p.startswith(XEN_STYLE_FOLDERS)]


def pragma_once(tree):
    """`#pragma once` in our headers. In C headers meant for other trees, an include guard does as well."""
    problems = []
    for path in own_headers(tree):
        text = tree.text(path)
        guarded = re.search(r"^#ifndef (\w+)\n#define \1\b", text, re.MULTILINE) and path.startswith(C_HEADER_FOLDERS)
        if not guarded and not re.search(r"^#pragma once$", text, re.MULTILINE):
            problems.append(Problem(path, 1, "no `#pragma once`; add it below the SPDX lines"))
    return problems


def closure(tree, path, seen=None):
    """`path` and every file of the tree that it includes, directly or not."""
    seen = set() if seen is None else seen
    if path not in seen:
        seen.add(path)
        for _, text in tree.lines(path):
            match = ANY_INCLUDE.match(text)
            if match and tree.exists(match.group(1)):
                closure(tree, match.group(1), seen)
    return seen


def fingerprint(tree, path, command):
    """Changes when the header, anything of ours below it, or the command changes."""
    digest = hashlib.sha256(shlex.join(command).encode())
    for name in sorted(closure(tree, path)):
        digest.update(name.encode() + b"\0" + (tree.root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def compiles_alone(tree, path, language, cache):
    """None, or the compiler's first words against a file that includes only `path`."""
    base = C if language == "c" else CXX
    extra = next((flags for folder, flags in FOLDER_FLAGS.items() if path.startswith(folder)), [])
    command = [*base, *extra, "-I", ".", "-x", language, "-"]
    known = cache / fingerprint(tree, path, command) if cache else None
    if known and known.exists():
        return None
    done = subprocess.run(command, input=f'#include "{path}"\n', text=True, capture_output=True, cwd=tree.root)
    if done.returncode == 0:
        if known:
            known.touch()
        return None
    first = next((line for line in done.stderr.splitlines() if "error:" in line), done.stderr.strip())
    return Problem(path, 1, f"does not compile alone as {language}: {first}; include what it uses")


def self_contained(tree, cached=True):
    cache = cache_folder("headers") if cached else None
    work = [(p, "c++") for p in own_headers(tree)]
    work += [(p, "c") for p in tree.select((".h",), under=C_HEADER_FOLDERS)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda item: compiles_alone(tree, *item, cache), work)
        return [r for r in results if r]


def compilers_missing():
    return [tool for tool in ("gcc", "g++") if not shutil.which(tool)]
