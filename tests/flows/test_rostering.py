from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from canary.core.log.admitted import Admitted
from canary.core.signed.entry import parse_text
from canary.core.signed.vkey import VKey
from canary.errors import MalformedError, RefusedError
from canary.flows.issue.config import CanaryTable, Config, parse_config
from canary.flows.issue.rostering import draft_roster, warnings
from tests.publisher import CANARY, FOUNDED, Desk, noon, signer_of, vkey_of

TOML = """\
[canary]
id = "example.net/canary"
organisation = "Example Networks"

[signers]
names = ["legal", "security", "director"]
threshold = 2

[schedule]
start = 2026-02-01
every = "3 months"
window = "14 days"
grace = "14 days"
"""


# --- the config -----------------------------------------------------------------------------------------


def test_the_config_reads_as_it_stands() -> None:
    assert parse_config(TOML) == Desk().config


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[canary]\n", '[canary]\nnick = "x"\n', "nick"),
        ("grace = ", "grase = ", "grase"),
        ('every = "3 months"\n', "", "every"),
        ("threshold = 2", "threshold = true", "threshold"),
        ("threshold = 2", "threshold = 2.0", "threshold"),
        ("start = 2026-02-01", "start = 2026-02-01T00:00:00Z", "start"),
        ("start = 2026-02-01", "start = 2026", "start"),
        ('names = ["legal"', 'names = ["log"', r"signers\.names"),
        ('names = ["legal"', 'names = ["Legal"', r"signers\.names"),
        ('window = "14 days"', 'window = "0 days"', "at least 1 day"),
        ('window = "14 days"', 'window = "14"', r"schedule\.window"),
        ('grace = "14 days"', 'grace = "80 days"', "days apart"),
        ('"Example Networks"', '""', r"canary\.organisation"),
        ('"example.net/canary"', '"example.net/canary/"', r"canary\.id"),
    ],
)
def test_what_cannot_be_is_told_with_the_files_name(old: str, new: str, told: str) -> None:
    assert TOML.count(old) == 1
    with pytest.raises(MalformedError, match=rf"canary\.toml.*{told}"):
        parse_config(TOML.replace(old, new))


def stamped_by(*urls: str) -> str:
    return f"{TOML}\n[timestamps]\nauthorities = [{', '.join(map(repr, urls))}]\n"


def test_timestamp_authorities_are_asked_only_where_they_are_named() -> None:
    assert parse_config(TOML).timestamps.authorities == []
    assert parse_config(stamped_by()).timestamps.authorities == []
    urls = ["https://tsa.example.net/", "http://127.0.0.1:8080/tsa"]
    assert parse_config(stamped_by(*urls)).timestamps.authorities == urls


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{TOML}[timestamps]\nauthorities = 'http://a.example/'\n", "array"),
        (f"{TOML}[timestamps]\nauthorities = [1]\n", "str"),
        (f"{TOML}[timestamps]\nauthorities = []\nnonce = false\n", "nonce"),
        (stamped_by("ftp://a.example/"), "does not start with http:// or https://"),
        (stamped_by("http://user@a.example/"), "user name or password"),
        (stamped_by("http:///tsa"), "names no host"),
        (stamped_by("http://a.example/#top"), "fragment"),
        (stamped_by("http://a.example/" + "x" * 500), "too long"),
        (stamped_by("http://a.example/", "http://a.example/"), "stands twice"),
        (stamped_by(*(f"http://{number}.example/" for number in range(11))), "at most 10"),
    ],
)
def test_authorities_that_cannot_be_are_told_with_the_files_name(text: str, told: str) -> None:
    with pytest.raises(MalformedError, match=rf"canary\.toml.*{told}"):
        parse_config(text)


def promised_by(*urls: str) -> str:
    return f"{TOML}\n[timestamps]\ncalendars = [{', '.join(map(repr, urls))}]\n"


def test_calendars_are_asked_only_where_they_are_named() -> None:
    assert parse_config(TOML).timestamps.calendars == []
    assert parse_config(promised_by()).timestamps.calendars == []
    urls = ["https://calendar.example.net/path/", "http://127.0.0.1:14788"]
    assert parse_config(promised_by(*urls)).timestamps.calendars == urls


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{TOML}[timestamps]\ncalendars = 'https://a.example'\n", ""),
        (f"{TOML}[timestamps]\ncalendars = [1]\n", ""),
        (promised_by("ftp://a.example"), "does not start with https://"),
        (promised_by("http://a.example"), "not encrypted"),
        (promised_by("https://user@a.example"), "user name or password"),
        (promised_by("https://a.example/?q"), "query"),
        (promised_by("https://a.example", "https://a.example/"), "stands twice"),
        (promised_by(*(f"https://{number}.example" for number in range(11))), "at most 10"),
    ],
)
def test_calendars_that_cannot_be_are_told_with_the_files_name(text: str, told: str) -> None:
    with pytest.raises(MalformedError, match=rf"canary\.toml.*timestamps\.calendars.*{told}"):
        parse_config(text)


# --- the roster -----------------------------------------------------------------------------------------


def test_a_roster_reads_back_as_it_was_drafted() -> None:
    roster = Desk().roster(FOUNDED + timedelta(microseconds=5))
    assert parse_text(roster.render()) == roster
    assert (roster.number, roster.entry, roster.previous, roster.issued) == (1, 1, None, FOUNDED)
    assert [signer.name for signer in roster.signers] == ["legal", "security", "director"]


def test_a_later_roster_counts_on_and_keeps_what_the_config_does_not_say() -> None:
    desk = Desk().begin()
    witness = vkey_of("witness.example.org")
    first = desk.history.admitted[0]
    asking = replace(first.roster, anchor_age=timedelta(3), witnesses=(witness,), witness_quorum=1)
    desk.history.admitted[0] = Admitted(first.data, first.tally, None, replace(first.entry, content=asking))
    desk.people("legal", "security", threshold=2)
    roster = desk.roster(noon("2026-01-25"))
    assert (roster.number, roster.entry) == (2, 2)
    assert roster.previous == desk.history.admitted[0].entry.text_hash
    assert (roster.anchor_age, roster.witnesses, roster.witness_quorum) == (timedelta(3), (witness,), 1)


def test_nothing_changed_is_refused_and_any_change_is_not() -> None:
    desk = Desk().begin()
    with pytest.raises(RefusedError, match="nothing is different from roster 1"):
        desk.roster(noon("2026-01-25"))
    config = desk.config
    desk.schedule(grace="15 days")
    assert desk.roster(noon("2026-01-25")).number == 2
    desk.config = Config(CanaryTable(CANARY, "Example Networks Ltd"), config.signers, config.schedule)
    assert desk.roster(noon("2026-01-25")).number == 2
    keys = {name: signer_of(name) for name in config.signers.names}
    log = VKey.make(CANARY, vkey_of("another-log").data)
    assert draft_roster(desk.history, config, keys, log, now=noon("2026-01-25")).log == log


def test_the_order_of_the_signers_is_a_change() -> None:
    desk = Desk().begin()
    desk.people("director", "legal", "security", threshold=2)
    assert [signer.name for signer in desk.roster(noon("2026-01-25")).signers] == ["director", "legal", "security"]


def test_a_signer_without_a_key_is_named() -> None:
    desk = Desk()
    with pytest.raises(RefusedError, match="no public key for security") as caught:
        draft_roster(desk.history, desk.config, {"legal": signer_of("legal")}, vkey_of(CANARY), now=FOUNDED)
    assert "canary key new security" in caught.value.hint


def test_a_canary_keeps_its_name_for_ever() -> None:
    desk = Desk().begin()
    desk.config = Config(CanaryTable("example.org/canary", "Example"), desk.config.signers, desk.config.schedule)
    with pytest.raises(RefusedError, match=r"its published name is example\.net/canary"):
        desk.roster(noon("2026-01-25"))


def test_after_the_last_release_there_is_no_roster() -> None:
    desk = Desk().begin().release(noon("2026-02-03"), final=True)
    desk.people("legal", "security", threshold=2)
    with pytest.raises(RefusedError, match="nothing can follow it"):
        desk.roster(noon("2026-02-04"))


def test_a_name_with_another_key_than_before_is_refused() -> None:
    desk = Desk().begin()
    keys = {name: signer_of(name) for name in desk.config.signers.names}
    other = VKey.make(keys["legal"].key.name, signer_of("somebody").key.data)
    keys["legal"] = replace(keys["legal"], key=other)
    with pytest.raises(RefusedError, match="the signer legal had another key before"):
        draft_roster(desk.history, desk.config, keys, vkey_of(CANARY), now=noon("2026-01-25"))


def test_a_log_key_that_signs_releases_too_is_refused() -> None:
    desk = Desk()
    keys = {name: signer_of(name) for name in desk.config.signers.names}
    same = VKey.make(CANARY, keys["legal"].key.data)
    with pytest.raises(MalformedError, match=r"the new roster: the key of .* stands twice"):
        draft_roster(desk.history, desk.config, keys, same, now=FOUNDED)


@pytest.mark.parametrize(
    ("start", "holds"), [("2026-02-01", False), ("2026-02-02", True), ("2026-05-01", True), ("2026-05-02", False)]
)
def test_a_new_grid_starts_after_the_last_period_and_no_later_than_promised(start: str, *, holds: bool) -> None:
    desk = Desk().begin().release(noon("2026-02-03"))
    desk.schedule(start=date.fromisoformat(start), every="6 months")
    if holds:
        assert desk.roster(noon("2026-02-10")).number == 2
    else:
        with pytest.raises(RefusedError, match="its new grid starts on"):
            desk.roster(noon("2026-02-10"))


@pytest.mark.parametrize("name", ["Two\nlines", "Zero\u200bwidth", "Cafe\u0301"])
def test_an_organisation_that_no_text_can_hold_is_refused(name: str) -> None:
    desk = Desk()
    desk.config = Config(CanaryTable(CANARY, name), desk.config.signers, desk.config.schedule)
    with pytest.raises(MalformedError, match="the new roster, line"):
        desk.roster(FOUNDED)


@pytest.mark.parametrize(("threshold", "told"), [(3, True), (2, False)])
def test_a_threshold_of_everyone_is_warned_of(threshold: int, *, told: bool) -> None:
    desk = Desk(threshold=threshold)
    assert bool(warnings(desk.roster(FOUNDED))) is told
