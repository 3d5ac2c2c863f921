"""A real SOCKS 5 proxy (RFC 1928) that knows some names, and notes what it is asked for.

    names = SocksProxy({"abcdefgh.onion": server.port})
    with Loopback(on_connect=names) as proxy:
        HttpSource("http://abcdefgh.onion/", allow_http=True, proxy=socks_url(proxy))
    assert names.asked == [Wanted("name", "abcdefgh.onion", 80)]

Every name and address that it knows lies at a port of 127.0.0.1; it looks nothing up.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.loopback import Fault, Loopback, Wire, joins

VERSION = b"\x05"
NO_PASSWORD = b"\x05\x00"
ANY_PORT = b"\x01\0\0\0\0\0\0"
"""The address that a proxy says it connected from, where that is nobody's business."""

CONNECTED = VERSION + b"\0\0" + ANY_PORT
HOST_UNREACHABLE = 4


class Wanted(NamedTuple):
    """What a proxy was asked to connect to; the kind is `name`, `v4` or `v6`."""

    kind: str
    host: str
    port: int


@dataclass
class SocksProxy:
    """What a `Loopback` does as `on_connect` to be a SOCKS proxy.

    Attributes:
        places: ports of 127.0.0.1, by the name or address that is asked for.
        asked: what it was asked for.
        refuses: the code to refuse everything with; 0 for nothing.
        instead: what happens in the place of the answer to a request.
    """

    places: dict[str, int] = field(default_factory=dict)
    asked: list[Wanted] = field(default_factory=list)
    refuses: int = 0
    instead: Fault | None = None

    def __call__(self, wire: Wire) -> None:
        version, methods = _read(wire, 2)
        assert version == VERSION[0]
        assert 0 in _read(wire, methods)
        wire.send(NO_PASSWORD)
        wanted = self._wanted(wire)
        self.asked.append(wanted)
        if self.instead is not None:
            self.instead(wire)
            return
        port = self.places.get(wanted.host)
        if self.refuses or port is None:
            wire.send(VERSION + bytes([self.refuses or HOST_UNREACHABLE]) + b"\0" + ANY_PORT)
            return
        joins(wire, ("127.0.0.1", port), CONNECTED)

    @staticmethod
    def _wanted(wire: Wire) -> Wanted:
        version, command, _, kind = _read(wire, 4)
        assert (version, command) == (VERSION[0], 1)
        if kind == 3:
            found = Wanted("name", _read(wire, _read(wire, 1)[0]).decode("ascii"), 0)
        elif kind == 1:
            found = Wanted("v4", socket.inet_ntop(socket.AF_INET, _read(wire, 4)), 0)
        else:
            assert kind == 4
            found = Wanted("v6", socket.inet_ntop(socket.AF_INET6, _read(wire, 16)), 0)
        return found._replace(port=struct.unpack(">H", _read(wire, 2))[0])


def socks_url(proxy: Loopback) -> str:
    """Returns the address of a `Loopback` that is a SOCKS proxy."""
    return f"socks5h://127.0.0.1:{proxy.port}"


def _read(wire: Wire, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = wire.sock.recv(length - len(data))
        if not piece:
            raise ConnectionAbortedError
        data += piece
    return data
