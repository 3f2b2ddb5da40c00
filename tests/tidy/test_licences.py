# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
import shutil

import licences
import pytest

needs_reuse = pytest.mark.skipif(shutil.which("reuse") is None, reason="reuse is not installed; run it by ./zeta check")


def header(licence, text="2026 The ZetaTron authors"):
    # Split so that REUSE does not take these lines for this file's own.
    return f"// SPDX-File" f"CopyrightText: {text}\n// SPDX-License-" f"Identifier: {licence}\n"


def test_licence_table(clean):
    clean("licence_table", licences.licence_table)


@pytest.mark.parametrize("path, licence", [
    ("hypervisor/overlay/xen/common/a.c", "Apache-2.0"),
    ("hypervisor/hooks/a.hook", "MIT"),
    ("hypervisor/abi/a.h", "GPL-2.0-only"),
    ("figcom-vbus/wire/a.h", "Apache-2.0"),
    ("control-domain/zetad/main.cpp", "GPL-2.0-only"),
    ("engines/sdk/a.hpp", "Apache-2.0"),
])
def test_licence_table_finds_wrong_licence(sample, texts, path, licence):
    assert "its folder asks for" in texts(licences.licence_table(sample({path: header(licence)})))


def test_licence_table_finds_missing_header(sample, texts):
    assert "no SPDX-License-Identifier" in texts(licences.licence_table(sample({"control-domain/a.cpp": "int a;\n"})))


def test_licence_table_finds_missing_copyright(sample, texts):
    bad = sample({"control-domain/a.cpp": "// SPDX-License-" "Identifier: Apache-2.0\n"})
    assert "no SPDX-FileCopyrightText" in texts(licences.licence_table(bad))


def test_annotations_match_folders_as_reuse_does():
    patterns = [("*.md", "one"), ("docs/**/*.md", "two")]
    assert licences.annotated("README.md", patterns) == "one"
    assert licences.annotated("docs/a/b.md", patterns) == "two"
    assert licences.annotated("docs/b.md", patterns) == "two"
    assert licences.annotated("tests/b.md", patterns) is None


@needs_reuse
def test_reuse_lint(tree):
    assert licences.reuse_lint(tree) == []


@needs_reuse
def test_reuse_lint_finds_unlicensed_file(sample):
    bad = sample({"a.cpp": "int a;\n"})
    assert any("a.cpp" in line for line in licences.reuse_lint(bad))


@needs_reuse
def test_reuse_lint_finds_missing_text(sample):
    bad = sample({"a.cpp": header("Apache-2.0")})
    assert any("Apache-2.0" in line for line in licences.reuse_lint(bad))
