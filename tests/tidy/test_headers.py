# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
import headers
import pytest

needs_compilers = pytest.mark.skipif(bool(headers.compilers_missing()),
                                     reason=f"not installed: {headers.compilers_missing()}; run it by ./zeta check")


def test_pragma_once(clean):
    clean("pragma_once", headers.pragma_once)


def test_pragma_once_finds_unguarded(sample, texts):
    assert "pragma once" in texts(headers.pragma_once(sample({"hypervisor/base/a.hpp": "int a();\n"})))


def test_pragma_once_refuses_guard_outside_c_headers(sample):
    guard = "#ifndef A_H\n#define A_H\n#endif\n"
    tree = sample({"hypervisor/base/a.hpp": guard, "hypervisor/abi/a.h": guard})
    assert [p.path for p in headers.pragma_once(tree)] == ["hypervisor/base/a.hpp"]


@needs_compilers
def test_self_contained(clean):
    clean("self_contained", headers.self_contained)


@needs_compilers
def test_self_contained_finds_missing_include(sample, texts):
    bad = sample({"hypervisor/base/a.hpp": "#pragma once\ninline std::string a() { return {}; }\n"})
    assert "does not compile alone as c++" in texts(headers.self_contained(bad, cached=False))


@needs_compilers
def test_self_contained_finds_cpp_in_c_header(sample, texts):
    bad = sample({"figcom-vbus/wire/a.h": "#pragma once\nnamespace zeta {}\n"})
    found = headers.self_contained(bad, cached=False)
    assert len(found) == 1 and "alone as c:" in texts(found)


def test_fingerprint_follows_includes(sample):
    tree = sample({"a/a.hpp": '#include "a/b.hpp"\n', "a/b.hpp": "int b;\n"})
    before = headers.fingerprint(tree, "a/a.hpp", ["g++"])
    assert before != headers.fingerprint(tree, "a/a.hpp", ["g++", "-DX"])
    (tree.root / "a/b.hpp").write_text("int c;\n")
    assert before != headers.fingerprint(tree, "a/a.hpp", ["g++"])
