"""`feed.atom`, held against RFC 4287 by a checker written from its rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from tests.simulator import CANARY, Publisher
from tests.site_pages import HOSTILE
from tests.site_scenes import SCENES, long_log, ordinary, site_of

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# RFC 3339 with an upper-case T and Z (RFC 4287, section 3.3).
DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")

FEED_ONCE = {"id", "title", "updated", "subtitle", "generator", "icon", "logo", "rights"}
ENTRY_ONCE = {"id", "title", "updated", "published", "content", "source", "summary", "rights"}
PERSON = {"name", "uri", "email"}
LINK = {"href", "rel", "type", "hreflang", "title", "length"}


def check_feed(data: bytes) -> ET.Element:
    """Checks a feed against RFC 4287; returns its root."""
    assert data.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    feed = ET.fromstring(data)  # noqa: S314  # our own
    assert feed.tag == f"{ATOM}feed"
    assert feed.attrib.keys() <= {LANG}
    assert not (feed.text or "").strip()
    entries = feed.findall(f"{ATOM}entry")
    # Section 4.1.1: one id, one title, one updated; an author unless every entry has one; one self link at most a type.
    _check_container(feed, FEED_ONCE, {"author", "category", "contributor", "link", "entry"})
    assert feed.find(f"{ATOM}author") is not None
    seen = set()
    for entry in entries:
        # Section 4.1.2: the like, and an alternate link where there is no content.
        _check_container(entry, ENTRY_ONCE, {"author", "category", "contributor", "link"})
        rels = [link.get("rel", "alternate") for link in entry.findall(f"{ATOM}link")]
        assert entry.find(f"{ATOM}content") is not None or "alternate" in rels
        key = (entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}updated"))
        assert key not in seen
        seen.add(key)
    return feed


def _check_container(element: ET.Element, once: set[str], many: set[str]) -> None:
    names = [child.tag.removeprefix(ATOM) for child in element]
    assert set(names) <= once | many
    for name in once:
        assert names.count(name) <= 1
    for name in ("id", "title", "updated"):
        assert names.count(name) == 1
    alternates = set()
    for child in element:
        name = child.tag.removeprefix(ATOM)
        text = child.text or ""
        if name == "id":
            # Section 4.2.6: an IRI, absolute.
            assert re.fullmatch(r"https://[!-~]+", text)
        elif name in {"updated", "published"}:
            assert DATE.fullmatch(text)
        elif name in {"title", "summary"}:
            # Section 3.1: plain text has no children.
            assert child.get("type", "text") == "text"
            assert not list(child)
            assert text.strip()
        elif name in {"author", "contributor"}:
            parts = [part.tag.removeprefix(ATOM) for part in child]
            assert parts.count("name") == 1
            assert set(parts) <= PERSON
        elif name == "link":
            # Section 4.2.7: an href; no two alternates of one type and language.
            assert child.attrib.keys() <= LINK
            assert child.attrib["href"].startswith("https://")
            assert not text
            if child.get("rel", "alternate") == "alternate":
                key = (child.get("type"), child.get("hreflang"))
                assert key not in alternates
                alternates.add(key)


def ids(feed: ET.Element) -> list[str]:
    return [entry.findtext(f"{ATOM}id") or "" for entry in feed.findall(f"{ATOM}entry")]


def titles(site: Mapping[str, bytes]) -> list[str]:
    return [entry.findtext(f"{ATOM}title") or "" for entry in check_feed(site["feed.atom"]).findall(f"{ATOM}entry")]


@pytest.mark.parametrize("scene", sorted(set(SCENES) - {"long-log"}))
def test_every_feed_keeps_to_the_rules(scene: str) -> None:
    check_feed(site_of(SCENES[scene]())["feed.atom"])


def test_the_checker_finds_faults() -> None:
    good = site_of(ordinary())["feed.atom"].decode()
    for old, new in (
        ("<updated>2026-11-02T12:00:00Z</updated>", "<updated>2026-11-02 12:00</updated>"),
        (f"<id>https://{CANARY}/</id>", ""),
        ("<name>Example Networks</name>", ""),
        ("<published>", "<surprise /><published>"),
        (
            'rel="alternate" type="text/html" href="https://example.net/canary/releases/4/',
            'rel="related" href="https://x',
        ),
    ):
        assert old in good
        with pytest.raises((AssertionError, ET.ParseError)):
            check_feed(good.replace(old, new).encode())


def test_what_a_feed_tells() -> None:
    site = site_of(ordinary())
    feed = check_feed(site["feed.atom"])
    assert titles(site) == [
        "Release 4: 1 reworded",
        "Release 3: 1 reinstated",
        "Roster 2: who signs, and when",
        "Release 2: 1 withdrawn, 1 reworded",
        "Release 1",
        "Roster 1: who signs, and when",
    ]
    assert feed.findtext(f"{ATOM}updated") == "2026-11-02T12:00:00Z"
    newest = feed.find(f"{ATOM}entry/{ATOM}summary")
    assert newest is not None
    assert newest.text == (
        "3 of 4 signed; 3 needed. Since release 3: taps reworded. The next release is due from 1 February 2027 to "
        "14 February 2027. Later than 28 February 2027 (UTC), this one is stale."
    )
    for entry in feed.findall(f"{ATOM}entry"):
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert link.attrib["href"].removeprefix(f"https://{CANARY}/").partition("#")[0] in site


def test_an_entry_keeps_its_id_and_its_words() -> None:
    sim = Publisher(start=date(2026, 2, 1))
    sim.roster()
    sim.release()
    before = check_feed(site_of(sim)["feed.atom"])
    sim.release(without=["gag"])
    after = check_feed(site_of(sim)["feed.atom"])
    assert ids(after)[1:] == ids(before)
    old, new = ([ET.tostring(entry) for entry in feed.findall(f"{ATOM}entry")] for feed in (before, after))
    assert new[1:] == old


def test_a_long_log_has_a_short_feed() -> None:
    found = ids(check_feed(site_of(long_log(50, statements=1))["feed.atom"]))
    assert found == [f"https://{CANARY}/releases/{number}/" for number in range(50, 20, -1)]


def test_hostile_words_are_words_in_a_feed() -> None:
    data = site_of(SCENES["hostile"]())["feed.atom"]
    assert b"<script" not in data
    assert check_feed(data).findtext(f"{ATOM}author/{ATOM}name") == HOSTILE


def test_the_last_release_says_that_it_is_the_last() -> None:
    feed = check_feed(site_of(SCENES["ended"]())["feed.atom"])
    assert feed.findtext(f"{ATOM}entry/{ATOM}title") == "Release 2, the last one"
    assert "No other release will follow." in (feed.findtext(f"{ATOM}entry/{ATOM}summary") or "")
