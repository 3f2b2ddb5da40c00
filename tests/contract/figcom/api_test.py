# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""libfigcom as other programs see it: its exported names, the examples of its page, and the Python module, with the
real broker and the local carrier. Run by Meson, which names the programs in the environment."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["FIGCOM_SOURCE"])
LIBRARY = pathlib.Path(os.environ["FIGCOM_LIBRARY"]).resolve()
BROKER = os.environ["ZETA_BROKER"]
SANITIZE = os.environ["FIGCOM_SANITIZE"]  # of the library, so that what links it is built alike
PAGE = SOURCE / "docs/reference/figcom-c-api.md"
POLICY = "[[allow]]\nfrom = 'alpha'\nto = 'beta'\nservice = '*'\n"
PYTHON_ENV = {**os.environ, "PYTHONPATH": str(SOURCE / "figcom-vbus/python"), "PYTHONDONTWRITEBYTECODE": "1"}
if "address" in SANITIZE:  # its runtime must be there before the interpreter, which leaks by design
    runtime = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    PYTHON_ENV |= {"LD_PRELOAD": runtime.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0"}

# One end of the tests below: does what its standard input says, line by line, and prints what came of it.
AGENT = """
import sys
import figcom
bus = figcom.Bus(sys.argv[1], sys.argv[2], services=sys.argv[3:], timeout=60)
channel = None
print("ready", flush=True)
for line in sys.stdin:
    try:
        print(repr(eval(line)) if not line.startswith("!") else exec(line[1:]) or "done", flush=True)
    except figcom.Error as error:
        print(type(error).__name__, error.status, flush=True)
"""


def examples(language):
    """{file name: text} of the page's examples; their first line names the file."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return {re.search(r"\w+\.\w+", block).group(0): block for block in blocks}


class Agent:
    """A process on the bus that runs the Python module."""

    def __init__(self, folder, name, *services):
        self.process = subprocess.Popen([sys.executable, "-c", AGENT, f"local:{folder}", name, *services], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=PYTHON_ENV)
        self.hear()

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, line):
        self.tell(line)
        return self.hear()

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Bus(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="figcom-api-")
        self.path = pathlib.Path(self.folder.name)
        self.address = f"local:{self.path}"
        self.running = []
        (self.path / "policy.toml").write_text(POLICY)
        ready, told = os.pipe()
        self.start([BROKER, "--local", self.path, "--socket", self.path / "sock", "--policy", self.path / "policy.toml",
                    "--ready-fd", str(told)], pass_fds=[told])
        os.close(told)
        self.assertEqual(os.read(ready, 1), b"\n")
        os.close(ready)

    def tearDown(self):
        for process in self.running:
            process.kill()
            process.wait()
        self.folder.cleanup()

    def start(self, command, **more):
        self.running.append(subprocess.Popen([str(part) for part in command], **more))
        return self.running[-1]

    def agent(self, name, *services):
        agent = Agent(self.path, name, *services)
        self.addCleanup(agent.end)
        return agent

    def connected(self):
        """alpha and beta with a channel between them."""
        beta, alpha = self.agent("beta", "greeter"), self.agent("alpha")
        beta.tell("!channel = bus.accept(60)")
        self.assertEqual(alpha.ask("!channel = bus.open('beta', 'greeter', 60)"), "done")
        self.assertEqual(beta.hear(), "done")
        return alpha, beta


class Examples(Bus):
    def compile(self, name, text):
        (self.path / name).write_text(text)
        program = self.path / name.removesuffix(".c")
        flags = [f"-fsanitize={SANITIZE}"] if SANITIZE != "none" else []
        subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", *flags, "-I", SOURCE,
                        self.path / name, LIBRARY, f"-Wl,-rpath,{LIBRARY.parent}", "-o", program], check=True)
        return program

    def test_the_examples_of_the_page_work(self):
        programs = {name: self.compile(name, text) for name, text in examples("c").items()}
        self.assertEqual(sorted(programs), ["client.c", "greeter.c"])
        self.start([programs["greeter.c"], self.address])
        said = subprocess.run([programs["client.c"], self.address], capture_output=True, text=True, timeout=100, check=True)
        self.assertRegex(said.stdout, r"^hello, world \(from endpoint \d+\)\n$")
        text = examples("python")["client.py"]
        said = subprocess.run([sys.executable, "-c", text, self.address], capture_output=True, text=True, timeout=100,
                              env=PYTHON_ENV, check=True)
        self.assertRegex(said.stdout, r"^hello, python \(from endpoint \d+\)\n$")


class Module(Bus):
    def test_messages_of_every_length_arrive_whole(self):
        alpha, beta = self.connected()
        longest = int(alpha.ask("channel.max_length"))
        self.assertGreater(longest, 16384)
        for length in (0, 1, 88, 89, 4096, longest):
            self.assertEqual(alpha.ask(f"channel.send(bytes([7]) * {length}, message_type=9)"), "None")
            self.assertEqual(beta.ask("!message = channel.recv()"), "done")
            self.assertEqual(beta.ask(f"message.data == bytes([7]) * {length}, message.type, message.priority"),
                             "(True, 9, 0)")
        self.assertEqual(alpha.ask(f"channel.send(bytes({longest + 1}))"), "Error -2")
        self.assertEqual(alpha.ask("channel.send(b'x', priority=1)"), "Error -2")
        self.assertEqual(beta.ask("channel.send(b'back')"), "None")
        self.assertEqual(alpha.ask("channel.recv().data"), "b'back'")

    def test_a_full_channel_sends_nothing_and_an_empty_one_takes_nothing(self):
        alpha, beta = self.connected()
        for agent in (alpha, beta):
            agent.ask("channel.set_timeout(0)")
        self.assertEqual(beta.ask("channel.recv()"), "Timeout -7")
        sent = 0
        while (answer := alpha.ask(f"channel.send(b'{sent}')")) == "None":
            sent += 1
        self.assertEqual(answer, "Timeout -7")
        self.assertGreater(sent, 0)
        for number in range(sent):
            self.assertEqual(beta.ask("channel.recv().data"), f"b'{number}'")
        self.assertEqual(beta.ask("channel.recv()"), "Timeout -7")

    def test_a_small_buffer_keeps_the_message(self):
        alpha, beta = self.connected()
        alpha.ask("channel.send(b'twelve bytes')")
        beta.ask("!import ctypes; small = ctypes.create_string_buffer(5)")
        self.assertEqual(beta.ask("figcom._library.figcom_recv(channel._handle, small, 5)"), "-12")
        self.assertEqual(beta.ask("figcom._library.figcom_recv(channel._handle, small, 5)"), "-12")
        self.assertEqual(beta.ask("channel.recv().data"), "b'twelve bytes'")

    def test_the_end_of_a_peer_is_told_after_its_last_message(self):
        for how in ("close", "kill"):
            with self.subTest(how):
                self.tearDown()
                self.setUp()
                alpha, beta = self.connected()
                alpha.ask("channel.send(b'last')")
                if how == "kill":
                    os.kill(alpha.process.pid, signal.SIGKILL)
                    alpha.process.wait()
                else:
                    alpha.ask("channel.close()")
                self.assertEqual(beta.ask("channel.recv().data"), "b'last'")
                self.assertEqual(beta.ask("channel.recv()"), "Closed -11")

    def test_channels_outlive_the_broker_and_new_ones_come_from_its_successor(self):
        alpha, beta = self.connected()
        self.tearDown()
        alpha.ask("channel.send(b'still')")
        self.assertEqual(beta.ask("channel.recv().data"), "b'still'")
        self.assertIn(alpha.ask("bus.open('beta', 'greeter', 0)"), ("Error -6", "Error -3", "Timeout -7"))

    def test_what_the_policy_does_not_allow_is_refused(self):
        beta, _ = self.agent("beta", "greeter"), self.agent("alpha", "other")
        self.assertEqual(beta.ask("bus.open('alpha', 'other', 60)"), "Denied -5")

    def test_wrong_arguments_and_absent_sides_give_their_errors(self):
        alpha = self.agent("alpha")
        self.assertEqual(alpha.ask("bus.open('no name', 'greeter', 0)"), "Error -2")
        self.assertEqual(alpha.ask("bus.open('beta', 'greeter', 0.05)"), "Timeout -7")
        self.assertEqual(alpha.ask("bus.accept(0)"), "Timeout -7")
        self.assertEqual(alpha.ask("figcom.Bus('xen:', 'alpha')"), "Error -9")
        self.assertEqual(alpha.ask("figcom.Bus('local:no-such-directory', 'alpha')"), "Error -3")
        self.assertEqual(alpha.ask("figcom.Bus('guest:no-such-directory', 'alpha')"), "Error -3")
        for call in ("figcom_send(None, None, 0)", "figcom_recv(None, None, 0)", "figcom_open(None, b'', b'', 0, None)",
                     "figcom_accept(None, 0, None)", "figcom_last_info(None, None)", "figcom_set_timeout(None, 0)"):
            self.assertEqual(alpha.ask(f"figcom._library.{call}"), "-2")
        self.assertEqual(alpha.ask("figcom._library.figcom_version() >> 16"), "1")


class Abi(unittest.TestCase):
    def test_the_exported_names_and_the_soname_stay(self):
        wanted = [line for line in pathlib.Path(__file__).with_name("figcom.symbols").read_text().splitlines()
                  if not line.startswith("#")]
        listed = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True)
        names = [line.split()[2] for line in listed.stdout.splitlines() if line.split()[1] != "A"]
        self.assertEqual(sorted(names), sorted(f"{name}@@FIGCOM_1.0" for name in wanted))
        dynamic = subprocess.run(["readelf", "-d", LIBRARY], capture_output=True, text=True, check=True)
        self.assertIn("Library soname: [libfigcom.so.1]", dynamic.stdout)

    def test_the_page_names_every_function_and_status(self):
        page = PAGE.read_text()
        header = (SOURCE / "figcom-vbus/wire/figcom.h").read_text()
        for name in re.findall(r"\b(figcom_\w+)\(", header):
            self.assertIn(f"`{name}", page)
        for name, number in re.findall(r"(FIGCOM_E_\w+) = (-\d+)", header):
            self.assertRegex(page, rf"\| {number} \| `{name}` \|")


if __name__ == "__main__":
    unittest.main()
