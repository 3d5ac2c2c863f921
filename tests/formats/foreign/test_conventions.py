"""The conventions of canary.txt, each whole or not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary import limits
from canary.core.foreign.edition import Edition
from canary.core.foreign.read import From
from canary.core.foreign.reading import read_edition
from canary.edges.disk.foreign_profiles import read_profile
from canary.formats.foreign.conventions import Convention, Recognised, recognise
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
FIRST, LAST = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def fugl(**changed: object) -> str:
    return f"# Example\n\nWe have never.\n\n# Metadata\n\n{json.dumps(METADATA | changed, indent=4)}\n"


def test_each_convention_is_recognised() -> None:
    assert recognise(OMG) == Recognised(Convention.OMG, datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert recognise(FIELDS) == Recognised(Convention.FIELDS, FIRST, LAST)
    assert recognise(fugl()) == Recognised(Convention.FUGL, FIRST, LAST)
    assert recognise(fugl(final=True)) == Recognised(Convention.FUGL, FIRST, LAST, final=True)


LOWER = FIELDS.replace("Issued", "issued").replace("Expires", "expires")
COMPACT = f"# Metadata\n{json.dumps(METADATA, separators=(',', ':'))}\n"


@pytest.mark.parametrize("text", [OMG, FIELDS, LOWER, fugl(), COMPACT])
def test_the_dates_are_those_that_the_conventions_own_profile_reads(text: str) -> None:
    found = recognise(text)
    assert found is not None
    name = found.convention.profile
    read = read_edition(Edition("canary.txt", "", text), parse_profile(read_profile(name), what=name))
    assert (read.issued, read.issued_from, read.due_from) == (found.issued, From.TEXT, From.TEXT)
    assert read.expires == found.expires
    assert read.due == (found.expires or found.issued + timedelta(days=14)).date()


@pytest.mark.parametrize(
    "text",
    [
        OMG.replace("14", "15"),
        OMG.replace("control", "charge"),
        OMG.replace("2026-11-24", "2026-11-31"),
        OMG.replace("Today is", "Today was"),
        FIELDS.replace("Issued", "Written"),
        FIELDS.replace("Expires", "Next"),
        FIELDS + "Expires: 2030-01-01T00:00:00Z\n",
        FIELDS.replace("2026-12-01T00:00:00Z", "some day"),
        FIELDS.replace("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z or so"),
        FIELDS.replace("2026-12-01", "2026-10-01"),
        fugl(version=1),
        fugl(final="no"),
        fugl(expiry="2026-10-01T00:00:00Z"),
        fugl(creation=7),
        fugl() + "And more.",
        fugl() + fugl(),
        fugl().replace('"author"', '"final": true, "author"'),
        "We have never been asked.",
        OMG + " " * limits.FOREIGN_TEXT_CHARACTERS,
        "# Metadata\n\n" + "[" * 100_000,
        "",
    ],
)
def test_what_follows_none_whole_or_says_a_thing_twice_follows_none(text: str) -> None:
    assert recognise(text) is None


@given(st.lists(st.sampled_from([*OMG.splitlines(), *FIELDS.splitlines(), *fugl().splitlines(), "x"]), max_size=15))
def test_any_lines_are_recognised_or_not(lines: list[str]) -> None:
    found = recognise("\n".join(lines))
    assert found is None or found.expires is None or found.expires > found.issued


@given(st.text(max_size=100))
def test_any_text_follows_none(text: str) -> None:
    assert recognise(text) is None


REAL = Path(__file__).parents[4] / "shared" / "data" / "canaries" / "omg"


@pytest.mark.skipif(not REAL.is_dir(), reason=f"other people's canaries are not here: {REAL}")
def test_the_real_canary_follows_the_guidelines_and_the_guidelines_do_not() -> None:
    found = recognise((REAL / "canary.txt").read_text())
    assert found == Recognised(Convention.OMG, datetime(2019, 10, 29, 12, tzinfo=UTC))
    assert recognise((REAL / "spec.txt").read_text()) is None
