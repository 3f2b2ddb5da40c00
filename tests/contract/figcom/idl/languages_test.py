# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""C++ and Python of the same interface: the same bytes, the same verdict on every byte, whatever the versions.

Run by Meson, which names the programs in the environment. FIGCOM_IDL_SEED repeats a run.
"""

import importlib.util
import math
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

IDL, JUDGE = os.environ["FIGCOM_IDL"], os.environ["FIGCOM_JUDGE"]
SOURCE = pathlib.Path(os.environ["FIGCOM_SOURCE"])
SEED = int(os.environ.get("FIGCOM_IDL_SEED", random.SystemRandom().randrange(2**32)))
ROUNDS = 3000
sys.path.insert(0, str(SOURCE / "figcom-vbus/python"))
sys.dont_write_bytecode = True
import figcom_idl  # noqa: E402  found through the path above


def module_of(name, folder):
    path = pathlib.Path(folder) / f"{name}.py"
    subprocess.run([IDL, "python", SOURCE / f"tests/support/figcom/idl/{name}.figcom", "--output", path], check=True)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def number(rng, low, high):
    return rng.choice([low, high, rng.randint(low, high)])


def text(rng, most):
    return figcom_idl.text(bytes(rng.choices(range(256), k=rng.randint(0, most))))


def random_all(module, rng):
    """Any value of the struct All."""
    value = module.All(
        flag=rng.random() < 0.5, a=number(rng, 0, 255), b=number(rng, 0, 65535), c=number(rng, 10, 20),
        d=number(rng, 0, 2**64 - 1), e=number(rng, -100, 100), f=number(rng, -2**15, 2**15 - 1),
        g=number(rng, -2**31, 2**31 - 1), h=number(rng, -2**63, 2**63 - 1),
        i=struct.unpack("<f", struct.pack("<f", rng.uniform(-1e9, 1e9)))[0], j=rng.choice([math.inf, rng.uniform(-1e300, 1e300)]),
        kind=rng.choice(list(module.Kind)), mood=number(rng, -2**15, 2**15 - 1), wide=number(rng, 0, 2**64 - 1),
        title=text(rng, 12), blob=rng.randbytes(rng.randint(0, 5)),
        place=module.Point(x=rng.choice([-1.5, 0.25]), y=rng.uniform(-0.5, 2)),
        path=[module.Point(), module.Point(x=1.5, y=2)], numbers=[number(rng, 0, 999) for _ in range(3)],
        kinds=rng.choices(list(module.Kind), k=2), names=[text(rng, 3), text(rng, 3)],
        flags=rng.choices([False, True], k=3))
    if module.MINOR == 2:
        value.later, value.tag, value.last = rng.choice([5, 6]), text(rng, 4), number(rng, -2**15, 2**15 - 1)
    return value


class Languages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        cls.rng = random.Random(SEED)
        cls.folder = tempfile.TemporaryDirectory(prefix="figcom-idl-")
        cls.newer = module_of("everything", cls.folder.name)
        cls.older = module_of("everything_2_0", cls.folder.name)
        cls.judge = subprocess.Popen([JUDGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @classmethod
    def tearDownClass(cls):
        cls.judge.stdin.close()
        ended = cls.judge.wait(60)
        cls.judge.stdout.close()
        cls.folder.cleanup()
        if ended != 0:
            raise AssertionError(f"the judge ended with {ended}")

    def ask(self, module, payload):
        """What C++ of this version says to it."""
        self.judge.stdin.write(struct.pack("<BI", module.MINOR != 0, len(payload)) + payload)
        self.judge.stdin.flush()
        length = struct.unpack("<I", self.judge.stdout.read(4))[0]
        return self.judge.stdout.read(length)

    def verdict(self, module, payload):
        """What Python says, in the judge's words."""
        try:
            body, _, request = figcom_idl.unpack(payload, module.All, (module.MAJOR, module.MINOR))
        except figcom_idl.Invalid as fault:
            return f"-{fault.code} {fault.where}".encode()
        if math.isnan(body.i) or math.isnan(body.j):  # Python may change which NaN it is
            return None
        return b"+" + figcom_idl.pack(body, module.All, (module.MAJOR, module.MINOR), request)

    def both(self, module, payload):
        ours, theirs = self.verdict(module, payload), self.ask(module, payload)
        if ours is None:
            self.assertEqual(theirs[:1], b"+", payload.hex())
        else:
            self.assertEqual(ours, theirs, payload.hex())
        return theirs

    def test_a_value_is_the_same_bytes_in_both(self):
        for module in (self.newer, self.older):
            for _ in range(ROUNDS // 10):
                value = random_all(module, self.rng)
                payload = figcom_idl.pack(value, module.All, (2, module.MINOR), self.rng.randrange(2**32))
                self.assertEqual(self.ask(module, payload), b"+" + payload)
                self.assertEqual(figcom_idl.unpack(payload, module.All, (2, module.MINOR))[0], value)

    def test_each_version_reads_the_other(self):
        old = random_all(self.older, self.rng)
        payload = figcom_idl.pack(old, self.older.All, (2, 0), 5)
        seen = figcom_idl.unpack(payload, self.newer.All, (2, 2))[0]
        self.assertEqual((seen.a, seen.later, seen.tag, seen.last), (old.a, 5, "new", self.newer.Mood.LOW))
        self.assertEqual(self.both(self.newer, payload)[:1], b"+")
        new = random_all(self.newer, self.rng)
        new.mood = self.newer.Mood.HIGH
        payload = figcom_idl.pack(new, self.newer.All, (2, 2), 5)
        seen = figcom_idl.unpack(payload, self.older.All, (2, 0))[0]
        self.assertEqual((seen.a, seen.mood, hasattr(seen, "tag")), (new.a, 32767, False))
        self.assertEqual(self.both(self.older, payload)[:1], b"+")
        with self.assertRaisesRegex(figcom_idl.WrongMajor, "major version 3, this program 2"):
            figcom_idl.unpack(figcom_idl.pack(new, self.newer.All, (3, 0)), self.newer.All, (2, 2))

    def test_hostile_bytes_have_one_verdict(self):
        refused = 0
        for _ in range(ROUNDS):
            writer = self.rng.choice([self.newer, self.older])
            minor = self.rng.choice([writer.MINOR, writer.MINOR, 0, 1, 2, 3, 65535])
            payload = bytearray(figcom_idl.pack(random_all(writer, self.rng), writer.All, (2, minor), 1))
            for _ in range(self.rng.choice([0, 1, 1, 3, 40])):
                payload[self.rng.randrange(len(payload))] = self.rng.choice([0, 1, 255, self.rng.randrange(256)])
            cut = self.rng.choice([len(payload)] * 6 + [self.rng.randrange(len(payload))])
            payload = bytes(payload[:cut]) + b"\x07" * self.rng.choice([0, 0, 0, 0, 1, 9])
            refused += self.both(self.rng.choice([self.newer, self.older]), payload)[:1] == b"-"
        self.assertTrue(ROUNDS // 10 < refused < ROUNDS, refused)  # it looked at good and at bad ones

    def test_python_refuses_bad_values(self):
        bad = [("c", 21), ("c", "x"), ("a", 256), ("a", -1), ("i", 1e39), ("kind", 5), ("title", "0123456789abc"), ("title", b"x"),
               ("blob", "x"), ("blob", b"123456"), ("numbers", [1, 2]), ("numbers", 5), ("place", None), ("flag", 2),
               ("place", self.newer.Point(x=math.nan)), ("wide", 2**64), ("title", "\ud800")]
        for name, value in bad:
            with self.subTest(name=name, value=value), self.assertRaises(figcom_idl.Invalid):
                figcom_idl.pack(self.newer.All(**{name: value}), self.newer.All, (2, 2))
        with self.assertRaises(TypeError):
            self.newer.All(nothing=1)

    def test_ports_tell_what_they_do_not_know(self):
        sent = []

        class Wire:
            def send(self, data, message_type, priority):
                sent.append((message_type, priority, data))

            def recv(self):
                number, priority, data = sent.pop(0)
                return type("Message", (), {"data": data, "type": number, "priority": priority})

        client, server = self.newer.ZooClient(Wire()), self.older.ZooServer(Wire())
        request = client.request_ask(self.newer.Small(value_of=4))
        event = server.receive()
        self.assertEqual((event.name, event.body.value_of, event.request, event.minor), ("ask", 4, request, 2))
        server.reply_ask(event.request, self.older.All(a=7))
        self.assertEqual(client.receive().body.tag, "new")
        client.send_late(self.newer.All())
        self.assertEqual(server.receive().name, "unknown")
        sent.append((261, 0, figcom_idl.pack(self.newer.All(), self.newer.All, (2, 2))))
        self.assertEqual(server.receive().fault.code, "side")
        sent.append((256, 1, figcom_idl.pack(self.newer.Small(), self.newer.Small, (2, 2))))
        self.assertEqual(server.receive().fault.code, "side")
        sent.append((999, 0, figcom_idl.pack(self.newer.Small(), self.newer.Small, (4, 2))))
        self.assertEqual((server.receive().fault.theirs, len(sent)), (4, 0))

    def test_states_and_records(self):
        record = self.newer.ZOO_RECORDS["weather"]
        payload = self.newer.pack_record(record, self.newer.All(a=3))
        self.assertEqual(self.older.unpack_record(self.older.ZOO_RECORDS["weather"], payload).a, 3)
        with self.assertRaises(figcom_idl.Invalid):
            self.newer.unpack_record(self.newer.ZOO_RECORDS["wish"], payload)


if __name__ == "__main__":
    unittest.main(verbosity=2)
