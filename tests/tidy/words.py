# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""What no file may say: hosts and paths of one machine, marks of unfinished work; and no test sleeps."""

import os
import pathlib
import re
import urllib.parse

from tree import Problem

# In pieces, so that this file passes its own rule.
UNFINISHED = re.compile(
    r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|TB" r"D)\b|(?i:\bplace" r"holders?\b|\bstub(?:s|bed)?\b|\bfor " r"now\b"
    r"|\bcoming " r"soon\b|\bnot (?:yet )?imple" r"mented\b|\blorem ip" r"sum\b)")
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])/(?:home/[a-z]\w*|Users/\w+|wo" r"rk/\w+|tm" r"p/\w+)|/root/\.cache|~/\.cache/(?!zetatron)")
LOCAL_HOSTS = {"", "localhost", "127.0.0.1", "::1"}
URL = re.compile(r"\b(?:https?|ftp|mirror\+https?)://[^\s\"'<>;]+")
APT_FILES = ("/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/apt/apt.conf", "/etc/apt/apt.conf.d",
             "/etc/apt/mirrors")
PROXY_VARIABLES = ("http_proxy", "https_proxy", "ftp_proxy", "HTTP_PROXY", "HTTPS_PROXY", "PIP_INDEX_URL")

SLEEPS = [
    (re.compile(r"\.(c|h|cpp|hpp)$"), re.compile(r"\bsleep_(for|until)\b|\b(u|nano|clock_nano)?sleep\s*\(")),
    (re.compile(r"\.py$"), re.compile(r"\b(time|asyncio|anyio|trio)\.sleep\s*\(|^\s*from (time|asyncio) import .*\bsleep\b")),
    (re.compile(r"(\.sh|/[^./]+)$"), re.compile(r"(^|[;&|(]|\bdo|\bthen|\belse|\btime)\s*sleep\s|\btime\.sleep\s*\(")),
]


def configured_hosts(apt_files=APT_FILES, environment=os.environ):
    """Hosts that this machine fetches packages from, read from its configuration and never written down."""
    text = [environment.get(name, "") for name in PROXY_VARIABLES]
    for name in apt_files:
        path = pathlib.Path(name)
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            if file.is_file():
                text.append(file.read_text(errors="replace"))
    hosts = {urllib.parse.urlsplit(url.removeprefix("mirror+")).hostname or "" for url in URL.findall("\n".join(text))}
    return hosts - LOCAL_HOSTS


def host_names(tree, hosts=None):
    hosts = configured_hosts() if hosts is None else hosts
    if not hosts:
        return []
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(h)}(?![\w-])" for h in sorted(hosts)))
    return [Problem(path, line, "names a host of this machine's package configuration; derive it when needed")
            for path in tree.text_files() for line, text in tree.lines(path) if pattern.search(text)]


def machine_paths(tree):
    return [Problem(path, line, f"names the path {match.group(0)}…; take it from a variable, mktemp or the build root")
            for path in tree.text_files() for line, text in tree.lines(path)
            if (match := MACHINE_PATH.search(text))]


def unfinished(tree):
    return [Problem(path, line, f"“{match.group(0)}”: finish it, or leave it out and name it in the documents")
            for path in tree.text_files() for line, text in tree.lines(path)
            if (match := UNFINISHED.search(text))]


def sleeps(tree):
    problems = []
    for path in tree.select(under=("tests/",)):
        if path.startswith("tests/tidy/") or not tree.is_text(path):
            continue
        for name, call in SLEEPS:
            if name.search(path):
                problems += [Problem(path, line, "a test sleeps; wait for the event with a deadline")
                             for line, text in tree.lines(path) if call.search(text)]
                break
    return problems
