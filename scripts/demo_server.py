"""Small web servers on 127.0.0.1 for the demo. Nothing outside this machine can reach them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from canary.errors import CanaryError

_QUERY_BYTES = 4_096


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files and tells nobody."""

    def log_message(self, *_: object) -> None:
        """Says nothing: the demo tells its own story."""


class _Authority(BaseHTTPRequestHandler):
    """A timestamp authority (RFC 3161, section 3.4)."""

    def __init__(self, reply: Callable[[bytes], bytes], *given: object) -> None:
        self._reply = reply
        super().__init__(*given)  # type: ignore[arg-type]  # what the server gives to every handler

    def do_POST(self) -> None:  # the name that the server looks for
        """Answers one request for a token."""
        try:
            body = self._reply(self.rfile.read(min(int(self.headers["Content-Length"]), _QUERY_BYTES)))
        except CanaryError as error:
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, explain=error.what)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing either."""


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serves a folder on a free port, and yields its URL; afterwards the port refuses connections."""
    with _running(partial(_Quiet, directory=str(folder))) as url:
        yield url


@contextlib.contextmanager
def answering(reply: Callable[[bytes], bytes]) -> Iterator[str]:
    """Serves a timestamp authority, and yields its URL.

    Args:
        reply: returns the answer to a request; raises CanaryError where there is none.
    """
    with _running(partial(_Authority, reply)) as url:
        yield url


@contextlib.contextmanager
def _running(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        worker = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), name="demo-server")
        worker.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            worker.join()
