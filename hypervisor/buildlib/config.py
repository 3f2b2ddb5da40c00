# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Kconfig: upstream's defaults with our fragment on top, and a check that each of its lines survived."""

import hashlib
import re
from pathlib import Path

from .errors import BuildError, write_if_changed

_SET = re.compile(r"^(CONFIG_[A-Z0-9_]+)=(.+)$")
_UNSET = re.compile(r"^# (CONFIG_[A-Z0-9_]+) is not set$")


def parse(text: str, source: str) -> dict[str, str]:
    """Symbol -> value; "n" for a symbol that is not set. Other comments are skipped."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match, unset = _SET.match(line), _UNSET.match(line)
        if match or unset:
            symbol, value = (match[1], match[2]) if match else (unset[1], "n")
            if symbol in values:
                raise BuildError(f"{source}:{number}: {symbol} is given twice", "keep one line")
            values[symbol] = value
        elif line.strip() and not line.startswith("#"):
            raise BuildError(f"{source}:{number}: not a Kconfig line: '{line[:60]}'", "write CONFIG_NAME=value")
    return values


def merged(base: str, fragment: str) -> str:
    """`base` with the fragment's symbols replaced or added."""
    ours = parse(fragment, "hypervisor/kconfig")
    kept = [line for line in base.splitlines()
            if (match := _SET.match(line) or _UNSET.match(line)) is None or match[1] not in ours]
    added = [f"# {symbol} is not set" if value == "n" else f"{symbol}={value}" for symbol, value in sorted(ours.items())]
    return "\n".join([*kept, *added]) + "\n"


def check(final: str, fragment: str) -> None:
    """Raises BuildError naming the first symbol of the fragment that did not survive."""
    have = parse(final, ".config")
    for symbol, value in parse(fragment, "hypervisor/kconfig").items():
        if have.get(symbol, "n") != value:
            raise BuildError(f"hypervisor/kconfig asks for {symbol}={value}, the source settled on {have.get(symbol, 'n')}",
                             "the symbol is gone or needs another one set: see its 'depends on' in the source's Kconfig")


def configure(tree: Path, fragment: Path, make) -> bool:
    """Makes tree/xen/.config; does nothing where its inputs are those of the last time."""
    text = fragment.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode())
    for path in sorted(tree.glob("xen/**/Kconfig*")):
        if path.is_file():
            digest.update(path.read_bytes())
    stamp, config = tree / ".zeta-config-stamp", tree / "xen/.config"
    if config.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == digest.hexdigest():
        check(config.read_text(encoding="utf-8"), text)
        return False
    make("defconfig")
    write_if_changed(config, merged(config.read_text(encoding="utf-8"), text).encode())
    make("olddefconfig")
    check(config.read_text(encoding="utf-8"), text)
    write_if_changed(stamp, digest.hexdigest().encode())
    return True
