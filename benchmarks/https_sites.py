"""A web server for many sites at once, in a process of its own: nobody who is measured is to wait for it.

    python -m benchmarks.https_sites FOLDER

It serves `sites` in the folder (MessagePack: host → path → bytes) with the certificate in `server.pem` over HTTPS on
127.0.0.1, with entity tags and kept connections. It prints its port; then, for each line that it reads, what it has
done since the line before (`Served`, as JSON). It ends with its standard input.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from canary.core.text.strict import digest

SITES, CERTIFICATE = "sites", "server.pem"
_THREADS = 64
"""Connections that are served at once: more than any watcher here opens."""
_HEAD_BYTES = 65_536
_NOT_HERE = b"<html>Not here</html>"

Sites = Mapping[str, Mapping[str, bytes]]
"""Host → path, with a slash in front → bytes."""


class Served(msgspec.Struct):
    """What the server has done.

    Attributes:
        connections: how many connections were made, with their handshake.
        unchanged: how many requests were answered by 304.
        requests: how many requests there were.
        cpu: seconds of its processor time.
    """

    connections: int = 0
    requests: int = 0
    unchanged: int = 0
    cpu: float = 0.0


def etag(body: bytes) -> str:
    """Returns the entity tag that a body is served with."""
    return f'"{digest(body)}"'


class Server:
    """The server's process, as the one who started it sees it."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port

    def served(self) -> Served:
        """Returns what it has done since it was asked last."""
        if self._process.stdin is None or self._process.stdout is None:
            raise SystemExit("the server has no pipes")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline(), type=Served)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Starts the server of a folder, and ends it."""
    command = [sys.executable, "-m", "benchmarks.https_sites", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own list
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the server has no pipes")
        try:
            yield Server(process, int(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(timeout=10)


class _Answers:
    """Every answer, made beforehand."""

    def __init__(self, sites: Sites) -> None:
        self._whole: dict[tuple[str, str], tuple[str, bytes]] = {
            (host, path): (etag(body), _answer("200 OK", body, etag(body)))
            for host, files in sites.items()
            for path, body in files.items()
        }

    def answer(self, head: bytes) -> tuple[bytes, bool]:
        """Returns the answer to a request, and whether it says that nothing changed."""
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        host = headers["host"].partition(":")[0]
        tag, whole = self._whole.get((host, line.split(" ")[1]), ("", b""))
        if not whole:
            return _answer("404 Not Found", _NOT_HERE, ""), False
        if headers.get("if-none-match") == tag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode(), True
        return whole, False


def _answer(status: str, body: bytes, tag: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/plain", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *([f"ETag: {tag}"] if tag else []), "", ""]).encode() + body


class _Listener:
    """The listening socket, and the threads that serve it."""

    def __init__(self, answers: _Answers, certificate: Path) -> None:
        self._answers = answers
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._lock = threading.Lock()
        self._served = Served()
        self._cpu = 0.0
        self.port = int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Begins to serve, until the process ends."""
        for _ in range(_THREADS):
            threading.Thread(target=self._serve, daemon=True).start()

    def served(self) -> Served:
        """Returns what was done since this was called last."""
        with self._lock:
            done, self._served = self._served, Served()
        cpu = time.process_time()
        done.cpu, self._cpu = cpu - self._cpu, cpu
        return done

    def _serve(self) -> None:
        while True:
            plain, _ = self._socket.accept()
            # A client that goes away is none of the server's business.
            with contextlib.suppress(OSError):
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._tls.wrap_socket(plain, server_side=True) as sock:
                    self._converse(sock)

    def _converse(self, sock: ssl.SSLSocket) -> None:
        requests = unchanged = 0
        with contextlib.suppress(OSError):
            while head := _head(sock):
                answer, is_unchanged = self._answers.answer(head)
                sock.sendall(answer)
                requests += 1
                unchanged += is_unchanged
        with self._lock:
            self._served.connections += 1
            self._served.requests += requests
            self._served.unchanged += unchanged


def _head(sock: ssl.SSLSocket) -> bytes:
    """Reads the head of one request; returns nothing where none comes any more."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = sock.recv(_HEAD_BYTES)
        if not piece:
            return b""
        head += piece
    return head[:-4]


def main() -> None:
    """Serves until standard input ends."""
    folder = Path(sys.argv[1])
    sites = msgspec.msgpack.decode((folder / SITES).read_bytes(), type=dict[str, dict[str, bytes]])
    listener = _Listener(_Answers(sites), folder / CERTIFICATE)
    listener.start()
    print(listener.port, flush=True)
    for _ in sys.stdin:
        print(msgspec.json.encode(listener.served()).decode(), flush=True)


if __name__ == "__main__":
    main()
