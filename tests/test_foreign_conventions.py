"""The conventions of canary.txt: what the profiles that ship for them read in such a text."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from canary.core.foreign.edition import Edition
from canary.core.foreign.read import From, Read
from canary.core.foreign.reading import read_edition
from canary.edges.disk.foreign_profiles import read_profile
from canary.formats.settings.foreign_profile import parse_profile

OMG = (
    "I am the admin of Example.\nI am in control of my PGP key.\nI will update this canary within 14 days.\n"
    "Today is 2026-11-24.\n\nLatest bitcoin block hash:\n00000000000000000001\n"
)
FIELDS = (
    "Canonical-URL: https://example.org/canary.txt\nIssued: 2026-11-01T00:00:00Z\nExpires: 2026-12-01T00:00:00Z\n\n"
    "Statement: Example has never been asked.\n"
)
METADATA = {
    "version": 0,
    "author": "Example",
    "creation": "2026-11-01T01:00:00+01:00",
    "expiry": "2026-12-01T00:00:00Z",
    "promises": None,
    "nonce": "x",
    "final": False,
}
FUGL = f"# Example\n\nWe have never.\n\n# Metadata\n\n{json.dumps(METADATA, indent=4)}\n"
COMPACT = f"# Metadata\n{json.dumps(METADATA, separators=(',', ':'))}\n"
LOWER = FIELDS.replace("Issued", "issued").replace("Expires", "expires")


def read(name: str, text: str) -> Read:
    return read_edition(Edition("canary.txt", "", text), parse_profile(read_profile(name), what=name))


@pytest.mark.parametrize(("name", "text"), [("fields", FIELDS), ("fields", LOWER), ("fugl", FUGL), ("fugl", COMPACT)])
def test_issue_and_end_are_read(name: str, text: str) -> None:
    found = read(name, text)
    assert (found.issued, found.issued_from) == (datetime(2026, 11, 1, tzinfo=UTC), From.TEXT)
    assert found.expires == datetime(2026, 12, 1, tzinfo=UTC)
    assert (found.due, found.due_from) == (date(2026, 12, 1), From.TEXT)


def test_the_onion_mirror_guidelines_promise_fourteen_days() -> None:
    found = read("omg", OMG)
    assert (found.issued, found.issued_from) == (datetime(2026, 11, 24, 12, tzinfo=UTC), From.TEXT)
    assert (found.expires, found.due, found.due_from) == (None, date(2026, 12, 8), From.TEXT)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("omg", OMG.replace("2026-11-24", "2026-11-31")),
        ("omg", OMG.replace("Today is", "Today was")),
        ("fields", FIELDS.replace("Issued", "Written")),
        ("fugl", FUGL.replace("2026-11-01T01", "2026-11-31T01")),
    ],
)
def test_a_date_that_is_none_is_not_read(name: str, text: str) -> None:
    found = read(name, text)
    assert found.issued is None
    assert found.missing


def test_an_end_that_stands_there_twice_is_not_taken() -> None:
    assert read("fields", FIELDS + "Expires: 2030-01-01T00:00:00Z\n").expires is None
