# SPDX-FileCopyrightText: 2026 The ZetaTron authors
# SPDX-License-Identifier: Apache-2.0
"""FIGCOM for Python programs: channels by name between programs and guests.

A ctypes layer over libfigcom.so.1 (FIGCOM_LIBRARY names another file). Messages are bytes; they arrive whole or not at
all, in order, once. A bus and its channels belong to one thread at a time.

    with figcom.Bus("guest", "my-program") as bus, bus.open("beta", "greeter") as channel:
        channel.send(b"hello")
        print(channel.recv().data)
"""

import ctypes
import os
from typing import NamedTuple

_TIMEOUT, _CLOSED, _DENIED = -7, -11, -5


class Error(Exception):
    """A call failed. `status` is libfigcom's number."""

    def __init__(self, status):
        super().__init__(_library.figcom_strerror(status).decode())
        self.status = status


class Timeout(Error, TimeoutError):
    """The time was over first; nothing was sent or taken."""


class Closed(Error, ConnectionError):
    """The peer is gone, and all that it sent was taken."""


class Denied(Error, PermissionError):
    """No rule of the broker's policy allows this channel."""


class Message(NamedTuple):
    data: bytes
    timestamp_ns: int
    source: int
    target: int
    type: int
    priority: int


class _Info(ctypes.Structure):
    _fields_ = [("timestamp_ns", ctypes.c_uint64), ("source", ctypes.c_uint32), ("target", ctypes.c_uint32),
                ("type", ctypes.c_uint16), ("priority", ctypes.c_uint8), ("reserved", ctypes.c_uint8 * 5)]


def _load():
    library = ctypes.CDLL(os.environ.get("FIGCOM_LIBRARY", "libfigcom.so.1"))
    text, handle, out = ctypes.c_char_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)
    signatures = {
        "figcom_attach": (ctypes.c_int, text, text, ctypes.POINTER(text), ctypes.c_size_t, ctypes.c_int64, out),
        "figcom_detach": (None, handle),
        "figcom_open": (ctypes.c_int, handle, text, text, ctypes.c_int64, out),
        "figcom_accept": (ctypes.c_int, handle, ctypes.c_int64, out),
        "figcom_close": (None, handle),
        "figcom_send": (ctypes.c_int, handle, ctypes.c_char_p, ctypes.c_size_t),
        "figcom_recv": (ctypes.c_int64, handle, ctypes.c_void_p, ctypes.c_size_t),
        "figcom_last_info": (ctypes.c_int, handle, ctypes.POINTER(_Info)),
        "figcom_set_timeout": (ctypes.c_int, handle, ctypes.c_int64),
        "figcom_set_type": (ctypes.c_int, handle, ctypes.c_uint16),
        "figcom_set_priority": (ctypes.c_int, handle, ctypes.c_uint8),
        "figcom_max_length": (ctypes.c_size_t, handle),
        "figcom_strerror": (text, ctypes.c_int64),
        "figcom_version": (ctypes.c_uint32,),
    }
    for name, (result, *arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_library = _load()


def _check(status):
    if status < 0:
        raise {_TIMEOUT: Timeout, _CLOSED: Closed, _DENIED: Denied}.get(status, Error)(status)
    return status


def _nanoseconds(seconds):
    return -1 if seconds is None else max(0, int(seconds * 1e9))


class Channel:
    """Made by Bus.open and Bus.accept."""

    RECEIVE_BYTES = 1 << 16  # what a channel of the broker carries at most

    def __init__(self, handle):
        self._handle = handle
        self._buffer = ctypes.create_string_buffer(self.RECEIVE_BYTES)

    def send(self, data, *, message_type=0, priority=0):
        """Sends one message of bytes, waiting for room as long as the channel's timeout."""
        _check(_library.figcom_set_type(self._handle, message_type))
        _check(_library.figcom_set_priority(self._handle, priority))
        _check(_library.figcom_send(self._handle, bytes(data), len(data)))

    def recv(self):
        """Takes one message, waiting for it as long as the channel's timeout."""
        length = _check(_library.figcom_recv(self._handle, self._buffer, len(self._buffer)))
        info = _Info()
        _check(_library.figcom_last_info(self._handle, info))
        return Message(ctypes.string_at(self._buffer, length), info.timestamp_ns, info.source, info.target, info.type,
                       info.priority)

    def set_timeout(self, seconds):
        """None waits for ever, 0 never waits."""
        _check(_library.figcom_set_timeout(self._handle, _nanoseconds(seconds)))

    @property
    def max_length(self):
        """The longest message that this channel sends."""
        return _library.figcom_max_length(self._handle)

    def close(self):
        handle, self._handle = self._handle, None
        _library.figcom_close(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Bus:
    """This program's attachment to the bus. `services` are offered to other programs.

    `address` is None or "guest" inside a guest (its agent is found), "local:DIRECTORY" with a broker on this host.
    """

    def __init__(self, address, name, services=(), timeout=None):
        names = (ctypes.c_char_p * len(services))(*(service.encode() for service in services))
        handle = ctypes.c_void_p()
        where = None if address is None else address.encode()
        _check(_library.figcom_attach(where, name.encode(), names, len(services), _nanoseconds(timeout),
                                      ctypes.byref(handle)))
        self._handle = handle

    def open(self, peer, service, timeout=None):
        """A channel to a service of another program; waits until that program offers it."""
        handle = ctypes.c_void_p()
        _check(_library.figcom_open(self._handle, peer.encode(), service.encode(), _nanoseconds(timeout),
                                    ctypes.byref(handle)))
        return Channel(handle)

    def accept(self, timeout=None):
        """The next channel that another program opened to one of our services."""
        handle = ctypes.c_void_p()
        _check(_library.figcom_accept(self._handle, _nanoseconds(timeout), ctypes.byref(handle)))
        return Channel(handle)

    def close(self):
        handle, self._handle = self._handle, None
        _library.figcom_detach(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
