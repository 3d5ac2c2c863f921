"""Every class of HTTP status, and what is none, in the place of the checkpoint and of what lies behind it."""

from __future__ import annotations

import http
import json
from collections.abc import Callable
from functools import partial

from canary.cli.app import App
from tests.loopback import Fault, answer, says
from tests.publisher import command, noon
from tests.transport.stand import (
    BASE,
    BESIDE,
    BUNDLE,
    CHECKPOINT,
    FRONT,
    GONE,
    HEARD,
    UNHEARD,
    Row,
    Setting,
    Stand,
    Statuses,
    at,
    check,
    each_row,
)

PAGE = b"<html>Sorry</html>"
SAYS_GONE = (404, 410, 451)
HAVE_NO_BODY = (204, 205, 304)


def refusal(status: int) -> Fault:
    return says(answer(status, b"" if status in HAVE_NO_BODY else PAGE))


def on_checkpoint(status: int) -> Row:
    """A status in the checkpoint's place, which comes with a page and without a Location."""
    gone = status in SAYS_GONE
    return Row(
        f"{status}",
        at(CHECKPOINT, refusal(status)),
        code="MISSING" if gone else "UNREACHABLE",
        words=f"({status})" if gone else f"answered {status} when asked for checkpoint",
        statuses=GONE if gone else UNHEARD,
    )


def on(path: str, status: int, code: str, words: str, statuses: Statuses) -> Row:
    return Row(f"{status} for {path}", at(path, refusal(status)), code, words, statuses)


def before_the_checkpoint(*interim: bytes) -> Callable[[Stand], None]:
    """Answers that come before the one that counts, over the same connection."""

    def arrange(stand: Stand) -> None:
        stand.server.faults[CHECKPOINT] = says(b"".join(interim) + answer(200, stand.site[CHECKPOINT]))

    return arrange


def interim(name: str, *answers: bytes) -> Row:
    return Row(name, before_the_checkpoint(*answers), code="", statuses=HEARD)


def nonsense(name: str, data: bytes, words: str) -> Row:
    return Row(name, before_the_checkpoint(data), words=words)


UNASSIGNED = (299, 306, 399, 418, 499, 599)
# Interim answers, 200 and 304 come further down.
KNOWN = sorted({int(status) for status in http.HTTPStatus if status >= 201} - {304})


@each_row(*(on_checkpoint(status) for status in sorted({*KNOWN, *UNASSIGNED})))
def test_every_status_in_the_checkpoints_place(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


@each_row(
    interim("100 Continue, unasked", b"HTTP/1.1 100 Continue\r\n\r\n"),
    interim("100 Continue, ten times, with headers", b"HTTP/1.1 100 Go on\r\nX: y\r\n\r\n" * 10),
    interim("102 Processing", b"HTTP/1.1 102 Processing\r\n\r\n"),
    interim("103 Early Hints", b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"),
    interim("100, 102 and 103", *(b"HTTP/1.1 %d X\r\n\r\n" % status for status in (100, 102, 103))),
    interim("an interim status that nobody knows", b"HTTP/1.1 199 Soon\r\n\r\n"),
    interim("an interim answer that claims a length", b"HTTP/1.1 103 X\r\nContent-Length: 5\r\n\r\n"),
    nonsense("101 Switching Protocols", b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n", "answered 101 when asked for"),
    nonsense("an interim answer with a body", b"HTTP/1.1 100 X\r\nContent-Length: 5\r\n\r\nhello", "is not HTTP"),
    nonsense("an interim answer with endless headers", b"HTTP/1.1 103 X\r\n" + b"a: b\r\n" * 9_000, "is not HTTP"),
)
def test_interim_answers(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


@each_row(
    nonsense("no number", b"HTTP/1.1 banana\r\n\r\n", "what came back is not HTTP"),
    nonsense("no status", b"HTTP/1.1\r\n\r\n", "what came back is not HTTP"),
    nonsense("a status of one digit", b"HTTP/1.1 2 OK\r\n\r\n", "what came back is not HTTP"),
    nonsense("99", b"HTTP/1.1 99 X\r\n\r\n", "what came back is not HTTP"),
    nonsense("1000", b"HTTP/1.1 1000 X\r\n\r\n", "what came back is not HTTP"),
    nonsense("-200", b"HTTP/1.1 -200 OK\r\n\r\n", "what came back is not HTTP"),
    nonsense(
        "a status that is none but fits", b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n", "answered 999 when asked"
    ),
    nonsense("HTTP/9", b"HTTP/9.9 200 OK\r\n\r\n", "what came back is not HTTP"),
    nonsense("another protocol's status", b"ICY 200 OK\r\n\r\n", "what came back is not HTTP"),
    nonsense("a mail server", b"220 mail.example.net ESMTP\r\n", "what came back is not HTTP"),
    nonsense("a secure shell", b"SSH-2.0-OpenSSH_9.6\r\n", "what came back is not HTTP"),
    nonsense("an empty line", b"\r\n", "what came back is not HTTP"),
    nonsense("zeros", bytes(1_000), "what came back is not HTTP"),
    nonsense("a page without a head", PAGE, "what came back is not HTTP"),
    nonsense("a status line without an end", b"HTTP/1.1 200 " + b"O" * 70_000, "headers that are too long"),
    nonsense("a control sequence", b"HTTP/1.1 \x1b[2J\r\n\r\n", "what came back is not HTTP"),
    nonsense("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "not valid HTTP"),
    nonsense("a header without an end", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "headers that are too long"),
    nonsense("headers without number", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1_000, "what came back is not HTTP"),
)
def test_what_is_no_answer(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


@each_row(
    Row(
        "nothing changed, and nobody asked that",
        at(CHECKPOINT, says(answer(304))),
        words="says that nothing changed, without having been asked that",
    ),
    Row("a body of no bytes", at(CHECKPOINT, says(answer(200))), "NOT-A-CANARY", "serves as checkpoint is none"),
    *(on(BUNDLE, status, "INCONSISTENT", "has a checkpoint and no tile/entries/", UNHEARD) for status in (404,)),
    *(on(BUNDLE, status, "MISSING", f"is gone ({status})", GONE) for status in (410, 451)),
    *(
        on(BUNDLE, status, "UNREACHABLE", f"answered {status} when asked", UNHEARD)
        for status in (206, 302, 403, 429, 503)
    ),
    *(on(FRONT, status, "MISSING", "canary.txt is not there", GONE) for status in SAYS_GONE),
    *(
        on(FRONT, status, "UNREACHABLE", f"answered {status} when asked", BESIDE)
        for status in (204, 206, 401, 500, 599)
    ),
)
def test_statuses_further_in(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


def test_nothing_changed_is_believed_where_it_was_asked_and_time_goes_on(stand: Stand) -> None:
    stand.states = {
        setting: data.replace(b'"etag": null', b'"etag": "\\"x\\""') for setting, data in stand.states.items()
    }
    stand.server.faults[CHECKPOINT] = says(answer(304))
    for setting, status in ((Setting.FRESH, "OK"), (Setting.STALE, "EXPIRED")):
        looked = stand.look(setting)
        assert (looked.status, looked.state_changed) == (status, False)
        assert stand.server.asked[0].headers["if-none-match"] == '"x"'
        stand.server.asked.clear()


def test_a_look_that_brings_nothing_back_teaches_the_time_and_nothing_else(stand: Stand) -> None:
    stand.server.faults[CHECKPOINT] = says(answer(503))
    state = stand.folder / "state.json"
    state.write_bytes(stand.states[Setting.FRESH])
    before = json.loads(state.read_bytes())
    ran = command(App(clock=partial(noon, "2026-02-11")), "verify", stand.server.url + BASE, "--state", state)
    assert ran.code == 1
    assert json.loads(state.read_bytes()) == before | {"high_water": "2026-02-11T12:00:00Z"}


def test_a_look_that_brings_nothing_back_begins_no_state(stand: Stand) -> None:
    stand.server.faults[CHECKPOINT] = says(answer(503))
    state = stand.folder / "state.json"
    given = ("--pin", stand.pin, "--state", state)
    ran = command(App(clock=partial(noon, "2026-02-11")), "verify", stand.server.url + BASE, *given)
    assert (ran.code, state.exists()) == (3, False)
