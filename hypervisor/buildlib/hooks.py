# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Insert-only changes to upstream files.

A hook file names one upstream file and any number of insertions:

    # free comment
    file: xen/common/domain.c

    hook: domain-create
    after:
    =    if ( (err = argo_init(d)) != 0 )
    =        goto fail;
    insert:
    +
    +    if ( (err = zeta_domain_init(d)) != 0 )
    +        goto fail;

`=` lines are the anchor: consecutive whole lines that must occur exactly once
in the pristine upstream file. `+` lines are ours. Nothing can be removed or
replaced. Anchors are always looked for in the pristine text, never in lines
that another hook inserted, so the order of hook files changes nothing.
"""

from dataclasses import dataclass, field
from pathlib import Path

from .errors import BuildError

MAX_HOOK_LINES = 4000


@dataclass
class Hook:
    """One insertion. `place` is "before" or "after" the anchor."""

    name: str
    source: str
    place: str = ""
    anchor: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def where(self) -> str:
        return f"hook '{self.name}' ({self.source})"


@dataclass
class HookFile:
    """All insertions into one upstream file."""

    target: str
    hooks: list[Hook]


class _Parser:
    """Line by line; `state` is the section that `=` and `+` lines belong to."""

    def __init__(self, source: str):
        self.source = source
        self.target = ""
        self.hooks: list[Hook] = []
        self.state = ""

    def fail(self, number: int, why: str) -> BuildError:
        return BuildError(f"{self.source}:{number}: {why}", "see the format at the top of hypervisor/buildlib/hooks.py")

    def feed(self, number: int, line: str) -> None:
        if line.startswith("="):
            self._need(number, self.state in ("before", "after"), "an anchor line outside 'before:' or 'after:'")
            self.hooks[-1].anchor.append(line[1:])
        elif line.startswith("+"):
            self._need(number, self.state == "insert", "an inserted line outside 'insert:'")
            self.hooks[-1].lines.append(line[1:])
        elif line.strip() and not line.startswith("#"):
            self._keyword(number, line)

    def _need(self, number: int, condition: bool, why: str) -> None:
        if not condition:
            raise self.fail(number, why)

    def _keyword(self, number: int, line: str) -> None:
        key, colon, value = line.partition(":")
        value = value.strip()
        self._need(number, bool(colon), f"not understood: '{line.strip()[:60]}'")
        if key == "file":
            self._need(number, not self.target and bool(value), "'file:' must come once, with a path")
            parts = Path(value).parts
            self._need(number, not value.startswith("/") and ".." not in parts, f"'{value}' leaves the source tree")
            self.target = value
        elif key == "hook":
            self._need(number, bool(self.target) and bool(value), "'hook:' needs a name, and 'file:' before it")
            self._need(number, all(h.name != value for h in self.hooks), f"a second hook named '{value}'")
            self.hooks.append(Hook(value, self.source))
            self.state = "hook"
        elif key in ("before", "after"):
            self._need(number, self.state == "hook" and not value, f"'{key}:' must follow 'hook:'")
            self.hooks[-1].place = self.state = key
        elif key == "insert":
            self._need(number, self.state in ("before", "after") and not value, "'insert:' must follow the anchor")
            self.state = key
        else:
            raise self.fail(number, f"unknown keyword '{key[:40]}'")

    def finish(self) -> HookFile:
        for hook in self.hooks:
            if not hook.anchor or not any(part.strip() for part in hook.anchor):
                raise BuildError(f"{hook.where()} has no anchor", "add '=' lines that occur once in the file")
            if not hook.lines:
                raise BuildError(f"{hook.where()} inserts nothing", "add '+' lines or remove the hook")
        if not self.hooks:
            raise BuildError(f"{self.source} holds no hook", "add one or remove the file")
        return HookFile(self.target, self.hooks)


def parse(text: str, source: str) -> HookFile:
    """Reads one hook file. `source` is its name for error lines."""
    parser = _Parser(source)
    lines = text.splitlines()
    if len(lines) > MAX_HOOK_LINES:
        raise BuildError(f"{source} has {len(lines)} lines", f"keep hook files below {MAX_HOOK_LINES} lines")
    for number, line in enumerate(lines, 1):
        parser.feed(number, line)
    return parser.finish()


def load(folder: Path) -> list[HookFile]:
    """All `*.hook` files of a folder, in the order of their names."""
    return [parse(path.read_text(encoding="utf-8"), path.name) for path in sorted(folder.glob("*.hook"))]


def _positions(lines: list[str], anchor: list[str]) -> list[int]:
    last = len(lines) - len(anchor)
    return [at for at in range(last + 1) if lines[at : at + len(anchor)] == anchor]


def apply(pristine: str, target: str, hooks: list[Hook]) -> str:
    """The pristine text with every hook's lines inserted.

    Raises BuildError naming the file and the hook when an anchor does not
    occur exactly once.
    """
    lines = pristine.split("\n")
    insertions: dict[int, list[str]] = {}
    for hook in hooks:
        found = _positions(lines, hook.anchor)
        if len(found) != 1:
            times = "does not occur" if not found else f"occurs {len(found)} times"
            raise BuildError(
                f"{target}: the anchor of {hook.where()} {times}, it must occur exactly once",
                "upstream has changed there: choose an anchor for this source version",
            )
        at = found[0] if hook.place == "before" else found[0] + len(hook.anchor)
        insertions.setdefault(at, []).extend(hook.lines)
    result: list[str] = []
    for at in range(len(lines) + 1):
        result.extend(insertions.get(at, []))
        if at < len(lines):
            result.append(lines[at])
    return "\n".join(result)


def by_target(files: list[HookFile]) -> dict[str, list[Hook]]:
    """Hooks of several hook files for the same upstream file, joined."""
    targets: dict[str, list[Hook]] = {}
    for file in files:
        targets.setdefault(file.target, []).extend(file.hooks)
    return targets
