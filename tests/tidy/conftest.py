# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
import pathlib

import pytest

from tree import Allowances, Tree


@pytest.fixture(scope="session")
def tree():
    return Tree.of_repository()


@pytest.fixture(scope="session")
def clean(tree):
    """clean("name", rule): the rule finds nothing in the repository beyond what allow.toml explains."""
    allowances = Allowances.of_repository()

    def check(name, rule):
        problems = [str(p) for p in allowances.filter(name, rule(tree))] + allowances.unused(name)
        assert not problems, f"{len(problems)} problem(s) of rule {name}:\n" + "\n".join(problems)

    return check


@pytest.fixture
def sample(tmp_path):
    """sample({"a/b.hpp": "text"}): a small tree with these files."""

    def build(files):
        for path, text in files.items():
            file = pathlib.Path(tmp_path, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return Tree.of_folder(tmp_path)

    return build


@pytest.fixture
def texts():
    """texts(problems): what they say, as one string to search."""
    return lambda problems: "\n".join(str(p) for p in problems)
