"""How the files of a site are served, and in which order they are uploaded."""

from __future__ import annotations

import pytest

from canary.core.documents.layout import CHECKPOINT, FRONT, HINT
from canary.core.documents.serving import cache_control, content_type, is_immutable, upload_order
from tests.publisher import Publisher

HASH = "0" * 64


@pytest.mark.parametrize(
    ("path", "kind", "for_ever"),
    [
        ("checkpoint", "text/plain; charset=utf-8", False),
        ("canary.txt", "text/plain; charset=utf-8", False),
        (".well-known/warrant-canary", "text/plain; charset=utf-8", False),
        ("index.html", "text/html; charset=utf-8", False),
        ("releases/7/index.html", "text/html; charset=utf-8", False),
        ("releases/7/text.txt", "text/plain; charset=utf-8", True),
        ("releases/7/entry.txt", "text/plain; charset=utf-8", True),
        ("rosters/2/entry.txt", "text/plain; charset=utf-8", True),
        ("releases/7/legal.asc", "application/pgp-signature", False),
        ("releases/7/files/report.pdf", "application/pdf", True),
        ("releases/7/files/report.html", "application/octet-stream", True),
        ("releases/7/files/report.svg", "application/octet-stream", True),
        ("releases/7/files/report", "application/octet-stream", True),
        ("tile/0/000", "application/octet-stream", True),
        ("tile/entries/000.p/3", "application/octet-stream", True),
        (f"evidence/{HASH}/0.tsr", "application/timestamp-reply", False),
        (f"evidence/{HASH}/0.ots", "application/octet-stream", False),
        ("status.json", "application/json", False),
        ("feed.atom", "application/atom+xml", False),
        ("calendar.ics", "text/calendar; charset=utf-8", False),
        ("badge.svg", "image/svg+xml", False),
        ("keys/legal.vkey", "text/plain; charset=utf-8", False),
    ],
)
def test_each_file_has_its_type_and_its_time(path: str, kind: str, *, for_ever: bool) -> None:
    assert (content_type(path), is_immutable(path)) == (kind, for_ever)
    assert cache_control(path) == ("public, max-age=31536000, immutable" if for_ever else "public, max-age=60")


def test_the_order_of_an_upload() -> None:
    paths = [CHECKPOINT, FRONT, "index.html", "tile/0/000.p/2", "status.json", HINT, "releases/1/text.txt"]
    assert upload_order(paths) == [
        HINT,
        "releases/1/text.txt",
        "tile/0/000.p/2",
        "index.html",
        "status.json",
        FRONT,
        CHECKPOINT,
    ]


def test_what_is_immutable_is_the_same_in_every_later_site(published: Publisher) -> None:
    def site() -> dict[str, bytes]:
        files = (path for path in published.public.resolve().rglob("*") if path.is_file())
        return {str(path.relative_to(published.public.resolve())): path.read_bytes() for path in files}

    before = site()
    published.on("2026-05-02").release("--without", "taps")
    after = site()
    for_ever = {path for path in before if is_immutable(path)}
    assert {"tile/entries/000.p/2", "releases/1/text.txt", "rosters/1/entry.txt"} <= for_ever
    assert {path: after.get(path) for path in for_ever} == {path: before[path] for path in for_ever}
    changed = {path for path in before if after[path] != before[path]}
    assert {CHECKPOINT, FRONT, "index.html"} <= changed
