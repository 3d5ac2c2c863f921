"""One deadline for a whole look: a slow drip in each phase, name resolution, connecting, TLS, headers and body."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.loopback import Fault, Wire, answer, drip
from tests.outside import wait_for_the_end_of_all_looks
from tests.transport.stand import (
    BASE,
    BESIDE,
    BUNDLE,
    CHECKPOINT,
    FRONT,
    HEARD,
    MARGIN,
    TIMEOUT,
    UNHEARD,
    Row,
    Setting,
    Stand,
    Statuses,
    at,
    check,
    check_at_once,
    each_row,
)

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
LATE = f"did not answer within {TIMEOUT:g} s"


def hangs(wire: Wire) -> None:
    wire.hang()


NAME = "canary.invalid"


def resolver(stand: Stand, answers: Callable[[int], object]) -> None:
    """Lets a name be resolved by `answers`, which gets the port; every other name as ever."""
    real = socket.getaddrinfo

    def resolved(host: str, port: int, *arguments: int, **options: int) -> object:
        return answers(port) if host == NAME else real(host, port, *arguments, **options)

    stand.patch.setattr(socket, "getaddrinfo", resolved)
    stand.url = f"http://{NAME}:{stand.server.port}{BASE}"
    stand.options.append("--allow-http")


def slow_resolver(stand: Stand, seconds: float) -> None:
    """A name whose resolution takes some time, or until the test is over."""
    over = threading.Event()
    stand.stack.callback(over.set)

    def slow(port: int) -> object:
        over.wait(seconds)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]

    resolver(stand, slow)


def unresolved(stand: Stand) -> None:
    slow_resolver(stand, 600)


def unconnected(stand: Stand) -> None:
    """A port whose queue is full, so that the next connection is neither accepted nor refused."""
    listener = stand.stack.enter_context(socket.socket())
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        filler = stand.stack.enter_context(socket.socket())
        filler.settimeout(0)
        filler.connect_ex(listener.getsockname())
    stand.url = f"http://127.0.0.1:{listener.getsockname()[1]}{BASE}"


def tls(fault: Fault) -> Callable[[Stand], None]:
    def arrange(stand: Stand) -> None:
        stand.server.on_connect = fault
        stand.url = f"https://127.0.0.1:{stand.server.port}{BASE}"

    return arrange


def after(seconds: float, data: bytes) -> Fault:
    """An answer after some time."""

    def fault(wire: Wire) -> None:
        wire.pause(seconds)
        wire.send(data)

    return fault


def redirects_slowly(wire: Wire) -> None:
    wire.pause(TIMEOUT * 0.4)
    wire.send(answer(302, b"", {"Location": CHECKPOINT}))


def each_file_slowly(stand: Stand) -> None:
    """No single answer is late; all of them together are."""
    for path in (CHECKPOINT, BUNDLE, FRONT):
        stand.server.faults[path] = after(TIMEOUT * 0.7, answer(200, stand.site[path]))


def hangs_at_the_root(stand: Stand) -> None:
    """No checkpoint in the root of the host, and a hint that never comes."""
    stand.server.faults["/.well-known/warrant-canary"] = hangs
    stand.url = stand.server.url


def fails(stand: Stand, number: int) -> None:
    def failing(_: int) -> None:
        raise socket.gaierror(number, "as the resolver has it")

    resolver(stand, failing)


def closed(stand: Stand) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stand.url = f"http://127.0.0.1:{listener.getsockname()[1]}{BASE}"


def says_and_hangs(wire: Wire) -> None:
    wire.send(answer(200, b"", {"Content-Length": "9"}))
    wire.hang()


def late(name: str, arrange: Callable[[Stand], None], statuses: Statuses = UNHEARD) -> Row:
    return Row(name, arrange, words=LATE, statuses=statuses)


PHASES = [
    late("a resolver that hangs", unresolved),
    late("a host that does not take the connection", unconnected),
    late("TLS: nothing", tls(hangs)),
    late("TLS: a record in drips", tls(drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 100))),
    late("headers: nothing", at(CHECKPOINT, hangs)),
    late("headers: the status line in drips", at(CHECKPOINT, drip(b"HTTP/1.1 200 " + b"O" * 100))),
    late("headers: one in drips", at(CHECKPOINT, drip(OK + b"X: " + b"x" * 100))),
    late("headers: 100 Continue in drips", at(CHECKPOINT, drip(b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 100))),
    late("headers: 103 Early Hints in drips", at(CHECKPOINT, drip(b"HTTP/1.1 103 Early\r\nX: " + b"x" * 100))),
    late("headers: of a redirect, in drips", at(CHECKPOINT, drip(b"HTTP/1.1 302 Found\r\nLocation: " + b"x" * 100))),
    late("headers: slow redirects in a circle", at(CHECKPOINT, redirects_slowly)),
    late(
        "body: nothing",
        at(CHECKPOINT, says_and_hangs),
    ),
    late("body: in drips", at(CHECKPOINT, drip(OK + b"\r\nbody"))),
    late("body: a chunk in drips", at(CHECKPOINT, drip(OK + CHUNKED + b"1\r\na\r\n" * 100))),
    late("body: trailers in drips", at(CHECKPOINT, drip(OK + CHUNKED + b"0\r\n" + b"a: b" * 100))),
    late("the second answer in drips", at(BUNDLE, drip(OK + b"\r\nbody"))),
    late("the third answer in drips", at(FRONT, drip(OK + b"\r\nbody")), BESIDE),
    late("the hint never comes", hangs_at_the_root),
    late("each answer in time, and all of them late", each_file_slowly),
]


@pytest.mark.parametrize("row", PHASES, ids=lambda row: row.name)
def test_a_slow_drip_ends_at_the_deadline_in_every_phase(stand: Stand, row: Row) -> None:
    check_at_once(stand, row)


@each_row(Row("a slow resolver", lambda stand: slow_resolver(stand, 0.5), code="", statuses=HEARD, learns=True))
def test_what_is_slow_and_in_time_is_heard(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)
    assert stand.server.asked


@each_row(
    Row("no such name", lambda stand: fails(stand, socket.EAI_NONAME), words="the name does not resolve"),
    Row("a resolver in trouble", lambda stand: fails(stand, socket.EAI_AGAIN), words="the name does not resolve"),
    Row("a name without an address", lambda stand: resolver(stand, lambda _: []), words="the connection failed"),
    Row("a port that nobody listens at", closed, words="connection refused"),
)
def test_where_nobody_answers(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


def test_nothing_is_said_to_the_host_after_the_deadline(stand: Stand) -> None:
    slow_resolver(stand, TIMEOUT + 0.5)
    looked = stand.look(Setting.FRESH, timeout=TIMEOUT)
    assert looked.status == "UNREACHABLE"
    wait_for_the_end_of_all_looks(MARGIN)
    assert stand.server.connections == 0


HUNG = """
import socket, sys, time
socket.getaddrinfo = lambda *_, **__: time.sleep(600)
from canary.cli.main import main
main()
"""


def test_the_process_ends_though_its_resolver_hangs(stand: Stand) -> None:
    started = time.monotonic()
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            HUNG,
            "verify",
            "https://canary.invalid/",
            "--pin",
            stand.pin,
            "--timeout",
            f"{TIMEOUT:g}",
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout.partition(":")[0], ran.stderr) == (3, "UNKNOWN", "")
    assert LATE in " ".join(ran.stdout.split())
    assert TIMEOUT * 0.9 < time.monotonic() - started < TIMEOUT + MARGIN
