# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""Hook files: what they may say, and that nothing but insertion happens."""

import random
from pathlib import Path

import pytest
from buildlib import hooks
from buildlib.errors import BuildError

UPSTREAM = "int a;\nint b;\n\nint f(void)\n{\n    g();\n    return 0;\n}\n"
GOOD = "file: x/y.c\n\nhook: first\nafter:\n=int b;\ninsert:\n+int ours;\n"


def one_hook(place: str, anchor: list[str], lines: list[str], name: str = "h") -> hooks.Hook:
    return hooks.Hook(name, "test.hook", place, anchor, lines)


def test_inserts_after_the_anchor():
    parsed = hooks.parse(GOOD, "good.hook")
    assert parsed.target == "x/y.c"
    assert hooks.apply(UPSTREAM, "x/y.c", parsed.hooks) == UPSTREAM.replace("int b;\n", "int b;\nint ours;\n")


def test_inserts_before_an_anchor_of_several_lines():
    hook = one_hook("before", ["    g();", "    return 0;"], ["    ours();", ""])
    assert hooks.apply(UPSTREAM, "y.c", [hook]) == UPSTREAM.replace("    g();\n", "    ours();\n\n    g();\n")


def test_first_and_last_line_can_be_anchors():
    first, last = one_hook("before", ["int a;"], ["// top"]), one_hook("after", ["}"], ["// end"])
    assert hooks.apply(UPSTREAM, "y.c", [first, last]) == "// top\n" + UPSTREAM + "// end\n"


@pytest.mark.parametrize(("anchor", "times"), [(["int c;"], "does not occur"), (["    g()"], "does not occur"),
                                               (["int b;", "int a;"], "does not occur")])
def test_an_anchor_that_does_not_occur_names_file_and_hook(anchor, times):
    with pytest.raises(BuildError) as caught:
        hooks.apply(UPSTREAM, "x/y.c", [one_hook("after", anchor, ["z"], "lost")])
    assert "x/y.c" in str(caught.value) and "'lost'" in str(caught.value) and times in str(caught.value)


def test_an_anchor_that_occurs_twice_names_file_and_hook():
    with pytest.raises(BuildError) as caught:
        hooks.apply("a\nb\na\n", "x/y.c", [one_hook("after", ["a"], ["z"], "double")])
    assert "occurs 2 times" in str(caught.value) and "'double'" in str(caught.value) and "x/y.c" in str(caught.value)


def test_overlapping_occurrences_count():
    with pytest.raises(BuildError, match="occurs 2 times"):
        hooks.apply("a\na\na\n", "y.c", [one_hook("after", ["a", "a"], ["z"])])


def test_anchors_are_not_found_in_inserted_lines():
    first = one_hook("after", ["int a;"], ["int new;"], "first")
    second = one_hook("after", ["int new;"], ["int newer;"], "second")
    with pytest.raises(BuildError, match="'second'"):
        hooks.apply(UPSTREAM, "y.c", [first, second])


def test_applying_to_the_pristine_text_twice_gives_the_same():
    parsed = hooks.parse(GOOD, "good.hook")
    assert hooks.apply(UPSTREAM, "y.c", parsed.hooks) == hooks.apply(UPSTREAM, "y.c", parsed.hooks)


def test_hooks_of_several_files_for_one_target_are_joined():
    other = hooks.parse("file: x/y.c\nhook: second\nbefore:\n=int a;\ninsert:\n+// top\n", "other.hook")
    joined = hooks.by_target([hooks.parse(GOOD, "good.hook"), other])
    assert [hook.name for hook in joined["x/y.c"]] == ["first", "second"]


def test_a_text_without_final_newline_keeps_its_end():
    assert hooks.apply("a\nb", "y.c", [one_hook("after", ["b"], ["c"])]) == "a\nb\nc"


@pytest.mark.parametrize(("text", "why"), [
    ("hook: h\nafter:\n=a\ninsert:\n+b\n", "'file:' before it"),
    ("file: a\nfile: b\n", "must come once"),
    ("file: /etc/passwd\n", "leaves the source tree"),
    ("file: a/../../b\n", "leaves the source tree"),
    ("file:\n", "with a path"),
    ("file: a\nhook: h\ninsert:\n+b\n", "must follow the anchor"),
    ("file: a\nhook: h\nafter:\ninsert:\n+b\n", "no anchor"),
    ("file: a\nhook: h\nafter:\n=\ninsert:\n+b\n", "no anchor"),
    ("file: a\nhook: h\nafter:\n=a\ninsert:\n", "inserts nothing"),
    ("file: a\nhook: h\nafter:\n=a\nbefore:\n=b\ninsert:\n+c\n", "must follow 'hook:'"),
    ("file: a\nhook: h\nafter:\n=a\ninsert:\n+b\nhook: h\nafter:\n=c\ninsert:\n+d\n", "a second hook"),
    ("file: a\n=x\n", "outside 'before:' or 'after:'"),
    ("file: a\nhook: h\nafter:\n=x\n+y\n", "outside 'insert:'"),
    ("file: a\nremove: b\n", "unknown keyword"),
    ("file: a\nsome words\n", "not understood"),
    ("file: a\n", "holds no hook"),
    ("", "holds no hook"),
])
def test_a_bad_hook_file_is_refused_with_its_name(text, why):
    with pytest.raises(BuildError) as caught:
        hooks.parse(text, "bad.hook")
    assert why in str(caught.value) and "bad.hook" in str(caught.value)


def test_a_file_of_too_many_lines_is_refused():
    with pytest.raises(BuildError, match="lines"):
        hooks.parse("#\n" * (hooks.MAX_HOOK_LINES + 1), "long.hook")


def test_random_bytes_never_do_more_than_raise():
    seed = random.SystemRandom().getrandbits(32)
    generator = random.Random(seed)
    pieces = ["file:", "hook:", "after:", "before:", "insert:", "=", "+", "a", "../", "\n", " ", "#", "\x00", "é"]
    for _ in range(3000):
        text = "".join(generator.choice(pieces) for _ in range(generator.randrange(40)))
        try:
            parsed = hooks.parse(text, "r.hook")
        except BuildError:
            continue
        assert parsed.hooks and parsed.target, f"seed {seed}: {text!r}"


def test_only_insertion_happens():
    """Upstream's lines stay, in their order, whatever is inserted."""
    seed = random.SystemRandom().getrandbits(32)
    generator = random.Random(seed)
    for _ in range(300):
        lines = [f"line {number}" for number in range(generator.randrange(2, 30))]
        chosen = generator.sample(lines, generator.randrange(1, min(5, len(lines))))
        ours = [one_hook(generator.choice(["before", "after"]), [line], ["+ours"], line) for line in chosen]
        result = hooks.apply("\n".join(lines), "y.c", ours).split("\n")
        assert [line for line in result if line != "+ours"] == lines, f"seed {seed}"
        assert result.count("+ours") == len(ours), f"seed {seed}"


def test_the_hooks_of_this_repository_parse():
    folder = Path(__file__).resolve().parents[3] / "hypervisor/hooks"
    assert len(hooks.load(folder)) > 0
