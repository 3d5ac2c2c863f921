"""What goes wrong with a file that is published beside a release, when the log itself came back whole."""

from __future__ import annotations

import tracemalloc

import pytest

from canary.limits import ATTACHMENT_BYTES
from tests.loopback import answer, drip, endless, redirects, says, says_and_resets
from tests.publisher import Publisher
from tests.transport.stand import (
    BASE,
    BESIDE,
    HEARD,
    REFUSED,
    TIMEOUT,
    Row,
    Setting,
    Stand,
    at,
    check,
    check_at_once,
    each_row,
    served,
)

REPORT = f"{BASE}/releases/2/files/report.pdf"
OK = b"HTTP/1.1 200 OK\r\n"
PIECE = bytes(65_536)
PAGE = b"<!DOCTYPE html><html>Not here</html>"


@pytest.fixture(scope="session")
def attached(made: dict[str, Publisher], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("attached")
    (folder / "report.pdf").write_bytes(b"%PDF a report")
    publisher = made["published"].copy_to(folder / "publisher")
    return served(publisher.on("2026-02-05").release("--correction", "--attach", folder / "report.pdf"))


@pytest.fixture
def stand(stand: Stand, attached: dict[str, bytes]) -> Stand:
    stand.server.files = dict(attached)
    return stand


def unread(name: str, fault: object, words: str) -> Row:
    assert callable(fault)
    return Row(name, at(REPORT, fault), "ATTACHMENT-MISSING", words, BESIDE, learns=True)


@each_row(
    Row("it is whole", lambda _: None, code="", statuses=HEARD, learns=True),
    *(unread(f"{status}", says(answer(status, PAGE)), "report.pdf is not there") for status in (404, 410, 451)),
    *(
        unread(f"{status}", says(answer(status, PAGE)), f"answered {status} when asked")
        for status in (206, 302, 403, 500)
    ),
    unread("a page with 200", says(answer(200, PAGE)), "report.pdf is not there"),
    unread(
        "a reset halfway", says_and_resets(answer(200, b"%PDF", {"Content-Length": "13"})), "the connection broke off"
    ),
    unread("an end halfway", says(answer(200, b"%PDF", {"Content-Length": "13"})), "the answer broke off"),
    unread("a redirect elsewhere", redirects("https://example.org/"), "redirects elsewhere, to '"),
    unread(
        "a length over the limit", says(answer(200, b"", {"Content-Length": str(ATTACHMENT_BYTES + 1)})), "larger than"
    ),
    Row(
        "another file",
        at(REPORT, says(answer(200, b"%PDF another"))),
        "ATTACHMENT-CHANGED",
        "report.pdf",
        REFUSED,
        learns=True,
    ),
)
def test_attachments(stand: Stand, row: Row, setting: Setting) -> None:
    check(stand, row, setting)


def test_an_attachment_without_end_is_read_no_further_than_its_limit(stand: Stand) -> None:
    row = unread("", endless(OK + b"\r\n", PIECE), "larger than the 33554432 bytes it may have")
    tracemalloc.start()
    try:
        check(stand, row, Setting.FRESH)
        assert tracemalloc.get_traced_memory()[1] < 2 * ATTACHMENT_BYTES
    finally:
        tracemalloc.stop()
    # Looked at twice, the second time past every cache.
    assert stand.server.sent < 2 * (ATTACHMENT_BYTES + 16 * 1024 * 1024)


def test_an_attachment_in_drips_ends_at_the_deadline(stand: Stand) -> None:
    check_at_once(stand, unread("", drip(OK + b"\r\n%PDF"), f"did not answer within {TIMEOUT:g} s"))
