# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Debian's Xen source: chosen, downloaded and verified through apt's signed index."""

import functools
import hashlib
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError

PACKAGE = "xen"
BRANCH = "4.20."  # the tools of the control domain speak this branch's control ABI
_ORIG_LINE = re.compile(r"^'(?P<uri>[^']+)' (?P<name>\S+\.orig\.tar\.xz) \d+ SHA256:(?P<sha256>[0-9a-f]{64})$")
_UNREACHABLE = ("Could not resolve", "Could not connect", "Unable to connect", "Connection failed", "timed out",
                "Temporary failure", "Network is unreachable", "Connection refused")


@dataclass(frozen=True)
class Source:
    """One version of the upstream tarball as the signed index describes it."""

    version: str
    uri: str
    name: str
    sha256: str

    @property
    def upstream(self) -> str:
        """Version without Debian's revision, such as 4.20.4+63-g7abfd2bce2."""
        return self.version.rpartition("-")[0]


def _compare(left: Source, right: Source) -> int:
    """dpkg's order of versions."""
    for relation, value in (("gt", 1), ("lt", -1)):
        if subprocess.run(["dpkg", "--compare-versions", left.version, relation, right.version], check=False).returncode == 0:
            return value
    return 0


def source_lines(list_files: list[Path]) -> list[str]:
    """deb-src lines for the archives that the build root itself installs from (one-line and deb822 files)."""
    lines: list[str] = []
    for path in list_files:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".sources":
            lines.extend(_deb822_lines(text))
            continue
        for line in text.splitlines():
            match = re.match(r"^\s*deb(?:-src)?\s+(.*)$", line)
            if match:
                lines.append("deb-src " + match.group(1).strip())
    return sorted(set(lines))


def _deb822_lines(text: str) -> list[str]:
    lines = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"(?mi)^(uris|suites|components|signed-by|enabled):[ \t]*(.*)$", stanza))
        fields = {key.lower(): value.strip() for key, value in fields.items()}
        if "uris" not in fields or fields.get("enabled", "yes").lower() in ("no", "false"):
            continue
        options = f"[signed-by={fields['signed-by']}] " if fields.get("signed-by", "").startswith("/") else ""
        for uri in fields["uris"].split():
            for suite in fields.get("suites", "").split():
                lines.append(f"deb-src {options}{uri} {suite} {fields.get('components', '')}".rstrip())
    return lines


class Apt:
    """apt with its own lists, so that the root's configuration and state stay as they are."""

    def __init__(self, state: Path, etc_apt: Path = Path("/etc/apt")):
        self._state = state
        self._etc_apt = etc_apt

    def _options(self, scratch: Path) -> list[str]:
        for folder in ("lists/partial", "cache/archives/partial"):
            (self._state / folder).mkdir(parents=True, exist_ok=True)
        files = [self._etc_apt / "sources.list", *sorted((self._etc_apt / "sources.list.d").glob("*"))]
        lines = source_lines([path for path in files if path.suffix in (".list", ".sources") and path.is_file()])
        if not lines:
            raise BuildError("the build root has no package source", "make the build root anew")
        (scratch / "sources.list").write_text("\n".join(lines) + "\n", encoding="utf-8")
        settings = {
            "Dir::Etc::SourceList": scratch / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": self._state / "lists",
            "Dir::Cache": self._state / "cache",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "20",
        }
        return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]

    def run(self, tool: str, *arguments: str) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory() as folder:
            command = [tool, *self._options(Path(folder)), *arguments]
            environment = {**os.environ, "LC_ALL": "C.UTF-8"}
            return subprocess.run(command, text=True, capture_output=True, check=False, env=environment)

    def versions(self) -> list[Source]:
        """Every version of this branch in the signed index, newest first; empty when there is no index yet."""
        shown = self.run("apt-cache", "showsrc", "--only-source", PACKAGE)
        found = []
        for version in sorted(set(re.findall(r"(?m)^Version: (\S+)$", shown.stdout))):
            if not version.startswith(BRANCH):
                continue
            uris = self.run("apt-get", "source", "--print-uris", f"{PACKAGE}={version}")
            for line in uris.stdout.splitlines():
                match = _ORIG_LINE.match(line)
                if match:
                    found.append(Source(version, match["uri"], match["name"], match["sha256"]))
        return sorted(found, key=functools.cmp_to_key(_compare), reverse=True)

    def update(self) -> None:
        """Fetches the signed source indexes. Raises BuildError when the registry does not answer."""
        result = self.run("apt-get", "-q", "update", "--error-on=any")
        if result.returncode != 0:
            raise _explain(result.stdout + result.stderr, "the package index")


def _explain(output: str, what: str) -> BuildError:
    """One line out of apt's many."""
    errors = [line[3:].strip() for line in output.splitlines() if line.startswith("E: ")]
    reason = re.sub(r"\S+://\S+\s*", "", errors[0]).strip() if errors else "no reason given"
    if "No space left" in output:
        return BuildError(f"no space left while downloading {what}", "free some space and run again")
    if any(mark in output for mark in _UNREACHABLE):
        return BuildError(f"the package registry cannot be reached for {what}",
                          "check the network or the host's apt configuration, then run again")
    return BuildError(f"downloading {what} failed ({reason})", "check the host's apt configuration, then run again")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(path: Path, source: Source) -> None:
    """Raises BuildError, and removes the file, when its bytes are not the ones that the signed index promises."""
    actual = sha256_of(path)
    if actual != source.sha256:
        path.unlink()
        raise BuildError(f"{path.name}: bad checksum, SHA-256 is {actual[:16]}…, the signed index says {source.sha256[:16]}…",
                         "the file was removed, run again; if it stays so, do not trust this mirror")


def _download(apt: Apt, source: Source, cache: Path) -> Path | None:
    """The verified tarball, or None where the mirror lists the version but does not hold its file."""
    final = cache / source.name
    if final.exists():
        verify(final, source)
        return final
    partial = cache / f".{source.name}.partial"
    partial.unlink(missing_ok=True)
    result = apt.run("/usr/lib/apt/apt-helper", "download-file", source.uri, str(partial), f"SHA256:{source.sha256}")
    if result.returncode != 0:
        partial.unlink(missing_ok=True)
        if re.search(r"\b(404|410)\b", result.stderr + result.stdout):
            return None
        if "Hash Sum mismatch" in result.stderr:
            raise BuildError(f"{source.name}: bad checksum, the mirror's bytes differ from the signed index",
                             "run again later; if it stays so, do not trust this mirror")
        raise _explain(result.stdout + result.stderr, source.name)
    verify(partial, source)
    os.replace(partial, final)
    return final


def obtain(apt: Apt, cache: Path, say) -> tuple[Source, Path]:
    """The newest version of the branch that the mirror serves, as a verified file in `cache`.

    Mirrors drop superseded source files and sometimes lack the newest one:
    an older version of the same signed index is then used, and said.
    """
    cache.mkdir(parents=True, exist_ok=True)
    try:
        apt.update()
    except BuildError as error:
        cached = next(((s, cache / s.name) for s in apt.versions() if (cache / s.name).exists()), None)
        if cached is None:
            raise
        say(f"note: {error}; using the verified download {cached[0].name}")
        verify(cached[1], cached[0])
        return cached
    versions = apt.versions()
    if not versions:
        raise BuildError(f"the package index holds no source of {PACKAGE} {BRANCH}x",
                         "the build root must be Debian 13: make it anew")
    for source in versions:
        path = _download(apt, source, cache)
        if path is not None:
            return source, path
        say(f"warning: the mirror lists {PACKAGE} {source.version} but does not serve {source.name}; trying the next older one")
    raise BuildError(f"the mirror serves none of the {len(versions)} listed sources of {PACKAGE}",
                     "use another Debian mirror on the host and make the build root anew")
