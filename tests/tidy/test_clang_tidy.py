# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
import json
import shutil

import clang_tidy
import pytest

needs_tool = pytest.mark.skipif(shutil.which(clang_tidy.TOOL) is None,
                                reason=f"{clang_tidy.TOOL} is not installed; run it by ./zeta check")


def test_select_follows_includes(sample):
    tree = sample({"a/a.cpp": '#include "a/a.hpp"\n', "a/a.hpp": "", "a/b.cpp": ""})
    assert clang_tidy.select(tree, ["a/a.cpp", "a/b.cpp"], {"a/a.hpp"}) == ["a/a.cpp"]
    assert clang_tidy.select(tree, ["a/a.cpp", "a/b.cpp"], None) == ["a/a.cpp", "a/b.cpp"]


def test_fingerprint_follows_settings(sample):
    tree = sample({"a/a.cpp": "int a;\n", ".clang-tidy": "Checks: '-*'\n"})
    before = clang_tidy.fingerprint(tree, "a/a.cpp", "c++ -c", "19")
    (tree.root / ".clang-tidy").write_text("Checks: '*'\n")
    assert before != clang_tidy.fingerprint(tree, "a/a.cpp", "c++ -c", "19")


def test_compile_commands_leave_foreign_files_out(sample):
    tree = sample({"src/a.cpp": "", "build/compile_commands.json": json.dumps([
        {"directory": "/", "file": "/usr/include/x.cpp", "command": "c++ x"}])})
    assert clang_tidy.compile_commands(tree.root / "build", tree.root) == {}


@needs_tool
def test_check_finds_narrowing_division(sample):
    tree = sample({".clang-tidy": "Checks: '-*,bugprone-integer-division'\nWarningsAsErrors: '*'\n",
                   "a.cpp": "double half(int n) { return n / 2; }\n"})
    database = [{"directory": str(tree.root), "file": "a.cpp", "command": "c++ -c a.cpp"}]
    (tree.root / "compile_commands.json").write_text(json.dumps(database))
    assert any("bugprone-integer-division" in line for line in clang_tidy.check(tree, tree.root, "a.cpp"))
