# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The source tree: unpacked once, ours placed and removed, modification times kept."""

import os
import tarfile

import pytest
from buildlib import hooks, tree
from buildlib.errors import BuildError

HOOK = hooks.Hook("h", "t.hook", "after", ["two"], ["ours"])


@pytest.fixture(name="unpacked")
def fixture_unpacked(tmp_path):
    """A tree from a tarball of one file."""
    upstream = tmp_path / "up/xen/a.c"
    upstream.parent.mkdir(parents=True)
    upstream.write_text("one\ntwo\n")
    tarball = tmp_path / "xen.tar"
    with tarfile.open(tarball, "w") as archive:
        archive.add(tmp_path / "up", "xen-1")
    made = tree.Tree(tmp_path / "out")
    (tmp_path / "out").mkdir()
    assert made.unpack(tarball, {"sha256": "1"})
    return tmp_path, made, tarball


def old(path):
    os.utime(path, (1, 1))
    return path


def test_the_same_source_is_unpacked_once(unpacked):
    folder, made, tarball = unpacked
    assert not made.unpack(tarball, {"sha256": "1"})
    assert not tree.Tree(folder / "out").unpack(tarball, {"sha256": "1"})
    assert tree.Tree(folder / "out").unpack(tarball, {"sha256": "2"})


def test_a_cut_unpacking_starts_anew(unpacked):
    folder, made, tarball = unpacked
    (folder / "out/state.json").unlink()
    (made.root / "xen/a.c").write_text("half")
    again = tree.Tree(folder / "out")
    assert again.source is None
    assert again.unpack(tarball, {"sha256": "1"})
    assert (again.root / "xen/a.c").read_text() == "one\ntwo\n"


def test_a_damaged_tarball_is_one_line(unpacked):
    folder, made, _ = unpacked
    (folder / "bad.tar").write_bytes(b"not a tarball" * 100)
    with pytest.raises(BuildError, match="bad.tar: unpacking failed"):
        made.unpack(folder / "bad.tar", {"sha256": "3"})


def test_hooks_apply_to_upstreams_text_however_often(unpacked):
    folder, made, _ = unpacked
    assert made.apply_hooks({"xen/a.c": [HOOK]}) == 1
    assert (made.root / "xen/a.c").read_text() == "one\ntwo\nours\n"
    old(made.root / "xen/a.c")
    assert tree.Tree(folder / "out").apply_hooks({"xen/a.c": [HOOK]}) == 0
    assert (made.root / "xen/a.c").stat().st_mtime == 1


def test_a_removed_hook_restores_upstreams_text(unpacked):
    _, made, _ = unpacked
    made.apply_hooks({"xen/a.c": [HOOK]})
    assert made.apply_hooks({}) == 1
    assert (made.root / "xen/a.c").read_text() == "one\ntwo\n"


def test_one_bad_hook_changes_no_file(unpacked):
    _, made, _ = unpacked
    (made.root / "xen/b.c").write_text("three\n")
    with pytest.raises(BuildError, match="xen/b.c"):
        made.apply_hooks({"xen/a.c": [HOOK], "xen/b.c": [HOOK]})
    assert (made.root / "xen/a.c").read_text() == "one\ntwo\n"


def test_a_hook_for_a_file_that_upstream_does_not_have(unpacked):
    _, made, _ = unpacked
    with pytest.raises(BuildError, match="xen/gone.c"):
        made.apply_hooks({"xen/gone.c": [HOOK]})


def test_overlay_files_are_placed_kept_and_removed(unpacked):
    folder, made, _ = unpacked
    ours = folder / "ours.c"
    ours.write_text("first\n")
    assert made.place_overlay({"xen/ours.c": ours}) == 1
    old(made.root / "xen/ours.c")
    assert tree.Tree(folder / "out").place_overlay({"xen/ours.c": ours}) == 0
    assert (made.root / "xen/ours.c").stat().st_mtime == 1
    ours.write_text("second\n")
    assert tree.Tree(folder / "out").place_overlay({"xen/ours.c": ours}) == 1
    assert tree.Tree(folder / "out").place_overlay({}) == 1
    assert not (made.root / "xen/ours.c").exists()


def test_an_overlay_file_must_not_replace_upstreams(unpacked):
    folder, made, _ = unpacked
    (folder / "ours.c").write_text("x")
    with pytest.raises(BuildError, match="exists upstream"):
        made.place_overlay({"xen/a.c": folder / "ours.c"})
    assert (made.root / "xen/a.c").read_text() == "one\ntwo\n"
