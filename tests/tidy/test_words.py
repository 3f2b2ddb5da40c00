# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
import pathlib

import pytest
import words


def test_host_names(clean):
    if not words.configured_hosts():
        pytest.skip("this machine has no package source to look for")
    clean("host_names", words.host_names)


def test_host_names_come_from_the_configuration(tmp_path):
    listing = pathlib.Path(tmp_path, "sources.list")
    listing.write_text("deb [signed-by=/k] http://packages.example.test/debian trixie main\n")
    environment = {"https_proxy": "http://user@proxy.example.test:3128", "http_proxy": "http://127.0.0.1:1"}
    assert words.configured_hosts([str(listing)], environment) == {"packages.example.test", "proxy.example.test"}


def test_host_names_finds_host(sample, texts):
    bad = sample({"a.md": "fetch it from https://packages.example.test/debian\n"})
    assert "package configuration" in texts(words.host_names(bad, {"packages.example.test"}))


def test_host_names_wants_the_whole_name(sample):
    assert words.host_names(sample({"a.md": "my.packages.example.test-bed\n"}), {"packages.example.test"}) == []


def test_machine_paths(clean):
    clean("machine_paths", words.machine_paths)


@pytest.mark.parametrize("path", ["/ho" "me/someone/x", "/wo" "rk/tree", "/tm" "p/x.log", "/root/" ".cache/x", "/Us" "ers/me"])
def test_machine_paths_finds_path(sample, texts, path):
    assert "names the path" in texts(words.machine_paths(sample({"a.sh": f"cat {path}\n"})))


def test_unfinished(clean):
    clean("unfinished", words.unfinished)


@pytest.mark.parametrize("word", ["TO" "DO", "FIX" "ME", "XX" "X", "Place" "holder", "st" "ub", "for " "now", "not imple" "mented"])
def test_unfinished_finds_word(sample, texts, word):
    assert "finish it" in texts(words.unfinished(sample({"a.cpp": f"// {word} finish\n"})))


def test_sleeps(clean):
    clean("sleeps", words.sleeps)


@pytest.mark.parametrize("path, text", [
    ("tests/unit/a.cpp", "std::this_thread::sleep_for(10ms);"),
    ("tests/unit/a.cpp", "usleep(10);"),
    ("tests/lab/a.py", "    time.sleep(1)"),
    ("tests/lab/a.py", "from time import monotonic, sleep"),
    ("tests/lab/run.sh", "while true; do sleep 1; done"),
    ("tests/support/run", "sleep 0.1"),
])
def test_sleeps_finds_sleep(sample, texts, path, text):
    assert "a test sleeps" in texts(words.sleeps(sample({path: text + "\n"})))
