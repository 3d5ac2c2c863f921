"""A real web server on 127.0.0.1, as well or as badly behaved as a test needs.

    with Loopback({"/checkpoint": b"..."}) as server:
        server.faults["/slow"] = drip(answer(200, b"never seen"), every=0.1)
        HttpSource(server.url).get("slow", limit=100)

It serves a folder or a dict, with ETags and kept connections. A *fault* is a function that gets the raw connection
in the place of an answer, once the request has been read; `on_connect` gets it before anything was read, and with
`tls` before the handshake. Whatever a fault does ends when the server stops, and no thread or socket outlives it.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_HEAD_BYTES = 65_536
_STOP_SECONDS = 5.0
_REASONS = {200: "OK", 302: "Found", 304: "Not Modified", 404: "Not Found", 503: "Service Unavailable"}


@dataclass(frozen=True)
class Asked:
    """A request that came: its method, the line's target, the headers with names in lower case, and the body."""

    target: str
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""


class Wire:
    """One connection, as a fault sees it. Writing to a client that has gone ends the fault, quietly."""

    def __init__(self, sock: socket.socket, server: Loopback) -> None:
        self.sock = sock
        self._server = server

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)
        self._server.sent += len(data)

    def pause(self, seconds: float) -> None:
        """Waits; ends the fault when the server stops meanwhile."""
        if self._server.stopped.wait(seconds):
            raise ConnectionAbortedError

    def hang(self) -> None:
        """Says nothing more until the server stops."""
        self.pause(_STOP_SECONDS * 10)

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.sock.close()
        raise ConnectionAbortedError


Fault = Callable[[Wire], None]


def answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Returns a whole answer, with a Content-Length unless `headers` has its own or Transfer-Encoding."""
    given = dict(headers or {})
    if not {"content-length", "transfer-encoding"} & {name.lower() for name in given}:
        given["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Whatever')}", *(f"{n}: {v}" for n, v in given.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def says(data: bytes) -> Fault:
    """Sends `data` and closes."""
    return lambda wire: wire.send(data)


def drip(data: bytes, *, every: float = 0.05) -> Fault:
    """Sends a byte at a time, for ever: the last one again and again."""

    def fault(wire: Wire) -> None:
        for position in range(10**6):
            wire.send(data[position : position + 1] or data[-1:])
            wire.pause(every)

    return fault


def endless(head: bytes, piece: bytes) -> Fault:
    """Sends `head`, and `piece` until the client has had enough."""

    def fault(wire: Wire) -> None:
        wire.send(head)
        while True:
            wire.send(piece)

    return fault


def says_and_resets(data: bytes) -> Fault:
    """Sends `data`, then a TCP reset."""

    def fault(wire: Wire) -> None:
        wire.send(data)
        wire.pause(0.05)
        wire.reset()

    return fault


def redirects(location: str, status: int = 302) -> Fault:
    """Sends the client on."""
    return says(answer(status, b"over there", {"Location": location}))


def tunnels(wire: Wire) -> None:
    """Answers as a proxy does (an `on_connect`): connects where CONNECT says and passes bytes to and fro."""
    line = _head(wire.sock).split(b"\r\n")[0].decode()
    host, _, port = line.split(" ")[1].rpartition(":")
    joins(wire, (host, int(port)), b"HTTP/1.1 200 Connected\r\n\r\n")


def tunnels_to(server: Loopback) -> Fault:
    """Answers as a proxy does that finds every host at one server."""

    def fault(wire: Wire) -> None:
        _head(wire.sock)
        joins(wire, ("127.0.0.1", server.port), b"HTTP/1.1 200 Connected\r\n\r\n")

    return fault


def joins(wire: Wire, address: tuple[str, int], connected: bytes) -> None:
    """Connects to an address, says so, and passes bytes to and fro."""
    with socket.create_connection(address) as onward:
        wire.send(connected)
        back = threading.Thread(target=_pump, args=(onward, wire.sock))
        back.start()
        _pump(wire.sock, onward)
        back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(4096):
            target.sendall(data)
    for sock in (source, target):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _head(sock: socket.socket) -> bytes:
    """Returns a request's line and headers; empty when the client is done."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _HEAD_BYTES:
        byte = sock.recv(1)
        if not byte:
            return b""
        head += byte
    return head


def _exactly(sock: socket.socket, length: int) -> bytes:
    """Returns a request's body."""
    body = b""
    while len(body) < length:
        piece = sock.recv(length - len(body))
        if not piece:
            break
        body += piece
    return body


@dataclass
class Loopback:
    """The server; a context manager.

    Attributes:
        files: what is served: a folder, or bodies by absolute path.
        faults: what happens in the place of an answer, by absolute path.
        on_connect: what happens in the place of everything.
        tls: a server's context, for HTTPS.
        services: what makes a whole answer (`answer`) to each request, by absolute path.
        asked: the requests that came so far.
        connections: how many connections came so far.
        sent: how many bytes the faults could send so far, what still lies in the system's buffers included.
        port: the port; 0 until it listens for the first time. Entered again, it listens there again.
    """

    files: Path | dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    on_connect: Fault | None = None
    tls: ssl.SSLContext | None = None
    services: dict[str, Callable[[Asked], bytes]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    sent: int = 0
    port: int = 0

    def __enter__(self) -> Self:
        self.stopped = threading.Event()
        self._open: set[socket.socket] = set()
        self._workers: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="loopback")
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        # Closing a listener does not wake whoever waits in accept(); a connection does.
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._acceptor.join(_STOP_SECONDS)
        self._listener.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for worker in self._workers:
            worker.join(_STOP_SECONDS)
            assert not worker.is_alive()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self.stopped.is_set():
                sock.close()
                return
            self.connections += 1
            worker = threading.Thread(target=self._serve, args=(sock,), name="loopback")
            self._workers.append(worker)
            worker.start()

    def _serve(self, sock: socket.socket) -> None:
        self._open.add(sock)
        try:
            # OSError: the client has gone, its own way or by a fault. That is what the test is about, not this.
            with contextlib.suppress(OSError):
                if self.on_connect is not None:
                    self.on_connect(Wire(sock, self))
                    return
                if self.tls is not None:
                    plain, sock = sock, self.tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                    self._open.remove(plain)
                    self._open.add(sock)
                    sock.do_handshake()
                while self._answer(sock):
                    pass
        finally:
            self._open.discard(sock)
            sock.close()

    def _answer(self, sock: socket.socket) -> bool:
        """Answers one request; returns whether the connection is kept."""
        line, *lines = _head(sock).decode("latin-1").split("\r\n")
        if not line:
            return False
        split = (header.partition(":") for header in lines if header)
        method, target = line.split(" ")[:2]
        headers = {name.lower(): value.strip() for name, _, value in split}
        asked = Asked(target, headers, method, _exactly(sock, int(headers.get("content-length", "0"))))
        self.asked.append(asked)
        fault = self.faults.get(asked.target)
        if fault is not None:
            fault(Wire(sock, self))
            return False
        service = self.services.get(asked.target)
        if service is not None:
            sock.sendall(service(asked))
            return True
        body = self._body(asked.target)
        if body is None:
            sock.sendall(answer(404, b"<html>Not here</html>", {"Content-Type": "text/html"}))
            return True
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if asked.headers.get("if-none-match") == etag:
            sock.sendall(answer(304, b"", {"ETag": etag}))
        else:
            sock.sendall(answer(200, body, {"ETag": etag}))
        return True

    def _body(self, target: str) -> bytes | None:
        if isinstance(self.files, dict):
            return self.files.get(target)
        path = self.files / target.lstrip("/")
        return path.read_bytes() if path.is_file() else None
