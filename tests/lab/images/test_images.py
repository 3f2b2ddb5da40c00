# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""The images are reproducible, small, and what their manifests say. No lab is started."""

import hashlib
import json
import pathlib
import stat
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
OUT = pathlib.Path("/zeta/out")
sys.path.insert(0, str(ROOT / "images/common"))

from zetaimages import debs, kernel, newc  # noqa: E402

CONTROL_FILES = ("vmlinuz", "initrd", "root.erofs", "manifest.json")
MODULE_LISTS = ("modules.boot", "modules.state")
SHELL_FILES = ("vmlinuz", "vmlinuz-hvm", "initrd", "manifest.json")


def digests(folder, names):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def build(recipe, output, *arguments):
    done = subprocess.run([ROOT / recipe, "--output", output, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return output


def archive_paths(data):
    """The paths of a newc archive, read independently of the writer."""
    position, paths = 0, {}
    while True:
        assert data[position : position + 6] == b"070701"
        fields = [int(data[position + 6 + 8 * i : position + 14 + 8 * i], 16) for i in range(13)]
        mode, size, name_bytes = fields[1], fields[6], fields[11]
        name = data[position + 110 : position + 110 + name_bytes - 1].decode()
        if name == "TRAILER!!!":
            return paths
        position += (110 + name_bytes + 3) // 4 * 4
        paths[name] = (mode, data[position : position + size])
        position += (size + 3) // 4 * 4


@pytest.fixture(scope="module")
def task_shells(tmp_path_factory):
    """Two builds from the same inputs, in folders of different names."""
    base = tmp_path_factory.mktemp("shells")
    return [build("images/task-shells/linux/build", base / name) for name in ("first", "a-second-place")]


@pytest.fixture(scope="module")
def controls(tmp_path_factory, task_shells):
    base = tmp_path_factory.mktemp("controls")
    return [build("images/control-domain/build", base / name, "--task-shell", task_shells[0])
            for name in ("first", "a-second-place")]


def test_task_shell_built_twice_is_the_same_bytes(task_shells):
    assert digests(task_shells[0], SHELL_FILES) == digests(task_shells[1], SHELL_FILES)


def test_control_domain_built_twice_is_the_same_bytes(controls):
    assert digests(controls[0], CONTROL_FILES) == digests(controls[1], CONTROL_FILES)


def test_control_domain_is_at_most_250_megabytes(controls):
    size = sum((controls[0] / name).stat().st_size for name in CONTROL_FILES)
    assert size <= 250 * 10**6


def test_manifests_tell_the_truth(controls, task_shells):
    for folder in (controls[0], task_shells[0]):
        content = json.loads((folder / "manifest.json").read_text())
        assert content["absent_programs"] == []
        for name, facts in content["files"].items():
            data = (folder / name).read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (facts["bytes"], facts["sha256"])
        cached = {hashlib.sha256(path.read_bytes()).hexdigest() for path in debs.CACHE.glob("*.deb")}
        assert {package["sha256"] for package in content["packages"]} <= cached
        assert sorted(archive_paths((folder / "initrd").read_bytes())) == content["initrd_files"]


def test_control_initrd_holds_only_the_first_process_and_the_listed_modules(controls):
    paths = archive_paths((controls[0] / "initrd").read_bytes())
    loaded = {name: paths[name][1].decode().splitlines() for name in MODULE_LISTS}
    files = {name for name, (mode, _) in paths.items() if stat.S_ISREG(mode)}
    assert files == {"init", *MODULE_LISTS} | {line.lstrip("/") for lines in loaded.values() for line in lines}
    for name, lines in loaded.items():
        wanted = {line.split()[0].replace("-", "_")
                  for line in debs.read_list(ROOT / "images/control-domain" / name)}
        names = [pathlib.PurePosixPath(line).stem.replace("-", "_") for line in lines]
        assert wanted <= set(names)
        assert len(names) == len(set(names)) < 16


@pytest.mark.parametrize("name", MODULE_LISTS)
def test_a_module_is_loaded_after_what_it_needs(controls, name):
    paths = archive_paths((controls[0] / "initrd").read_bytes())
    seen = set()
    for line in paths[name][1].decode().splitlines():
        data = paths[line.lstrip("/")][1]
        depends = next(part for part in data.split(b"\0") if part.startswith(b"depends=")).decode()[8:]
        needs = {name.replace("-", "_") for name in depends.split(",") if name}
        assert needs <= seen, f"{line} needs {needs - seen} first"
        seen.add(pathlib.PurePosixPath(line).stem.replace("-", "_"))


def test_the_root_image_is_sound_and_has_what_boots(controls):
    image = controls[0] / "root.erofs"
    subprocess.run(["fsck.erofs", str(image)], check=True, capture_output=True)
    for path in ("/usr/sbin/zetad", "/usr/bin/zetactl", "/usr/sbin/zeta-broker", "/usr/bin/figtop", "/usr/lib/zetatron/zeta-init",
                 "/usr/sbin/libvirtd", "/usr/bin/s6-svscan", "/usr/share/zetatron/task-shells/linux-shell/initrd"):
        done = subprocess.run(["dump.erofs", f"--path={path}", str(image)], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "NID:" in done.stdout, f"{path} is not in the image: {done.stderr}"


def test_only_the_lab_variant_has_the_lab_model(controls, task_shells, tmp_path):
    server = build("images/control-domain/build", tmp_path / "server", "--task-shell", task_shells[0],
                   "--variant", "server")

    def has(image, path):
        done = subprocess.run(["dump.erofs", f"--path={path}", str(image)], capture_output=True, text=True, check=False)
        return done.returncode == 0 and "NID:" in done.stdout

    for path in ("/etc/zetatron/lab.json", "/usr/share/libvirt/cpu_map/x86_zeta-lab.xml"):
        assert has(controls[0] / "root.erofs", path)
        assert not has(server / "root.erofs", path)


def test_a_missing_program_stops_the_build_and_leaves_nothing(tmp_path):
    done = subprocess.run([ROOT / "images/control-domain/build", "--output", tmp_path / "out", "--build-dir",
                           tmp_path / "nowhere"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1 and "is not built" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_an_unknown_module_is_refused_by_name(tmp_path):
    (tmp_path / "modules.dep").write_text("kernel/a.ko.xz:\n")
    (tmp_path / "modules.builtin").write_text("kernel/b.ko\n")
    chosen = kernel.Kernel("1", tmp_path, tmp_path)
    assert [str(path) for path in chosen.closure(["a", "b"])] == ["kernel/a.ko.xz"]
    with pytest.raises(Exception, match="no module c"):
        chosen.closure(["c"])


def test_the_archive_writer_round_trips():
    archive = newc.Archive()
    archive.file("a/b", b"content", 0o755)
    archive.link("link", "a/b")
    archive.device("dev/console", 5, 1)
    paths = archive_paths(archive.to_bytes())
    assert sorted(paths) == archive.paths() == ["a", "a/b", "dev", "dev/console", "link"]
    assert paths["a/b"] == (stat.S_IFREG | 0o755, b"content")
    assert paths["link"] == (stat.S_IFLNK | 0o777, b"a/b")
