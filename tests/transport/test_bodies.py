"""Bodies that never end, unfold without end, break off or are something else: bounded in bytes, time and memory."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

from tests.loopback import Fault, Wire, answer, endless, says, says_and_resets
from tests.transport.stand import (
    BASE,
    BESIDE,
    BUNDLE,
    CHECKPOINT,
    FRONT,
    GONE,
    HEARD,
    REFUSED,
    UNHEARD,
    Row,
    Setting,
    Stand,
    at,
    check,
    each_row,
)

OK = b"HTTP/1.1 200 OK\r\n"
PAGE = b"<!DOCTYPE html>\n<html><title>Sign in</title><p>Sign in to the hotel's network</p></html>\n"
HTML = {"Content-Type": "text/html; charset=utf-8"}
CHUNKED = {"Transfer-Encoding": "chunked"}
GZIP = {"Content-Encoding": "gzip"}
PIECE = b"x" * 4_096
NEXT_BUNDLE = f"{BASE}/tile/entries/000.p/3"

SYSTEM_BUFFERS = 16 * 1024 * 1024
"""Bytes that a server can send to a client that does not read: more than Linux buffers on both sides together."""

MEMORY = 4 * 1024 * 1024
"""Bytes that a look may take, of which a bomb would take 16 million at its smallest."""

PLACES = {CHECKPOINT: ("the checkpoint", UNHEARD), BUNDLE: ("a bundle", UNHEARD), FRONT: ("canary.txt", BESIDE)}
"""Where it can happen, and what follows from it there."""


def everywhere(name: str, fault: Fault, words: str) -> list[Row]:
    return [
        Row(f"{name}, as {where}", at(path, fault), words=words, statuses=statuses)
        for path, (where, statuses) in PLACES.items()
    ]


def unfolds(wire: Wire) -> None:
    """Zeros, compressed a thousand times, for ever."""
    wire.send(answer(200, b"", GZIP | {"Connection": "close", "Transfer-Encoding": "identity"}))
    packer = zlib.compressobj(wbits=31)
    while True:
        wire.send(packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_SYNC_FLUSH))


def packed(body: bytes) -> bytes:
    """gzip without the time of day, so that the bytes are always the same."""
    return gzip.compress(body, mtime=0)


BOMB = packed(bytes(16_000_000))

ENDLESS = [
    *everywhere("an endless body", endless(OK + b"\r\n", PIECE), "larger than the"),
    *everywhere(
        "endless chunks", endless(answer(200, b"", CHUNKED), b"400\r\n" + b"x" * 0x400 + b"\r\n"), "larger than"
    ),
    *everywhere("one endless chunk", endless(answer(200, b"ffffffffffff\r\n", CHUNKED), PIECE), "larger than the"),
    *everywhere("a chunk of -1", endless(answer(200, b"-1\r\n", CHUNKED), PIECE), "larger than the"),
    *everywhere("a length without end", endless(answer(200, b"", {"Content-Length": "9" * 15}), PIECE), "larger than"),
    *everywhere("a gzip without end", unfolds, "larger than the"),
    *everywhere(
        "a gzip name without end",
        endless(OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08" + bytes(6), b"a long name"),
        "larger than the",
    ),
]


@each_row(*ENDLESS)
def test_what_has_no_end_is_read_no_further_than_its_limit(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)
    assert stand.server.sent < SYSTEM_BUFFERS


AROUND = [
    *everywhere("interim answers", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "not HTTP"),
    *everywhere("hints", endless(b"", b"HTTP/1.1 103 Early\r\nX: y\r\n\r\n"), "not HTTP"),
    *everywhere("trailers", endless(answer(200, b"0\r\n", CHUNKED), b"a: b\r\n"), "not HTTP"),
]


@each_row(*AROUND)
def test_what_stands_around_a_body_has_an_end(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)
    assert stand.server.sent < SYSTEM_BUFFERS


BOMBS = [
    *everywhere("a gzip bomb", says(answer(200, BOMB, GZIP)), "larger than the"),
    *everywhere(
        "a gzip bomb in chunks",
        says(answer(200, b"%x\r\n%b\r\n0\r\n\r\n" % (len(BOMB), BOMB), GZIP | CHUNKED)),
        "larger than the",
    ),
    *everywhere(
        "a deflate bomb",
        says(answer(200, zlib.compress(bytes(16_000_000)), {"Content-Encoding": "deflate"})),
        "larger than the",
    ),
    *everywhere(
        "a bomb in a bomb",
        says(answer(200, packed(BOMB), {"Content-Encoding": "gzip, gzip"})),
        "compressed in a way that was not asked for",
    ),
    *everywhere(
        "a bomb with another packer",
        says(answer(200, b"\x0b\x02\x80", {"Content-Encoding": "br"})),
        "compressed in a way that was not asked for",
    ),
]


@each_row(*BOMBS)
def test_a_bomb_takes_no_memory(stand: Stand, row: Row, setting: Setting) -> None:
    tracemalloc.start()
    try:
        check(stand, row, setting)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def in_chunks(data: bytes) -> Callable[[Stand], None]:
    return at(CHECKPOINT, says(answer(200, data, CHUNKED)))


def cut_checkpoint(cut: Callable[[bytes], bytes]) -> Callable[[Stand], None]:
    """The checkpoint's own bytes, framed by `cut`."""

    def arrange(stand: Stand) -> None:
        stand.server.faults[CHECKPOINT] = says(cut(stand.site[CHECKPOINT]))

    return arrange


@each_row(
    Row("a size that is no number", in_chunks(b"zz\r\nabc\r\n"), words="the answer broke off"),
    Row("no size", in_chunks(b"\r\n\r\n"), words="the answer broke off"),
    Row("no chunk at all", in_chunks(b""), words="the answer broke off"),
    Row("a size of 100,000 digits", in_chunks(b"1" * 100_000 + b"\r\n"), words="headers that are too long"),
    Row("fewer bytes than were said", in_chunks(b"8\r\nabc"), words="the answer broke off"),
    Row("more bytes than were said", in_chunks(b"1\r\nabcdef\r\n0\r\n\r\n"), words="the answer broke off"),
    Row("a page in the place of chunks", in_chunks(PAGE), words="the answer broke off"),
    Row(
        "chunks without a last one",
        cut_checkpoint(lambda body: answer(200, b"%x\r\n%b\r\n" % (len(body), body), CHUNKED)),
        words="the answer broke off",
    ),
    Row(
        "chunks of one byte, with extensions and trailers",
        cut_checkpoint(
            lambda body: answer(
                200, b"".join(b"1;a=b\r\n%c\r\n" % byte for byte in body) + b"0\r\nX: y\r\n\r\n", CHUNKED
            )
        ),
        code="",
        statuses=HEARD,
    ),
    Row(
        "a coding that nobody knows",
        cut_checkpoint(lambda body: answer(200, packed(body), {"Transfer-Encoding": "gzip"})),
        words="not valid HTTP",
    ),
)
def test_chunked_nonsense(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


JUNK = [
    *everywhere(
        "gzip that is none", says(answer(200, b"not compressed at all", GZIP)), "the compressed answer is broken"
    ),
    *everywhere("gzip that is cut", says(answer(200, packed(PAGE)[:-3], GZIP)), "the compressed answer is broken"),
    *everywhere("gzip with a wrong sum", says(answer(200, packed(PAGE)[:-8] + bytes(8), GZIP)), "compressed answer is"),
    *everywhere("a reset without an answer", says_and_resets(b""), "the connection broke off"),
    *everywhere("a reset in the head", says_and_resets(OK + b"Conte"), "the connection broke off"),
    *everywhere("a reset in the body", says_and_resets(answer(200, PIECE, {"Content-Length": "9999"})), "broke off"),
    *everywhere("a reset in a chunk", says_and_resets(answer(200, b"400\r\nabc", CHUNKED)), "the connection broke off"),
    *everywhere("an end without an answer", says(b""), "the connection was closed without an answer"),
    *everywhere("an end in the body", says(answer(200, b"half", {"Content-Length": "8"})), "the answer broke off"),
]


@each_row(*JUNK)
def test_what_breaks_off(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


def test_a_reset_before_anything_was_said(stand: Stand) -> None:
    stand.server.on_connect = Wire.reset
    # Now and then the client sees the end of the connection before the reset: "was closed without an answer".
    row = Row("", lambda _: None, words="the connection ")
    for setting in Setting:
        told = check(stand, row, setting).finding(row.code)["message"]
        assert told.endswith(("the connection broke off", "the connection was closed without an answer"))


def portal(stand: Stand) -> None:
    """Every path leads to a page, with 200."""
    stand.server.files = {}
    stand.server.on_connect = says(answer(200, PAGE, HTML))


def portal_at_the_root(stand: Stand) -> None:
    portal(stand)
    stand.url = stand.server.url


def page(path: str) -> Callable[[Stand], None]:
    return at(path, says(answer(200, PAGE, HTML)))


@each_row(
    Row("a page as the checkpoint", page(CHECKPOINT), "NOT-A-CANARY", "serves as checkpoint is none"),
    Row("a page as a bundle", page(BUNDLE), "INCONSISTENT", "tile/entries"),
    Row("a page as canary.txt", page(FRONT), "INCONSISTENT", "canary.txt is no release: do not rely", BESIDE),
    Row("pages everywhere", portal, "NOT-A-CANARY", "serves as checkpoint is none"),
    Row("pages everywhere, the hint too", portal_at_the_root, "NOT-A-CANARY", "serves as checkpoint is none"),
)
def test_a_page_with_status_200_is_no_trip(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


def mixed(*, newer: tuple[str, ...], lost: tuple[str, ...] = ()) -> Callable[[Stand], None]:
    """The old site with some files of the newer one, and without others."""

    def arrange(stand: Stand) -> None:
        stand.server.files = stand.site | {path: stand.newer[path] for path in newer}
        for path in lost:
            del stand.server.files[path]

    return arrange


def old_bundle_for_the_new_one(stand: Stand) -> None:
    mixed(newer=(CHECKPOINT,))(stand)
    stand.server.faults[NEXT_BUNDLE] = says(answer(200, stand.site[BUNDLE]))


def page_for_the_new_bundle(stand: Stand) -> None:
    mixed(newer=(CHECKPOINT,))(stand)
    stand.server.faults[NEXT_BUNDLE] = says(answer(200, PAGE, HTML))


def another_word_in_the_bundle(stand: Stand) -> None:
    changed = stand.site[BUNDLE].replace(b"never handed", b"hardly hande")
    assert len(changed) == len(stand.site[BUNDLE])
    stand.server.files = stand.site | {BUNDLE: changed}


@each_row(
    Row("a new checkpoint with old tiles", mixed(newer=(CHECKPOINT,)), "INCONSISTENT", "has a checkpoint and no tile/"),
    Row("a new checkpoint, the old bundle for the new one", old_bundle_for_the_new_one, "INCONSISTENT", "tile/entries"),
    Row("a new checkpoint, a page for the new bundle", page_for_the_new_bundle, "INCONSISTENT", "tile/entries"),
    Row(
        "a new checkpoint and bundle, the old canary.txt",
        mixed(newer=(CHECKPOINT, NEXT_BUNDLE)),
        "INCONSISTENT",
        "canary.txt is another release than the newest one in the log",
        BESIDE,
        learns=True,
    ),
    Row(
        "the old checkpoint and bundle, the new canary.txt",
        mixed(newer=(FRONT,)),
        "INCONSISTENT",
        "canary.txt is newer than the log; the site may be between two uploads",
        BESIDE,
    ),
    Row(
        "the old checkpoint, the old bundle gone",
        mixed(newer=(NEXT_BUNDLE,), lost=(BUNDLE,)),
        "INCONSISTENT",
        "has a checkpoint and no tile/",
    ),
    Row("the checkpoint gone", mixed(newer=(), lost=(CHECKPOINT,)), "MISSING", "no checkpoint (404)", GONE),
    Row("canary.txt gone", mixed(newer=(), lost=(FRONT,)), "MISSING", "canary.txt is not there", GONE),
    Row("another word in the bundle", another_word_in_the_bundle, "ROOT-MISMATCH", "not what was published", REFUSED),
)
def test_two_uploads_mixed(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)
