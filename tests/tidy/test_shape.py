# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
import shutil

import pytest
import shape

needs_clang_format = pytest.mark.skipif(shutil.which("clang-format-19") is None,
                                        reason="clang-format-19 is not installed; run it by ./zeta check")
needs_shellcheck = pytest.mark.skipif(shutil.which("shellcheck") is None,
                                      reason="shellcheck is not installed; run it by ./zeta check")
LONG = "    x();\n" * 80


def test_sizes(clean):
    clean("sizes", shape.sizes)


@pytest.mark.parametrize("path, text, name", [
    ("a.cpp", "namespace a {\nint long_one(int b) noexcept {\n" + LONG + "}\n}\n", "long_one"),
    ("a.cpp", "class A {\n  A() : b_{1} {}\n  void long_one() const {\n" + LONG + "}\n};\n", "long_one"),
    ("a.cpp", "void f() {}\nTEST_CASE(\"a { b\") {\n" + LONG + "}\n", "TEST_CASE"),
    ("a.c", "static int long_one(void)\n{\n" + LONG + "}\n", "long_one"),
    ("a.py", "def long_one():\n" + LONG, "long_one"),
    ("a.sh", "long_one() {\n" + LONG + "}\n", "long_one"),
    ("a", "#!/usr/bin/env bash\nlong_one() {\n" + LONG + "}\n", "long_one"),
])
def test_sizes_finds_long_function(sample, texts, path, text, name):
    found = shape.sizes(sample({path: text}))
    assert f"function {name} of 8" in texts(found) and len(found) == 1


def test_sizes_finds_long_file(sample, texts):
    assert "file of 601 lines" in texts(shape.sizes(sample({"a.hpp": "int a;\n" * 601})))


def test_sizes_accepts_long_containers(sample):
    text = "namespace a {\nstruct B {\n" + "    int f() { return 1; }\n" * 90 + "};\nconst int t[] = {\n" + "1,\n" * 90 + "};\n}\n"
    assert shape.sizes(sample({"a.cpp": text})) == []


@needs_clang_format
def test_formatting(clean):
    clean("formatting", shape.formatting)


@needs_clang_format
def test_formatting_finds_unformatted(sample, texts):
    bad = sample({".clang-format": "BasedOnStyle: LLVM\n", "a.cpp": "int   a ;\n"})
    assert "is not formatted" in texts(shape.formatting(bad))


@needs_shellcheck
def test_shellcheck(clean):
    clean("shellcheck", shape.shellcheck)


@needs_shellcheck
def test_shellcheck_finds_unquoted(sample, texts):
    assert "SC2086" in texts(shape.shellcheck(sample({"a": '#!/usr/bin/env bash\nname="a b"\nls $name\n'})))
