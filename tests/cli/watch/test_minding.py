"""The small commands with which a person minds the list."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.loopback import says
from tests.simulator import noon
from tests.watch_desk import FIRST_LOOK, WatchDesk


def test_remove_asks_and_forgets_everything(desk: WatchDesk) -> None:
    desk.added()
    ran = desk.watch("remove", "acme")
    assert (ran.code, "Give --yes" in ran.said) == (1, True)
    assert desk.watch("remove", "acme", "--yes").code == 0
    assert desk.watch("list").code == 3
    with contextlib.closing(sqlite3.connect(desk.memory)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        left = {name for name in tables if db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]}  # noqa: S608
    assert left <= {"notes", "sqlite_sequence"}


@pytest.mark.parametrize("words", [("show",), ("ack",), ("remove", "--yes"), ("mute", "--for", "7d")])
def test_a_name_that_is_not_there_is_told(desk: WatchDesk, words: tuple[str, ...]) -> None:
    desk.added()
    ran = desk.watch(*words, "amce")
    assert ran.code == 3
    assert "'amce'" in ran.said
    assert "canary watch list" in ran.said


@pytest.mark.parametrize(
    "words",
    [
        ("show", "\udcff"),
        ("ack", "\udcff"),
        ("remove", "\udcff", "--yes"),
        ("mute", "\udcff", "--off"),
        ("change", "\udcff", "--every", "6h"),
        ("dismiss", "\udcff"),
        ("list", "--tag", "\udcff"),
        ("export", "--tag", "\udcff"),
        ("run", "--tag", "\udcff"),
    ],
)
def test_a_name_that_is_no_text_is_told_like_any_other_that_is_not_there(
    desk: WatchDesk, words: tuple[str, ...]
) -> None:
    """What is typed in another encoding reaches the program as half characters."""
    desk.added()
    ran = desk.watch(*words)
    assert ran.code in (1, 3)
    assert "'\\udcff'" in ran.said


def test_what_is_well_cannot_be_acknowledged(desk: WatchDesk) -> None:
    desk.added()
    ran = desk.watch("ack", "acme")
    assert (ran.code, "acme is OK: there is nothing to acknowledge" in ran.said) == (1, True)


def test_an_expiry_that_is_acknowledged_before_any_run_has_seen_it_is_in_the_history(desk: WatchDesk) -> None:
    desk.added()
    assert desk.watch("ack", "acme", at="2025-06-01").code == 0
    ran = desk.watch("run", at=noon("2025-06-01") + timedelta(hours=1))
    assert (ran.code, "0 alerts" in ran.said) == (0, True)
    changes = desk.json("show", "acme")["transitions"]
    assert [(each["before"], each["after"]) for each in changes] == [("OK", "EXPIRED"), (None, "OK")]


def test_an_expiry_that_was_acknowledged_counts_no_more_until_something_else_comes(desk: WatchDesk) -> None:
    desk.added()
    assert desk.watch("run", at="2025-06-01").code == 2
    assert desk.watch("ack", "acme", "--note", "they are on holiday").code == 0
    ran = desk.watch("run", at="2025-06-02")
    assert (ran.code, "0 alerts" in ran.said) == (0, True)
    assert desk.row()["acknowledged"] == {
        "status": "EXPIRED",
        "at": "2025-06-01T12:00:00Z",
        "note": "they are on holiday",
    }
    desk.sim.release(at=noon("2025-06-03"), without=["gag"])
    desk.serve()
    ran = desk.watch("run", at="2025-06-04")
    assert (ran.code, desk.row()["status"], desk.row()["acknowledged"]) == (2, "WITHDRAWN", None)


def test_what_is_acknowledged_is_what_was_read(desk: WatchDesk) -> None:
    desk.added()
    desk.watch("run", at="2025-06-01")
    ran = desk.watch("ack", "acme", "--status", "OVERDUE")
    assert (ran.code, "acme is EXPIRED now, and not OVERDUE" in ran.said, "show" in ran.said) == (1, True, True)
    ran = desk.watch("ack", "acme", "--status", "LATE")
    assert (ran.code, "--status: a status is one of" in ran.said) == (3, True)
    assert desk.row()["acknowledged"] is None
    assert desk.watch("ack", "acme", "--status", "expired").code == 0
    assert desk.row()["acknowledged"]["status"] == "EXPIRED"


def quiet_at_noon(desk: WatchDesk) -> None:
    """A channel that prints, and has quiet hours until six in the evening."""
    quiet = 'quiet = { from = "06:00", to = "18:00", zone = "UTC" }'
    desk.config.write_text(desk.config.read_text() + f'[channels.paper]\nkind = "stdout"\n{quiet}\n')
    desk.added()


def test_what_was_acknowledged_meanwhile_is_not_told_after_quiet_hours(desk: WatchDesk) -> None:
    quiet_at_noon(desk)
    desk.watch("run", at="2025-06-01")
    desk.watch("run", at="2025-06-02")
    ran = desk.watch("ack", "acme")
    assert "messages that wait are not sent any more" in ran.said
    ran = desk.watch("run", at=noon("2025-06-02") + timedelta(hours=8))
    assert (ran.code, "EXPIRED: acme" in ran.said) == (0, False)


def test_what_was_decided_before_a_mute_is_told_after_it_and_no_reminder(desk: WatchDesk) -> None:
    quiet_at_noon(desk)
    desk.watch("run", at="2025-06-01")
    assert desk.watch("mute", "acme", "--for", "7d").code == 0
    for day in range(1, 7):
        assert "EXPIRED: acme" not in desk.watch("run", at=noon("2025-06-01") + timedelta(days=day, hours=8)).said
    ran = desk.watch("run", at=noon("2025-06-08") + timedelta(hours=8))
    assert "acme" in ran.said


@pytest.mark.parametrize("note", ["two\nlines", "a \x1b[31mcolour", "x" * 1_001])
def test_a_note_is_one_plain_line(desk: WatchDesk, note: str) -> None:
    desk.added()
    desk.watch("run", at="2025-06-01")
    ran = desk.watch("ack", "acme", "--note", note)
    assert (ran.code, "--note" in ran.said, "\x1b" in ran.err) == (3, True, False)
    assert desk.row()["acknowledged"] is None


def test_muted_it_is_looked_at_and_counts_and_what_stands_is_told_afterwards(desk: WatchDesk) -> None:
    desk.added()
    assert desk.watch("mute", "acme", "--for", "7d", at="2025-05-31").code == 0
    assert desk.row()["muted_until"] == "2025-06-07T12:00:00Z"
    ran = desk.watch("run", at="2025-06-02")
    assert (ran.code, "0 alerts" in ran.said) == (2, True)
    ran = desk.watch("run", at="2025-06-08")
    assert (ran.code, "1 alert." in ran.said) == (2, True)


def test_muting_ends_when_a_person_says_so(desk: WatchDesk) -> None:
    desk.added()
    desk.watch("mute", "acme", "--for", "30d")
    assert desk.watch("mute", "acme", "--off").code == 0
    assert desk.row()["muted_until"] is None


@pytest.mark.parametrize("options", [(), ("--for", "7d", "--off"), ("--for", "soon")])
def test_how_long_is_said_in_one_way(desk: WatchDesk, options: tuple[str, ...]) -> None:
    desk.added()
    assert desk.watch("mute", "acme", *options).code == 3


def test_a_backup_is_a_memory_of_its_own(desk: WatchDesk, tmp_path: Path) -> None:
    desk.added()
    copy = tmp_path / "copy.db"
    assert desk.watch("backup", copy).code == 0
    ran = desk.watch("backup", copy)
    assert (ran.code, "is there already" in ran.said) == (1, True)
    desk.watch("remove", "acme", "--yes")
    desk.config.write_text(f'[watch]\nmemory = "{copy}"\n')
    assert desk.row()["status"] == "OK"


def test_an_alert_that_no_channel_took_is_shown_until_it_is_dismissed(desk: WatchDesk) -> None:
    desk.config.write_text(desk.config.read_text() + '[channels.pager]\nkind = "command"\nrun = ["/nowhere/page"]\n')
    desk.added()
    ran = desk.watch("run", at="2025-06-01")
    assert ran.code == 2
    assert "1 alert could not be delivered" in ran.said
    assert [each["channel"] for each in desk.json("list")["undelivered"]] == ["pager"]
    desk.config.write_text(desk.config.read_text().replace("pager", "other"))
    ran = desk.watch("run", at="2025-06-08")
    assert "the channel pager is no longer in the configuration" in desk.watch("list").said
    assert desk.watch("dismiss", "pager").code == 0
    assert all(each["channel"] != "pager" for each in desk.json("list")["undelivered"])
    ran = desk.watch("dismiss", "pager")
    assert (ran.code, "nothing failed for good" in ran.said) == (1, True)


def test_a_test_alert_goes_through_every_channel_and_names_the_one_that_failed(desk: WatchDesk, tmp_path: Path) -> None:
    taken = tmp_path / "taken.json"
    script = tmp_path / "take"
    script.write_text(f"#!/bin/sh\ncat > {taken}\n")
    script.chmod(0o755)
    desk.config.write_text(
        desk.config.read_text()
        + f'[channels.good]\nkind = "command"\nrun = ["{script}"]\n'
        + '[channels.bad]\nkind = "command"\nrun = ["/bin/false"]\n'
    )
    ran = desk.watch("test-alert")
    assert ran.code == 2
    assert "good: taken." in ran.out
    assert "bad: " in ran.err
    assert [each["kind"] for each in json.loads(taken.read_text())["alerts"]] == ["test"]
    assert desk.watch("test-alert", "--channel", "good").code == 0
    ran = desk.watch("test-alert", "--channel", "goood")
    assert (ran.code, "bad, good" in ran.said) == (3, True)


def test_the_list_is_told_with_the_worst_first(desk: WatchDesk) -> None:
    desk.added("--tag", "vpn").added(name="zeta")
    desk.sim.release(without=["gag"])
    desk.serve()
    desk.watch("mute", "acme", "--for", "7d")
    with desk.store() as store:
        row = store.find("zeta")
        assert row is not None
    desk.watch("run", "--tag", "vpn", at="2025-05-03")
    lines = desk.watch("list").out.splitlines()
    assert lines[0].startswith("WITHDRAWN     acme  since 2025-05-03 12:00")
    assert "tags: vpn" in lines[0]
    assert lines[1].startswith("DUE           zeta")
    assert lines[-1] == f"2 canaries in {desk.memory}."


def test_show_tells_statements_changes_looks_and_what_was_seen(desk: WatchDesk) -> None:
    desk.added()
    desk.server.on_connect = says(b"HTTP/1.1 503 Sorry\r\nServer: tired\r\nContent-Length: 4\r\n\r\nlate")
    desk.watch("run", at=FIRST_LOOK + timedelta(days=1))
    desk.server.on_connect = None
    desk.watch("run", at=FIRST_LOOK + timedelta(days=2))
    said = desk.watch("show", "acme").said
    for words in ("The statements of release 1", "What changed when", "The latest looks", "status 503", "late"):
        assert words in said
    document = desk.json("show", "acme")
    assert [each["status"] for each in document["looks"]] == ["OK", "UNREACHABLE", "OK"]
    assert [each["after"] for each in document["transitions"]] == ["OK"]
    (seen,) = document["failed_looks"]
    assert (seen["http_status"], seen["body"]) == (503, "bGF0ZQ==")
    assert ["Server", "tired"] in seen["headers"]
    assert [each["kind"] for each in document["log"]] == ["release", "roster"]
    assert document["verdict"]["status"] == "OK"
    assert len(document["statements"]) == 3


def test_how_a_canary_is_followed_changes_and_its_history_stays(desk: WatchDesk) -> None:
    desk.added("--tag", "vpn")
    assert desk.watch("change", "acme", "--tag", "mail", "--every", "2h").code == 0
    row = desk.row()
    assert (row["tags"], row["every"], row["status"]) == (["mail"], "2h", "OK")
    desk.watch("run")
    assert [each["status"] for each in desk.json("show", "acme")["looks"]] == ["OK", "OK"]


@pytest.mark.parametrize(
    "options",
    [(), ("--every", "soon"), ("--tag", "VPN"), ("--location", "http://example.net/"), ("--proxy", "gopher://a:1")],
)
def test_what_cannot_be_changed_so_stays_as_it_was(desk: WatchDesk, options: tuple[str, ...]) -> None:
    before = desk.added().row()
    assert desk.watch("change", "acme", *options).code == 3
    assert desk.row() == before


def test_a_secret_that_others_can_read_is_told_where_a_person_looks(desk: WatchDesk) -> None:
    key = desk.folder / "key"
    key.write_text("secret")
    key.chmod(0o644)
    hook = f'[channels.hook]\nkind = "webhook"\nurl = "https://127.0.0.1:9/"\nsecret_file = "{key}"\n'
    desk.config.write_text(desk.config.read_text() + hook)
    desk.added()
    assert f"chmod 600 {key}" in desk.watch("list").out
    assert f"chmod 600 {key}" in desk.watch("test-alert").err
    assert "chmod" not in desk.watch("run").said
