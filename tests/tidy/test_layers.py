# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
import layers
import pytest


def test_table_is_sound():
    assert layers.table_is_sound(layers.load_table()) == []


@pytest.mark.parametrize("table, says", [
    ({"a/low": {"layer": 0, "only": ["a/high"]}, "a/high": {"layer": 1}}, "looks upwards"),
    ({"a/one": {"layer": 2, "beside": ["a/two"]}, "a/two": {"layer": 2}}, "peers of layer 2"),
    ({"a/one": {"layer": 1, "beside": ["a/gone"]}}, "unknown folder"),
])
def test_table_finds_unsound(table, says, texts):
    assert says in texts(layers.table_is_sound(table))


def test_layering(clean):
    clean("layering", layers.layering)


def test_layering_finds_upward_include(sample, texts):
    bad = sample({"hypervisor/base/a.hpp": '#include "control-domain/model/b.hpp"\n', "control-domain/model/b.hpp": ""})
    assert "hypervisor/base may not include control-domain/model" in texts(layers.layering(bad))


def test_layering_finds_upward_include_in_angle_brackets(sample, texts):
    bad = sample({"hypervisor/base/a.hpp": "#include <figcom-vbus/wire/b.h>\n", "figcom-vbus/wire/b.h": ""})
    assert "hypervisor/base may not include figcom-vbus/wire" in texts(layers.layering(bad))


def test_layering_finds_unknown_folder(sample, texts):
    assert "layers.toml" in texts(layers.layering(sample({"novel/thing/a.hpp": ""})))


def test_layering_finds_peers(sample, texts):
    table = {"guest-adapters/linux": {"layer": 2}, "guest-adapters/windows": {"layer": 2}}
    bad = sample({"guest-adapters/linux/a.hpp": '#include "guest-adapters/windows/b.hpp"\n', "guest-adapters/windows/b.hpp": ""})
    assert "may not include guest-adapters/windows" in texts(layers.layering(bad, table))


def test_cycles(clean):
    clean("cycles", layers.cycles)


def test_cycles_finds_cycle(sample, texts):
    bad = sample({"hypervisor/base/a.hpp": '#include "hypervisor/base/b.hpp"\n',
                  "hypervisor/base/b.hpp": '#include "hypervisor/base/c.hpp"\n',
                  "hypervisor/base/c.hpp": '#include "hypervisor/base/a.hpp"\n'})
    assert "include cycle" in texts(layers.cycles(bad))


def test_includes_from_root(clean):
    clean("includes_from_root", layers.includes_from_root)


@pytest.mark.parametrize("include", ["b.hpp", "../base/b.hpp", "hypervisor/base/../base/b.hpp"])
def test_includes_from_root_finds_relative(sample, texts, include):
    bad = sample({"hypervisor/base/a.hpp": f'#include "{include}"\n', "hypervisor/base/b.hpp": ""})
    assert "not a path from the repository root" in texts(layers.includes_from_root(bad))


def test_meson_dependencies(clean):
    clean("meson_dependencies", layers.meson_dependencies)


def test_meson_dependencies_finds_upward_link(sample, texts):
    bad = sample({"hypervisor/base/meson.build": "x = static_library('x', dependencies: [model_dep])\n",
                  "control-domain/model/meson.build": "model_dep = declare_dependency()\n"})
    assert "may not link model_dep" in texts(layers.meson_dependencies(bad))
