# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""docs/howto/write-a-figcom-service.md: its files are those of the tree, and they work: a C++ server and a Python client
over the real broker. Run by Meson, which names the programs in the environment."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["FIGCOM_SOURCE"])
LIBRARY = pathlib.Path(os.environ["FIGCOM_LIBRARY"]).resolve()
EXAMPLE = SOURCE / "figcom-vbus/idl/example"
PAGE = SOURCE / "docs/howto/write-a-figcom-service.md"
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
if "address" in os.environ["FIGCOM_SANITIZE"]:  # its runtime must be there before the interpreter, which leaks by design
    runtime = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    ENVIRONMENT |= {"LD_PRELOAD": runtime.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0"}
ANSWER = """probe 0 in air: 20.0 °C, 100 % certain
probe 5 in water: 25.0 °C, 100 % certain
alarm: 25.0 °C
"""


class Howto(unittest.TestCase):
    maxDiff = None

    def test_the_page_shows_the_files_of_the_tree(self):
        shown = dict(re.findall(r"`figcom-vbus/idl/example/([\w.]+)`:\n\n```\w*\n(.*?)```", PAGE.read_text(), re.DOTALL))
        self.assertEqual(sorted(shown), ["thermometer.figcom", "thermometer_client.py", "thermometer_server.cpp"])
        for name, text in shown.items():
            lines = (EXAMPLE / name).read_text().splitlines(keepends=True)
            while "SPDX-" in lines[0] or lines[0].strip() in ("", "//"):
                lines.pop(0)
            self.assertEqual(text, "".join(lines), name)

    def test_the_service_serves(self):
        with tempfile.TemporaryDirectory(prefix="figcom-howto-") as folder:
            path = pathlib.Path(folder)
            (path / "policy.toml").write_text("[[allow]]\nfrom = 'alpha'\nto = 'beta'\nservice = 'thermometer'\n")
            subprocess.run([os.environ["FIGCOM_IDL"], "python", EXAMPLE / "thermometer.figcom", "--output",
                            path / "thermometer.py"], check=True)
            ready, told = os.pipe()
            programs = [subprocess.Popen([os.environ["ZETA_BROKER"], "--local", folder, "--socket", path / "sock", "--policy",
                                          path / "policy.toml", "--ready-fd", str(told)], pass_fds=[told])]
            os.close(told)
            try:
                self.assertEqual(os.read(ready, 1), b"\n")
                programs.append(subprocess.Popen([os.environ["THERMOMETER_SERVER"], folder]))
                environment = {**ENVIRONMENT, "PYTHONPATH": f"{folder}:{SOURCE / 'figcom-vbus/python'}",
                               "FIGCOM_LIBRARY": str(LIBRARY)}
                for _ in range(2):  # the server goes on when a client has gone
                    done = subprocess.run([sys.executable, EXAMPLE / "thermometer_client.py", folder], env=environment,
                                          capture_output=True, text=True, timeout=200, check=False)
                    self.assertEqual((done.returncode, done.stdout), (0, ANSWER), done.stderr)
            finally:
                os.close(ready)
                for program in programs:
                    program.kill()
                    program.wait()


if __name__ == "__main__":
    unittest.main(verbosity=2)
