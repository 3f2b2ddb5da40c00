# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Kconfig fragments and what the hypervisor says of itself."""

import pytest
from buildlib import config, product
from buildlib.errors import BuildError

BASE = "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=\"text\"\n"


def test_the_fragment_wins():
    assert config.parse(config.merged(BASE, "# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_D=3\n"), "x") == {
        "CONFIG_A": "n", "CONFIG_B": "y", "CONFIG_C": '"text"', "CONFIG_D": "3"}


@pytest.mark.parametrize(("final", "wanted"), [("CONFIG_A=y\n", "# CONFIG_A is not set\n"), ("", "CONFIG_A=y\n"),
                                               ("CONFIG_A=2\n", "CONFIG_A=3\n")])
def test_a_line_that_did_not_survive_is_named(final, wanted):
    with pytest.raises(BuildError, match="CONFIG_A"):
        config.check(final, wanted)


def test_a_symbol_that_is_gone_counts_as_not_set():
    config.check("", "# CONFIG_A is not set\n")


@pytest.mark.parametrize("text", ["CONFIG_A=y\nCONFIG_A=n\n", "A=y\n", "CONFIG_a=y\n"])
def test_a_bad_fragment_is_refused(text):
    with pytest.raises(BuildError, match="kconfig:"):
        config.parse(text, "hypervisor/kconfig")


def makefile(extra):
    return f"export XEN_SUBVERSION    = 20\nexport XEN_EXTRAVERSION ?= {extra}$(XEN_VENDORVERSION)\n"


def test_extraversion_keeps_upstreams_part():
    assert product.extraversion(makefile(".4-pre")) == ".4-pre-zetatron"


def test_an_extraversion_that_the_abi_cannot_hold_stops_the_build():
    with pytest.raises(BuildError, match="xen_extra"):
        product.extraversion(makefile(".10-pre"))


def test_a_changed_makefile_stops_the_build():
    with pytest.raises(BuildError, match="XEN_EXTRAVERSION"):
        product.extraversion("export XEN_EXTRAVERSION = .4\n")


def test_changeset_names_product_version_and_source():
    assert product.changeset("0.1.0", "4.20.4+63-g7abfd2bce2") == "zetatron 0.1.0 (xen 4.20.4+63-g7abfd2bce2)"
    with pytest.raises(BuildError, match="xen_changeset"):
        product.changeset("0.1.0", "x" * 64)


@pytest.mark.parametrize("text", ["", "1.2", "1.2.3.4", "1.2.x", "1.2.65536", "v1.2.3"])
def test_a_bad_version_is_refused(tmp_path, text):
    (tmp_path / "VERSION").write_text(text)
    with pytest.raises(BuildError, match="VERSION"):
        product.read_version(tmp_path / "VERSION")


def test_the_generated_header_carries_the_version():
    header = product.version_header("1.22.333")
    assert "#define ZETA_PRODUCT_MAJOR 1\n" in header
    assert "#define ZETA_PRODUCT_MINOR 22\n" in header
    assert "#define ZETA_PRODUCT_PATCH 333\n" in header
