# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""figtop over the real broker and two real agents: its figures are what was really sent; its terminal is as before.

Run by Meson, which names the programs in the environment."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import time
import unittest

FIGTOP, BROKER, AGENT = os.environ["FIGTOP"], os.environ["ZETA_BROKER"], os.environ["ZETA_AGENT"]
PATIENCE_S = 120
PAYLOAD_BYTES, HEAD_BYTES, WINDOW = 200, 24, 8  # the head: figcom_echo


class Figtop(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="figtop-")
        self.path = pathlib.Path(self.folder.name)
        self.socket = self.path / "sock"
        self.running = []
        self.addCleanup(self.end)
        (self.path / "policy.toml").write_text("[[allow]]\nfrom = '*'\nto = 'beta'\nservice = 'echo'\n")

    def end(self):
        for process in self.running:
            process.kill()
            process.wait()
        self.folder.cleanup()

    def start_bus(self):
        ready, told = os.pipe()
        self.running.append(subprocess.Popen([BROKER, "--local", self.path, "--socket", self.socket, "--policy",
                                              self.path / "policy.toml", "--ready-fd", str(told)], pass_fds=[told]))
        os.close(told)
        self.assertEqual(os.read(ready, 1), b"\n")
        os.close(ready)
        for guest in ("alpha", "beta"):
            self.running.append(subprocess.Popen([AGENT, "--local", self.path, "--name", guest]))
        deadline = time.monotonic() + PATIENCE_S
        while sum(one["attached"] for one in self.ask({"op": "endpoints"})["endpoints"]) < 2:
            self.assertLess(time.monotonic(), deadline, "the agents do not attach")

    def ask(self, request):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE_S)
            client.connect(str(self.socket))
            client.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(client.makefile().readline())

    def ping_without_end(self):
        """Returns when messages flow. The channel lives as long as the ping."""
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.settimeout(PATIENCE_S)
        client.connect(str(self.socket))
        client.sendall(json.dumps({"op": "ping", "job": "00000000000000a1", "source": "alpha", "target": "beta",
                                   "count": 1_000_000_000, "size": PAYLOAD_BYTES, "window": WINDOW,
                                   "timeout_s": 10 * PATIENCE_S}).encode() + b"\n")
        with client.makefile() as lines:
            while json.loads(lines.readline())["delivered"] == 0:
                pass

    def ends(self):
        """{guest: its end}, when both guests have told figures: a busy machine may need more than one look."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            ends = json.loads(self.figtop("--json").stdout)["ends"]
            if len(ends) == 2 and all(end["figures"] for end in ends):
                return {end["guest"]: end for end in ends}
            self.assertLess(time.monotonic(), deadline, ends)

    def figtop(self, *arguments):
        return subprocess.run([FIGTOP, "--socket", self.socket, *arguments], capture_output=True, text=True, timeout=PATIENCE_S,
                              check=False)

    def test_figures_are_what_was_sent(self):
        self.start_bus()
        self.ping_without_end()
        first = self.ends()
        self.assertEqual({(end["guest"], end["peer"], end["opened"], end["state"]) for end in first.values()},
                         {("alpha", "beta", True, "up"), ("beta", "alpha", False, "up")})
        self.running[2].send_signal(signal.SIGSTOP)  # beta: soon nothing moves any more
        deadline = time.monotonic() + PATIENCE_S
        while True:
            alpha, job = self.ends()["alpha"]["figures"], self.ask({"op": "jobs"})["jobs"][0]
            told, real = (alpha["sent"], alpha["received"]), (job["sent"], job["delivered"])
            if told == real:
                break
            self.assertLess(time.monotonic(), deadline, (told, real))
        self.assertGreater(alpha["sent"], 0)
        self.assertLessEqual(alpha["sent"] - alpha["received"], WINDOW)
        self.assertLessEqual(alpha["in_flight"], WINDOW + 16)  # beta tells of what it took by quarters of the ring
        for figures in (alpha, first["beta"]["figures"]):
            self.assertEqual(figures["sent_bytes"], figures["sent"] * (PAYLOAD_BYTES + HEAD_BYTES))
            self.assertEqual(figures["received_bytes"], figures["received"] * (PAYLOAD_BYTES + HEAD_BYTES))
            self.assertEqual(figures["credits"], 64)
            self.assertEqual((figures["lost"], figures["dropped"], figures["corrupt"]), (0, 0, 0))

    def test_a_stream_of_one_guest_has_rates(self):
        self.start_bus()
        self.ping_without_end()
        self.ends()
        stream = subprocess.Popen([FIGTOP, "--socket", self.socket, "--json", "--interval", "0.2", "--guest", "beta"],
                                  stdout=subprocess.PIPE, text=True)
        self.running.append(stream)
        seen = [json.loads(stream.stdout.readline()) for _ in range(3)]
        stream.stdout.close()
        self.assertTrue(all([end["guest"] for end in one["ends"]] == ["beta"] for one in seen))
        self.assertIsNone(seen[0]["ends"][0]["per_second"])
        deadline = time.monotonic() + PATIENCE_S
        while True:  # a look that brings no newer figures has no rates
            ends = json.loads(self.figtop("--json", "--once", "--interval", "0.2").stdout)["ends"]
            rates = [end["per_second"] for end in ends if end["per_second"]]
            if len(rates) == 2 and all(rate["sent"] > 0 and rate["received_bytes"] > 0 for rate in rates):
                break
            self.assertLess(time.monotonic(), deadline, ends)
        self.assertGreaterEqual(self.ends()["beta"]["figures"]["sent"], seen[0]["ends"][0]["figures"]["sent"])

    def test_a_table_once(self):
        self.start_bus()
        done = self.figtop("--once")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.startswith("GUEST "))

    def test_without_a_broker(self):
        done = self.figtop("--once")
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (3, "", 1))
        self.assertIn(f"no broker answers at {self.socket}", done.stderr)

    def test_wrong_command_lines(self):
        for arguments in (["--sort", "size"], ["--interval", "0"], ["--interval", "1x"], ["--what"], ["extra"], ["--guest"]):
            done = self.figtop(*arguments)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), arguments)
        self.assertIn("Exit status", self.figtop("--help").stdout)
        self.start_bus()
        done = self.figtop()  # its output is a pipe
        self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1))
        self.assertIn("--once or --json", done.stderr)

    def live(self):
        """figtop on a terminal of 10 rows and 60 columns."""
        terminal, inner = pty.openpty()
        self.addCleanup(os.close, terminal)
        self.addCleanup(os.close, inner)
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 60, 0, 0))
        before = termios.tcgetattr(inner)
        process = subprocess.Popen([FIGTOP, "--socket", self.socket, "--interval", "0.2"], stdin=inner, stdout=inner,
                                   stderr=subprocess.PIPE, start_new_session=True)
        self.running.append(process)
        self.addCleanup(process.stderr.close)
        return process, terminal, inner, before

    def read_until(self, terminal, pattern):
        text = b""
        while not re.search(pattern, text):
            self.assertTrue(select.select([terminal], [], [], PATIENCE_S)[0], text)
            text += os.read(terminal, 65536)
        return text

    def test_the_terminal_is_as_before(self):
        self.start_bus()
        for ending in (b"q", signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            with self.subTest(ending=ending):
                process, terminal, inner, before = self.live()
                self.read_until(terminal, rb"\x1b\[\?1049h(.|\n)*by messages")
                self.assertNotEqual(termios.tcgetattr(inner), before)
                if isinstance(ending, bytes):
                    os.write(terminal, b"s")
                    self.read_until(terminal, rb"by bytes")
                    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 4, 30, 0, 0))
                    process.send_signal(signal.SIGWINCH)
                    self.read_until(terminal, rb"by bytes")
                    os.write(terminal, ending)
                else:
                    process.send_signal(ending)
                self.read_until(terminal, rb"\x1b\[\?25h\x1b\[\?1049l")
                self.assertEqual((process.wait(PATIENCE_S), process.stderr.read()), (0, b""))
                self.assertEqual(termios.tcgetattr(inner), before)

    def test_a_broker_that_goes_ends_it_with_a_line(self):
        self.start_bus()
        process, terminal, inner, before = self.live()
        self.read_until(terminal, rb"by messages")
        self.running[0].kill()
        self.read_until(terminal, rb"\x1b\[\?1049l")
        self.assertEqual((process.wait(PATIENCE_S), process.stderr.read().count(b"\n")), (1, 1))
        self.assertEqual(termios.tcgetattr(inner), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
