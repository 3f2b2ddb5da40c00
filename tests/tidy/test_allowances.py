# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
from tree import Allowances, Problem

ENTRY = {"rule": "sizes", "path": "a.cpp", "match": "long_one", "reason": "a table that reads best whole"}


def test_each_allowance_has_its_reason():
    assert Allowances.of_repository().malformed() == []


def test_malformed_finds_missing_reason():
    assert Allowances([{"rule": "sizes", "path": "a.cpp", "reason": "because"}]).malformed()


def test_filter_takes_only_what_is_named():
    allowances = Allowances([ENTRY])
    named, other = Problem("a.cpp", 1, "function long_one"), Problem("a.cpp", 9, "function other")
    assert allowances.filter("sizes", [named, other]) == [other]
    assert allowances.unused("sizes") == []


def test_unused_finds_needless_allowance():
    assert "no longer needed" in Allowances([ENTRY]).unused("sizes")[0]
