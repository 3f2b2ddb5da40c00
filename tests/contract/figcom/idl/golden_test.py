# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""What figcom-idl makes of two files, byte by byte; its command line; and nothing half done.

Run by Meson, which names the program in the environment. After a wanted change of the output:

    ./zeta shell sh -c 'FIGCOM_IDL=/zeta/out/build/figcom-vbus/idl/figcom-idl FIGCOM_SOURCE=. \
        python3 tests/contract/figcom/idl/golden_test.py --update'
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

IDL = os.environ["FIGCOM_IDL"]
SOURCE = pathlib.Path(os.environ["FIGCOM_SOURCE"])
GOLDEN = SOURCE / "tests/contract/figcom/idl/golden"
FILES = [SOURCE / "tests/support/figcom/idl/everything.figcom", SOURCE / "figcom-vbus/idl/example/thermometer.figcom"]
KINDS = {"cpp": "hpp", "python": "py", "json": "json"}


def run(*arguments, text=None):
    return subprocess.run([IDL, *map(str, arguments)], input=text, capture_output=True, text=True, check=False)


def golden_of(file, kind):
    return GOLDEN / f"{file.stem}.{KINDS[kind]}.golden"


class Golden(unittest.TestCase):
    maxDiff = None

    def test_the_output_is_what_it_was(self):
        for file in FILES:
            for kind in KINDS:
                with self.subTest(file=file.name, kind=kind):
                    done = run(kind, file)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(done.stdout, golden_of(file, kind).read_text())

    def test_json_agrees_with_the_layout_of_python(self):
        dump = json.loads(run("json", FILES[0]).stdout)
        everything = next(one for one in dump["structs"] if one["name"] == "All")
        self.assertEqual(everything["bytes"], sum(field["bytes"] for field in everything["fields"]))
        self.assertEqual(everything["fields"][4]["initial"], 2**64 - 1)
        self.assertEqual(everything["fields"][8]["initial"], -2**63)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="figcom-idl-")
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def test_help_names_every_command(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        for word in ("check", "cpp", "python", "json", "compare", "completion", "Exit status"):
            self.assertIn(word, done.stdout)
        self.assertIn("--namespace", run("cpp", "--help").stdout)

    def test_a_wrong_command_line_is_one_line(self):
        for arguments in ([], ["what"], ["check"], ["cpp", "--what", FILES[0]], ["completion", "tcsh"],
                          ["cpp", FILES[0], "--namespace", "A"], ["cpp", FILES[0], "--namespace", "a::"]):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), done.stderr)

    def test_a_wrong_file_is_one_line_and_leaves_the_output_alone(self):
        out = self.path / "x.hpp"
        out.write_text("kept")
        (self.path / "x.figcom").write_text("interface a version 1.0;\nstruct S { a: u9; }\n")
        done = run("cpp", self.path / "x.figcom", "--output", out)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"{self.path}/x.figcom:2:15: no type \"u9\" is known here; use bool, u8 to u64, i8 to "
                                      "i64, f32, f64, string<N>, bytes<N>, or a type declared above\n")
        self.assertEqual(out.read_text(), "kept")
        self.assertEqual(sorted(one.name for one in self.path.iterdir()), ["x.figcom", "x.hpp"])

    def test_files_that_cannot_be_read_or_written(self):
        for arguments, words in ((["check", self.path / "none"], "cannot read"), (["check", self.path], "cannot read"),
                                 (["cpp", FILES[0], "--output", self.path / "no" / "x"], "cannot write")):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
            self.assertIn(words, done.stderr)

    def test_standard_input_is_a_file(self):
        done = run("check", "-", text="interface a version 1.0;\n")
        self.assertEqual((done.returncode, done.stdout), (0, "-: interface a 1.0: 0 enums, 0 structs, 0 services\n"))

    def test_compare_tells_and_decides(self):
        older = SOURCE / "tests/support/figcom/idl/everything_2_0.figcom"
        done = run("compare", older, FILES[0])
        self.assertEqual(done.returncode, 0)
        self.assertIn("compatible: struct All, field tag: was added\n", done.stdout)
        self.assertNotIn("breaking", done.stdout)
        back = run("compare", FILES[0], older)
        self.assertEqual((back.returncode, back.stderr.count("\n")), (1, 1))
        self.assertIn("breaking: struct All, field tag: is gone\n", back.stdout)
        self.assertIn("make it version 3.0", back.stderr)

    def test_completion_scripts_are_scripts(self):
        done = run("completion", "bash")
        self.assertEqual(subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=False).returncode, 0)


def update():
    for file in FILES:
        for kind in KINDS:
            golden_of(file, kind).write_text(run(kind, file).stdout)


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        unittest.main(verbosity=2)
