# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
import documents
import pytest

RECORD = "# {0} Title\n\n## Problem\n\n## Options\n\n## Decision\n\n## Consequences\n"
HEADER = "enum class ErrorCode : int {\n    kNotFound = 3, ///< text\n};\nenum class ErrorOrigin : int {\n    kXenStore = 6,\n};\n"
PAGE = "# Errors\n\n## Codes\n\n| 3 | `not-found` | x |\n\n## Origins\n\n| 6 | `xenstore` | x |\n"


def test_links(clean):
    clean("links", documents.links)


@pytest.mark.parametrize("text, says", [
    ("[a](gone.md)", "no such file"),
    ("![a](gone.svg)", "no such file"),
    ("[a](../../outside.md)", "no such file"),
    ("[a](/docs/b.md)", "absolute"),
    ("[a](b.md#no-such)", "no heading"),
    ("[a](#no-such)", "no heading"),
    ("[a]\n\n[a]: gone.md", "no such file"),
    ('<img src="gone.svg">', "no such file"),
])
def test_links_finds_broken(sample, texts, text, says):
    assert says in texts(documents.links(sample({"docs/a.md": text, "docs/b.md": "# Heading\n"})))


def test_links_accepts_good_ones(sample):
    good = "[a](b.md#the-heading-of-b) [c](b.md) `[d](gone.md)` [e](#self) [dir](../docs)\n# Self\n```\n[f](gone.md)\n```\n"
    tree = sample({"docs/a.md": good, "docs/b.md": "# The heading, of `b`!\n"})
    assert documents.links(tree) == []


def test_folder_readmes(clean):
    clean("folder_readmes", documents.folder_readmes)


def test_folder_readmes_finds_missing_and_long(sample, texts):
    bad = sample({"a/b/c.cpp": "", "a/d/e.cpp": "", "a/d/README.md": "line\n" * 11})
    found = texts(documents.folder_readmes(bad))
    assert "a/b/README.md:0: missing" in found and "has 11 lines" in found


def test_decisions(clean):
    clean("decisions", documents.decisions)


@pytest.mark.parametrize("files, says", [
    ({"docs/decisions/0001-a.md": RECORD.format("0001"), "docs/decisions/0001-b.md": RECORD.format("0001")}, "is taken by"),
    ({"docs/decisions/0001-a.md": "# 0001 a\n\n## Problem\n"}, "needs exactly"),
    ({"docs/decisions/0001-a.md": RECORD.format("0002")}, "title does not start"),
    ({"docs/decisions/first.md": RECORD.format("0001")}, "is named NNNN"),
    ({"docs/decisions/0001-a.md": RECORD.format("0001"), "docs/decisions/README.md": ""}, "does not list 0001-a.md"),
])
def test_decisions_finds_faults(sample, texts, files, says):
    assert says in texts(documents.decisions(sample(files)))


def test_errors_page(clean):
    clean("errors_page", documents.errors_page)


def test_errors_page_accepts_the_same(sample):
    tree = sample({"hypervisor/base/error.hpp": HEADER, "docs/reference/errors.md": PAGE})
    assert documents.errors_page(tree) == []


@pytest.mark.parametrize("old, new", [("not-found", "lost"), ("| 6 |", "| 7 |"), ("| 3 | `not-found` | x |", "")])
def test_errors_page_finds_differences(sample, texts, old, new):
    tree = sample({"hypervisor/base/error.hpp": HEADER, "docs/reference/errors.md": PAGE.replace(old, new)})
    assert "in error.hpp" in texts(documents.errors_page(tree))


def test_troubleshooting(clean):
    clean("troubleshooting", documents.troubleshooting)


def test_troubleshooting_sees_the_messages(tree):
    """A changed way of raising errors must not leave the rule with nothing to look at."""
    sources = [path for path, _, _ in documents.operator_messages(tree)]
    assert sources.count("zeta") >= 10 and len(sources) - sources.count("zeta") >= 5


@pytest.mark.parametrize("path, text", [
    ("zeta", 'die "the disk $name is full" "free some"\n'),
    ("images/lab/zetalab/lab.py", '    raise LabError(f"the disk {name} is full: free some")\n'),
])
def test_troubleshooting_finds_missing_entry(sample, texts, path, text):
    files = {path: text, "docs/howto/troubleshoot.md": "### `zeta: another line`\n"}
    assert "the disk … is full" in texts(documents.troubleshooting(sample(files)))
    files["docs/howto/troubleshoot.md"] = "### `zeta: the disk … is full`\n### `zeta-lab: the disk … is full`\n"
    assert documents.troubleshooting(sample(files)) == []
