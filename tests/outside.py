"""What a look asks of the world outside, heard by the interpreter's own audit events (PEP 578).

    with heard() as events:
        source.get("checkpoint", limit=100)
    assert set(events) == {("connect", "127.0.0.1")}

An audit hook cannot be taken away again, so there is one for all tests, which hears what threads of a look do, and only
while somebody listens.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

Event = tuple[str, str]
"""`connect` or `resolve`, and whom."""

_RESOLVING = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
_SENDING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_listeners: list[list[Event]] = []
_listening: list[int] = []
"""The threads that listen, which may look themselves."""


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _listeners or not event.startswith("socket."):
        return
    if threading.get_ident() != _listening[-1] and not threading.current_thread().name.startswith("canary-"):
        return
    if event in _RESOLVING:
        _listeners[-1].append(("resolve", str(arguments[0])))
    elif event in _SENDING:
        address = arguments[1]
        _listeners[-1].append(("connect", str(address[0] if isinstance(address, tuple) else address)))


sys.addaudithook(_hook)


@contextlib.contextmanager
def heard() -> Iterator[list[Event]]:
    """Collects what looks resolve and connect to."""
    events: list[Event] = []
    _listening.append(threading.get_ident())
    _listeners.append(events)
    try:
        yield events
    finally:
        _listeners.pop()
        _listening.pop()


def wait_for_the_end_of_all_looks(seconds: float) -> None:
    """Waits until no thread is at work for a look any more; one that waits for work has another name."""
    ends = time.monotonic() + seconds
    while any(thread.name == "canary-fetch" for thread in threading.enumerate()):
        assert time.monotonic() < ends
        time.sleep(0.01)
