# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Where the source comes from: which version, which errors, what is kept."""

import hashlib
import subprocess

import pytest
from buildlib import source
from buildlib.errors import BuildError

CONTENT = b"tarball"
GOOD = hashlib.sha256(CONTENT).hexdigest()


class FakeApt:
    """Answers as apt does. `served` maps file names to bytes; others are 404."""

    def __init__(self, versions, served, update_error=None, download_error=None):
        self._versions, self._served = versions, served
        self._update_error, self._download_error = update_error, download_error
        self.downloads = []

    def update(self):
        if self._update_error:
            raise self._update_error

    def versions(self):
        return self._versions

    def run(self, tool, action, uri, target, _checksum):
        assert tool.endswith("apt-helper") and action == "download-file"
        self.downloads.append(uri)
        if self._download_error:
            return subprocess.CompletedProcess([], 100, "", self._download_error)
        name = uri.rpartition("/")[2]
        if name not in self._served:
            return subprocess.CompletedProcess([], 100, "", "E: Failed to fetch x  404  Not Found [IP: 192.0.2.1 80]\n")
        with open(target, "wb") as file:
            file.write(self._served[name])
        return subprocess.CompletedProcess([], 0, "", "")


def version(text, checksum=GOOD):
    return source.Source(text, f"pool/xen_{text}.orig.tar.xz", f"xen_{text}.orig.tar.xz", checksum)


NEW, OLD = version("4.20.4-1"), version("4.20.3-1")


def test_the_newest_version_is_taken(tmp_path):
    apt = FakeApt([NEW, OLD], {NEW.name: CONTENT, OLD.name: CONTENT})
    found, path = source.obtain(apt, tmp_path, print)
    assert found == NEW and path.read_bytes() == CONTENT
    assert [p.name for p in tmp_path.iterdir()] == [NEW.name]


def test_an_older_signed_version_is_taken_and_said_when_the_newest_is_not_served(tmp_path):
    said = []
    found, _ = source.obtain(FakeApt([NEW, OLD], {OLD.name: CONTENT}), tmp_path, said.append)
    assert found == OLD
    assert len(said) == 1 and "4.20.4-1" in said[0]


def test_a_verified_download_is_not_fetched_again(tmp_path):
    apt = FakeApt([NEW], {NEW.name: CONTENT})
    source.obtain(apt, tmp_path, print)
    source.obtain(apt, tmp_path, print)
    assert len(apt.downloads) == 1


def test_wrong_bytes_are_refused_and_not_kept(tmp_path):
    with pytest.raises(BuildError, match="bad checksum"):
        source.obtain(FakeApt([NEW], {NEW.name: b"evil"}), tmp_path, print)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_download_in_the_cache_is_removed(tmp_path):
    (tmp_path / NEW.name).write_bytes(b"evil")
    with pytest.raises(BuildError, match="bad checksum"):
        source.obtain(FakeApt([NEW], {}), tmp_path, print)
    assert not (tmp_path / NEW.name).exists()


def test_a_wrong_checksum_does_not_fall_back_to_an_older_version(tmp_path):
    with pytest.raises(BuildError, match="bad checksum"):
        source.obtain(FakeApt([NEW, OLD], {NEW.name: b"evil", OLD.name: CONTENT}), tmp_path, print)


def test_an_unreachable_registry_says_so(tmp_path):
    error = "E: Failed to fetch x  Could not resolve 'mirror.invalid'\n"
    with pytest.raises(BuildError, match="cannot be reached"):
        source.obtain(FakeApt([NEW, OLD], {}, download_error=error), tmp_path, print)


def test_without_registry_a_verified_download_is_used(tmp_path):
    (tmp_path / OLD.name).write_bytes(CONTENT)
    apt = FakeApt([NEW, OLD], {}, update_error=BuildError("the package registry cannot be reached", "x"))
    found, _ = source.obtain(apt, tmp_path, lambda text: None)
    assert found == OLD


def test_without_registry_and_download_the_error_stands(tmp_path):
    apt = FakeApt([NEW], {}, update_error=BuildError("the package registry cannot be reached", "x"))
    with pytest.raises(BuildError, match="cannot be reached"):
        source.obtain(apt, tmp_path, print)


def test_nothing_served_and_nothing_listed(tmp_path):
    with pytest.raises(BuildError, match="none of the 2"):
        source.obtain(FakeApt([NEW, OLD], {}), tmp_path, lambda text: None)
    with pytest.raises(BuildError, match="holds no source"):
        source.obtain(FakeApt([], {}), tmp_path, print)


def test_a_full_disk_says_so(tmp_path):
    error = "E: Failed to fetch x  Error writing to output file - write (28: No space left on device)\n"
    with pytest.raises(BuildError, match="no space left"):
        source.obtain(FakeApt([NEW], {}, download_error=error), tmp_path, print)


def test_versions_are_ordered_as_dpkg_orders_them():
    order = [version("4.20.10-1"), version("4.20.9-1"), version("4.20.9~rc1-1")]
    assert source._compare(order[0], order[1]) == 1
    assert source._compare(order[2], order[1]) == -1
    assert source._compare(order[1], order[1]) == 0


def test_source_lines_come_from_both_formats(tmp_path):
    one_line, stanzas = tmp_path / "sources.list", tmp_path / "debian.sources"
    one_line.write_text("# comment\ndeb [signed-by=/k] mirror:x trixie main\ndeb-src mirror:x trixie main\n")
    stanzas.write_text("Types: deb\nURIs: mirror:y\nSuites: trixie trixie-updates\nComponents: main\nSigned-By: /k\n\n"
                       "Types: deb\nURIs: mirror:off\nSuites: z\nComponents: main\nEnabled: no\n")
    assert source.source_lines([one_line, stanzas]) == [
        "deb-src [signed-by=/k] mirror:x trixie main",
        "deb-src [signed-by=/k] mirror:y trixie main",
        "deb-src [signed-by=/k] mirror:y trixie-updates main",
        "deb-src mirror:x trixie main",
    ]


def test_the_version_without_debians_revision():
    assert version("4.20.4+63-g7abfd2bce2-0+deb13u1").upstream == "4.20.4+63-g7abfd2bce2"


def test_an_index_that_fails_for_want_of_a_network_says_so(tmp_path, monkeypatch):
    """apt's last word is about a missing Release file; the reason stands among its progress lines."""
    answer = subprocess.CompletedProcess([], 100, "Err:1 x trixie InRelease\n  Temporary failure resolving 'mirror.invalid'\n",
                                         "E: The repository 'x trixie Release' does not have a Release file.\n")
    monkeypatch.setattr(source.Apt, "run", lambda *_: answer)
    with pytest.raises(BuildError, match="cannot be reached for the package index"):
        source.Apt(tmp_path).update()
