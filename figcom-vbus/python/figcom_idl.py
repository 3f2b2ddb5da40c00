# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""What the modules that figcom-idl makes are built on: values to bytes and back, every byte checked.

Works on whatever has send(data, message_type=, priority=) and recv(), such as figcom.Channel; needs no other module.
The layout is that of docs/reference/figcom-idl.md.
"""

import operator
import struct
from typing import Any, NamedTuple, Optional

HEAD = struct.Struct("<HHI")  # major, minor, request; before every body


class Invalid(ValueError):
    """A value, or bytes, that break the interface. `code` is the C++ runtime's name of the fault."""

    def __init__(self, code, where, why):
        super().__init__(f"{where}: {why}")
        self.code = code
        self.where = where


class WrongMajor(Invalid):
    """The sender speaks another major version."""

    def __init__(self, theirs, ours):
        super().__init__("major", "head", f"the sender speaks major version {theirs}, this program {ours}; update the older one")
        self.theirs = theirs
        self.ours = ours


class _Number:
    def __init__(self, code):
        self._struct = struct.Struct("<" + code)
        self.bytes = self._struct.size
        self._whole = code not in "fd"

    def zero(self):
        return 0 if self._whole else 0.0

    def rounded(self, value, where):
        """The value as the wire holds it."""
        try:
            value = operator.index(value) if self._whole else float(value)
            return self._struct.unpack(self._struct.pack(value))[0]
        except (struct.error, OverflowError, TypeError, ValueError) as error:
            raise Invalid("range", where, f"{value!r} does not fit its type") from error

    def check(self, value, where):
        self.rounded(value, where)

    def put(self, buffer, at, value):
        self._struct.pack_into(buffer, at, operator.index(value) if self._whole else float(value))

    def load(self, buffer, at, _where):
        return self._struct.unpack_from(buffer, at)[0]


class _Bool:
    bytes = 1

    def zero(self):
        return False

    def check(self, value, where):
        if value not in (False, True):
            raise Invalid("range", where, f"{value!r} is neither true nor false")

    def put(self, buffer, at, value):
        buffer[at] = 1 if value else 0

    def load(self, buffer, at, where):
        if buffer[at] > 1:
            raise Invalid("range", where, f"{buffer[at]} is no bool")
        return buffer[at] == 1


U8, U16, U32, U64 = (_Number(code) for code in "BHIQ")
I8, I16, I32, I64 = (_Number(code) for code in "bhiq")
F32, F64 = (_Number(code) for code in "fd")
BOOL = _Bool()


class Range:
    """A number between two others, both included; what is not a number is outside."""

    def __init__(self, kind, low, high):
        self._kind, self._low, self._high = kind, low, high
        self.bytes = kind.bytes

    def zero(self):
        return self._kind.zero()

    def check(self, value, where):
        if not self._low <= self._kind.rounded(value, where) <= self._high:
            raise Invalid("range", where, f"{value!r} is not in {self._low}..{self._high}")

    def put(self, buffer, at, value):
        self._kind.put(buffer, at, value)

    def load(self, buffer, at, where):
        return self._kind.load(buffer, at, where)


class Enum:
    """Known values are members of the class; unknown ones of an open enum stay numbers."""

    def __init__(self, members, kind, is_open):
        self._members, self._kind, self._open = members, kind, is_open
        self._known = {member.value: member for member in members}
        self.bytes = kind.bytes

    def zero(self):
        return self._known.get(0, 0)

    def check(self, value, where):
        self._kind.check(value, where)
        if not self._open and value not in self._known:
            raise Invalid("enum", where, f"{value!r} is no {self._members.__name__}")

    def put(self, buffer, at, value):
        self._kind.put(buffer, at, value)

    def load(self, buffer, at, where):
        number = self._kind.load(buffer, at, where)
        return self._known.get(number, number)


def text(data):
    """Bytes of any encoding as a string that becomes the same bytes again."""
    return data.decode("utf-8", "surrogateescape")


class Bytes:
    def __init__(self, capacity):
        self._capacity = capacity
        self.bytes = 2 + capacity

    def zero(self):
        return b""

    def _encoded(self, value, where):
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise Invalid("bound", where, f"{value!r} is not bytes")
        return bytes(value)

    def check(self, value, where):
        data = self._encoded(value, where)
        if len(data) > self._capacity:
            raise Invalid("bound", where, f"{len(data)} bytes, at most {self._capacity} are possible")

    def put(self, buffer, at, value):
        data = self._encoded(value, "")
        struct.pack_into("<H", buffer, at, len(data))
        buffer[at + 2:at + 2 + len(data)] = data

    def load(self, buffer, at, where):
        length = struct.unpack_from("<H", buffer, at)[0]
        if length > self._capacity:
            raise Invalid("bound", where, f"{length} bytes, at most {self._capacity} are possible")
        return bytes(buffer[at + 2:at + 2 + length])


class Text(Bytes):
    def zero(self):
        return ""

    def _encoded(self, value, where):
        if not isinstance(value, str):
            raise Invalid("bound", where, f"{value!r} is no string")
        try:
            return value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as error:
            raise Invalid("bound", where, f"{value!r} cannot be encoded") from error

    def load(self, buffer, at, where):
        return text(super().load(buffer, at, where))


class Array:
    def __init__(self, kind, count):
        self._kind, self._count = kind, count
        self.bytes = kind.bytes * count

    def zero(self):
        return [self._kind.zero() for _ in range(self._count)]

    def check(self, value, where):
        if not isinstance(value, (list, tuple)) or len(value) != self._count:
            raise Invalid("bound", where, f"a list of {self._count} elements is needed")
        for element in value:
            self._kind.check(element, where)

    def put(self, buffer, at, value):
        for index, element in enumerate(value):
            self._kind.put(buffer, at + index * self._kind.bytes, element)

    def load(self, buffer, at, where):
        return [self._kind.load(buffer, at + index * self._kind.bytes, where) for index in range(self._count)]


class Nested:
    def __init__(self, cls):
        self._cls = cls
        self.bytes = cls._bytes

    def zero(self):
        return self._cls()

    def check(self, value, where):
        _check(self._cls, value, where)

    def put(self, buffer, at, value):
        _put(buffer, at, value)

    def load(self, buffer, at, _where):
        return _load(self._cls, buffer, at, 0)


class Field(NamedTuple):
    kind: Any
    offset: int
    since: int
    initial: Any


class Struct:
    """A message's body. Fields are attributes; they are checked when it is packed."""

    _fields: dict = {}
    _bytes = 0
    _growth: dict = {}

    def __init__(self, **values):
        for name, field in self._fields.items():
            setattr(self, name, field.kind.zero() if field.initial is None else field.initial)
        for name, value in values.items():
            if name not in self._fields:
                raise TypeError(f"{type(self).__name__} has no field {name}")
            setattr(self, name, value)

    def __eq__(self, other):
        return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self._fields)

    __hash__ = None

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"


def layout(*, bytes, growth):  # pylint: disable=redefined-builtin
    """Takes a class's fields together and holds them against the numbers of the generator."""

    def apply(cls):
        cls._fields = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
        cls._bytes, cls._growth = bytes, growth
        at = 0
        for name, field in cls._fields.items():
            if field.offset != at:
                raise AssertionError(f"{cls.__name__}.{name} lies at {field.offset}, not {at}")
            at += field.kind.bytes
            delattr(cls, name)
        if at != bytes:
            raise AssertionError(f"{cls.__name__} has {at} bytes, not {bytes}")
        return cls

    return apply


def _check(cls, value, where):
    if type(value) is not cls:
        raise Invalid("bound", where, f"{value!r} is no {cls.__name__}")
    for name, field in cls._fields.items():
        field.kind.check(getattr(value, name), f"{cls.__name__}.{name}")


def _put(buffer, at, value):
    for name, field in value._fields.items():
        field.kind.put(buffer, at + field.offset, getattr(value, name))


def _load(cls, buffer, at, minor):
    value = cls()
    for name, field in cls._fields.items():
        if field.since > minor:
            break
        setattr(value, name, field.kind.load(buffer, at + field.offset, f"{cls.__name__}.{name}"))
    return value


def pack(body, cls, version, request=0):
    """Head and body as bytes. Raises Invalid."""
    _check(cls, body, cls.__name__)
    buffer = bytearray(HEAD.size + cls._bytes)
    HEAD.pack_into(buffer, 0, *version, request)
    _put(buffer, HEAD.size, body)
    return bytes(buffer)


def read_head(payload, version):
    """(minor, request) of any message. Raises Invalid, WrongMajor."""
    if len(payload) < HEAD.size:
        raise Invalid("length", "head", "the message has not the length of its version")
    major, minor, request = HEAD.unpack_from(payload)
    if major != version[0]:
        raise WrongMajor(major, version[0])
    return minor, request


def unpack(payload, cls, version, since=0):
    """(body, minor, request) of hostile bytes. Fields that the sender's version does not have keep their first values;
    what a newer sender has added is not looked at. Raises Invalid, WrongMajor."""
    minor, request = read_head(payload, version)
    if minor < since:
        raise Invalid("too-new", cls.__name__, f"exists since minor version {since}, its sender speaks {minor}")
    expected = max(size for at, size in cls._growth.items() if at <= minor)
    length = len(payload) - HEAD.size
    if length < expected or (length != expected and minor <= version[1]):
        raise Invalid("length", cls.__name__, "the message has not the length of its version")
    body = _load(cls, memoryview(payload), HEAD.size, minor)
    _check(cls, body, cls.__name__)
    return body, minor, request


class Record(NamedTuple):
    body: type
    since: int


class Arrival(NamedTuple):
    name: str
    body: type
    priority: int
    since: int


class Event(NamedTuple):
    """A message that came. `name` is the message's; "unknown" for a type that this version does not know, "invalid"
    for what was refused: `fault` says why."""

    name: str
    body: Optional[Struct]
    request: int
    minor: int
    message: Any
    fault: Optional[Invalid] = None


class Port:
    """One end of a channel that speaks an interface."""

    VERSION = (0, 0)
    ARRIVALS: dict = {}
    OWN: set = set()

    def __init__(self, channel):
        self.channel = channel
        self._last_request = 0

    def receive(self):
        """The next event; waits for it as long as the channel's timeout."""
        message = self.channel.recv()
        arrival = self.ARRIVALS.get(message.type)
        minor, request = 0, 0
        try:
            if arrival is None:
                minor, request = read_head(message.data, self.VERSION)
                if message.type in self.OWN:
                    raise Invalid("side", "message", "came from the wrong side or on the wrong stream")
                return Event("unknown", None, request, minor, message)
            body, minor, request = unpack(message.data, arrival.body, self.VERSION, arrival.since)
            if message.priority != arrival.priority:
                raise Invalid("side", arrival.body.__name__, "came from the wrong side or on the wrong stream")
            return Event(arrival.name, body, request, minor, message)
        except Invalid as fault:
            return Event("invalid", None, request, minor, message, fault)

    def _send(self, number, priority, request, body, cls):
        self.channel.send(pack(body, cls, self.VERSION, request), message_type=number, priority=priority)

    def _request(self, number, priority, body, cls):
        self._last_request = self._last_request % 0xFFFFFFFF + 1
        self._send(number, priority, self._last_request, body, cls)
        return self._last_request

    def _call(self, number, priority, body, cls, reply, others):
        request = self._request(number, priority, body, cls)
        while True:
            event = self.receive()
            if event.message.type == reply and event.fault is not None:
                raise event.fault
            if event.message.type == reply and event.request == request:
                return event.body
            if others is not None:
                others(event)
