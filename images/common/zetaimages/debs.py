# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Chooses, downloads and unpacks Debian packages without running their scripts.

apt's own solver and signature checks do the work, against the build root's
sources. Packages that an image does without are shown to the solver as already
installed, so that neither they nor what only they need is fetched.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import pathlib
import re
import subprocess
import tempfile

from zetaimages import BuildError

CACHE = pathlib.Path("/zeta/cache/apt")


@dataclasses.dataclass(frozen=True)
class Package:
    """One package of an image, as downloaded."""

    name: str
    version: str
    path: pathlib.Path
    sha256: str


def read_list(path: pathlib.Path) -> list[str]:
    """The entries of a list file: one a line, comments and blank lines left out."""
    lines = (line.split("#", 1)[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def run(command: list[str], what: str, **options) -> str:
    """Runs a command and returns its output; its failure is one line that ends with its own last words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise BuildError(f"{what} failed: {words[-1]}")
    return done.stdout


def _apt_options(status: pathlib.Path) -> list[str]:
    return [
        "-o", f"Dir::State::status={status}", "-o", f"Dir::State::lists={CACHE / 'lists'}",
        "-o", f"Dir::Cache::archives={CACHE}", "-o", f"Dir::Cache::pkgcache={CACHE / 'pkgcache.bin'}",
        "-o", f"Dir::Cache::srcpkgcache={CACHE / 'srcpkgcache.bin'}",
        "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", "-o", 'Acquire::Languages="none"',
    ]


def _update(options: list[str]) -> None:
    run(["apt-get", "-qq", *options, "update"], "reading the package lists (is the network reachable?)")


def _status_of_absent(absent: list[str], options: list[str]) -> str:
    """A dpkg status file that claims each absent package at its newest version."""
    if not absent:
        return ""
    policy = run(["apt-cache", *options, "policy", *absent], "asking apt for versions")
    entries = []
    for name, version in re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: (\S+)", policy, re.MULTILINE):
        if version != "(none)":
            entries.append(
                f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: allowed\n"
                f"Version: {version}\nMaintainer: none\nDescription: left out of the image\n"
            )
    return "\n".join(entries)


def _file_name(name: str, version: str, architecture: str) -> str:
    return f"{name}_{version.replace(':', '%3a')}_{architecture}.deb"


def fetch(wanted: list[str], absent: list[str]) -> list[Package]:
    """The packages `wanted` with what they depend on, downloaded once into the shared cache.

    The package lists are read once and kept, so that a second build chooses the same versions. Where the archive no
    longer has one of those versions, the lists are read again.
    """
    for folder in (CACHE / "partial", CACHE / "lists/partial"):
        folder.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as lock, tempfile.TemporaryDirectory() as folder:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builders may share the cache
        status = pathlib.Path(folder) / "status"
        options = _apt_options(status)
        status.touch()
        if not any((CACHE / "lists").glob("*_Packages*")):
            _update(options)
        try:
            plan = _download(wanted, absent, status, options)
        except BuildError:
            _update(options)
            plan = _download(wanted, absent, status, options)
    chosen = re.findall(r"^Inst (\S+) \((\S+) .*\[(\S+)\]\)", plan, re.MULTILINE)
    packages = []
    for name, version, architecture in sorted(chosen):
        path = CACHE / _file_name(name, version, architecture)
        if not path.exists():
            raise BuildError(f"package {name} {version} is not in the download cache: remove {CACHE} and build again")
        packages.append(Package(name, version, path, hashlib.sha256(path.read_bytes()).hexdigest()))
    return packages


def _download(wanted: list[str], absent: list[str], status: pathlib.Path, options: list[str]) -> str:
    """Downloads what the cache lacks; returns apt's plan."""
    status.write_text("", encoding="utf-8")
    status.write_text(_status_of_absent(absent, options), encoding="utf-8")
    install = ["-y", "--no-install-recommends", *options, "install", *wanted]
    plan = run(["apt-get", "-s", *install], "choosing packages (is the network reachable?)")
    run(["apt-get", "--download-only", *install], "downloading packages")
    return plan


def unpack(package: Package, root: pathlib.Path, only: list[str] | None = None) -> None:
    """Unpacks the files of a package (all, or those that match `only`) below `root`."""
    tar = ["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", str(root)]
    if only:
        tar += ["--wildcards", *only]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package.path)], stdout=subprocess.PIPE) as source:
        run(tar, f"unpacking {package.name}", stdin=source.stdout)
