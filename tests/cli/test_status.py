from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.gpg_home import GpgHome
from tests.publisher import ADD_ALL, Publisher, done, text_hash, tree


@pytest.fixture(scope="module")
def gpg() -> Iterator[GpgHome]:
    with GpgHome() as home:
        yield home


def at(publisher: Publisher, moment: str, *arguments: object) -> int:
    return publisher.on(datetime.fromisoformat(f"{moment}+00:00")).canary("status", *arguments).code


# --- exit codes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-02-03T12:00:00", 0),
        ("2026-04-23T23:59:59", 0),
        ("2026-04-24T00:00:00", 1),
        ("2026-05-01T00:00:00", 1),
        ("2026-05-12T00:00:00", 1),
        ("2026-05-12T00:00:01", 2),
        ("2026-05-14T23:59:59", 2),
        ("2026-05-15T00:00:00", 2),
        ("2026-05-29T00:00:00", 2),
        ("2027-01-01T00:00:00", 2),
    ],
)
def test_the_exit_code_around_each_boundary(published: Publisher, moment: str, code: int) -> None:
    for form in ((), ("--json",), ("--format", "nagios")):
        assert at(published, moment, *form) == code


@pytest.mark.parametrize(
    ("moment", "options", "code"),
    [
        ("2026-04-30T23:59:59", ("--ahead", 0, "--critical", 0), 0),
        ("2026-05-01T00:00:00", ("--ahead", 0, "--critical", 0), 1),
        ("2026-04-01T00:00:00", ("--ahead", 29), 0),
        ("2026-04-01T00:00:00", ("--ahead", 30), 1),
        ("2026-05-14T23:59:59", ("--critical", 0), 1),
        ("2026-05-15T00:00:00", ("--critical", 0), 2),
        ("2026-05-05T00:00:00", ("--critical", 10), 1),
        ("2026-05-05T00:00:01", ("--critical", 10), 2),
    ],
)
def test_ahead_and_critical_move_the_boundaries(
    published: Publisher, moment: str, options: tuple[object, ...], code: int
) -> None:
    assert at(published, moment, *options) == code


def test_a_release_for_the_open_window_settles_it(published: Publisher) -> None:
    assert at(published, "2026-05-13T12:00:00") == 2
    published.release()
    assert at(published, "2026-05-13T12:00:01") == 0
    assert at(published, "2026-07-24T23:59:59") == 0
    assert at(published, "2026-07-25T00:00:00") == 1


def test_a_correction_settles_nothing(published: Publisher) -> None:
    published.on("2026-04-30").release("--correction")
    assert at(published, "2026-05-01T00:00:00") == 1


def test_a_roster_without_a_release_waits_for_window_0(rostered: Publisher) -> None:
    assert at(rostered, "2026-01-24T23:59:59") == 0
    assert at(rostered, "2026-01-25T00:00:00") == 1
    assert at(rostered, "2026-02-14T12:00:00") == 2
    assert at(rostered, "2026-03-01T00:00:00") == 2


def test_without_a_roster_it_cannot_tell(prepared: Publisher) -> None:
    ran = prepared.canary("status")
    assert (ran.code, "no roster is published yet" in ran.out) == (3, True)
    assert ran.out.endswith("\nNext: canary roster\n")


def test_after_the_last_release_there_is_nothing_to_do(published: Publisher) -> None:
    published.on("2026-05-02").release("--final")
    ran = published.on("2036-01-01").canary("status")
    assert (ran.code, "release 2 was the last one; nothing is due" in ran.out) == (0, True)
    assert ran.out.endswith("\nNext: nothing: this canary has ended\n")


def test_publishing_that_was_interrupted_is_not_nothing_to_do(published: Publisher) -> None:
    done(published.on("2026-05-02").canary("draft"))
    for name in ("legal", "security"):
        done(published.sign(name))
    text = published.draft_file.read_bytes()
    done(published.publish())
    # As it lies on disk when the machine stops before the draft is removed.
    published.draft_file.write_bytes(text)
    ran = published.canary("status")
    assert (ran.code, "publishing was interrupted" in ran.out) == (1, True)
    assert ran.out.endswith("\nNext: canary publish, to finish what was interrupted\n")
    done(published.publish())
    assert published.canary("status").code == 0


def test_an_entry_that_the_site_does_not_show_settles_no_window(published: Publisher, tmp_path: Path) -> None:
    before = published.copy_to(tmp_path / "before")
    published.on("2026-05-02").release()
    # As it lies on disk when the machine stops after the entry is in the log and before the site is swapped in.
    entry = published.root / "log" / "0003.txt"
    before.root.joinpath("log", "0003.txt").write_bytes(entry.read_bytes())
    for day, code, told in (
        ("2026-05-05", 1, "the window of 2026-05-01 to 2026-05-14 is open"),
        ("2026-05-20", 2, "the window of 2026-05-01 to 2026-05-14 is over"),
        ("2026-06-20", 2, "the canary is stale"),
    ):
        ran = before.on(day).canary("status")
        assert (ran.code, "publishing was interrupted" in ran.said, told in ran.said) == (code, True, True), ran
    done(before.publish())
    assert before.canary("status").code == 0


# --- what it shows --------------------------------------------------------------------------------------


def test_it_shows_the_days_the_window_and_the_deadline(published: Publisher) -> None:
    ran = published.on("2026-05-10").canary("status")
    assert "example.net/canary: the window of 2026-05-01 to 2026-05-14 is open; 4 days until it is over." in ran.said
    assert "window    2026-05-01 to 2026-05-14, both included (UTC)" in ran.out
    assert "deadline  2026-05-29T00:00:00Z: after that the canary is stale" in ran.out
    assert "draft     none is open" in ran.out
    assert ran.out.endswith("\nNext: canary draft\n")


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-03-01", "the next window, 2026-05-01 to 2026-05-14, opens in 60 days"),
        ("2026-04-29", "the window of 2026-05-01 to 2026-05-14 opens in 1 day"),
        ("2026-04-30", "the window of 2026-05-01 to 2026-05-14 opens in less than a day"),
        ("2026-05-20", "the window of 2026-05-01 to 2026-05-14 is over; 8 days until the canary is stale"),
        ("2026-06-20", "the canary is stale: nothing came for the window of 2026-05-01 to 2026-05-14"),
    ],
)
def test_it_says_in_words_where_the_schedule_stands(published: Publisher, day: str, told: str) -> None:
    assert told in published.on(day).canary("status").said


def test_the_quorum_board_names_everyone(drafted: Publisher) -> None:
    done(drafted.sign("security"))
    ran = drafted.canary("status")
    assert f"release 1, text {text_hash(drafted.draft_file.read_bytes())}, made 2026-02-03T12:00:00Z" in ran.said
    for line in ("    legal: has not signed\n", "    security: good\n", "    director: has not signed\n"):
        assert line in ran.out
    assert "1 of 3 signed (security), 2 needed; missing: legal, director" in ran.said
    assert ran.out.splitlines()[-1] == (
        "Next: 1 of these, each on that signer's machine: canary sign --as legal, canary sign --as director"
    )
    done(drafted.sign("legal"))
    assert drafted.canary("status").out.endswith("\nNext: canary publish\n")


def test_it_changes_nothing(drafted: Publisher) -> None:
    before = tree(drafted.folder)
    for form in ((), ("--json",), ("--format", "nagios")):
        drafted.canary("status", *form)
    assert tree(drafted.folder) == before


def test_keys_that_expire_soon_are_warned_of_in_every_form(tmp_path: Path, gpg: GpgHome) -> None:
    key = gpg.key("soon <soon@example.net>", expires="20260801T000000")
    publisher = Publisher(tmp_path, openpgp={"security": key}, gpg_home=gpg.path).begin()
    told = "the OpenPGP key of security expires on 2026-08-01; extend it, run 'canary key openpgp security …' again"
    # Two windows ahead: those of February and May are over in time, and after the first release August's is not.
    assert told not in publisher.canary("status").said
    publisher.on("2026-02-03").release(*ADD_ALL)
    assert f"Warning: {told}" in publisher.canary("status").said
    assert json.loads(publisher.canary("status", "--json").out)["expiring_keys"][0].startswith(told)
    ran = publisher.canary("status", "--format", "nagios")
    assert told in ran.out
    assert ran.code == 0


# --- for programs ---------------------------------------------------------------------------------------


def test_the_json_document(drafted: Publisher) -> None:
    done(drafted.sign("legal"))
    document = json.loads(drafted.canary("status", "--json").out)
    assert document == {
        "format": 1,
        "canary": "example.net/canary",
        "exit_code": 1,
        "level": "due",
        "message": "the window of 2026-02-01 to 2026-02-14 is open; 11 days until it is over",
        "window": {"opens": "2026-02-01", "last": "2026-02-14"},
        "deadline": "2026-03-01T00:00:00Z",
        "draft": {
            "kind": "release",
            "number": 1,
            "text": text_hash(drafted.draft_file.read_bytes()),
            "issued": "2026-02-03T12:00:00Z",
            "signed": ["legal"],
            "missing": ["security", "director"],
            "publishable": False,
            "anchors": [],
        },
        "expiring_keys": [],
        "next": "1 of these, each on that signer's machine: canary sign --as security, canary sign --as director",
    }
    assert drafted.canary("status", "--json").out == drafted.canary("status", "--format", "json").out


def test_the_json_document_without_a_draft_and_without_dates(prepared: Publisher) -> None:
    document = json.loads(prepared.canary("status", "--json").out)
    assert (document["draft"], document["window"], document["deadline"]) == (None, None, None)
    assert (document["exit_code"], document["level"]) == (3, "cannot-tell")


def test_the_line_for_a_monitoring_system(published: Publisher) -> None:
    ran = published.on("2026-05-10").canary("status", "--format", "nagios")
    assert ran.out == (
        "CANARY WARNING - example.net/canary: the window of 2026-05-01 to 2026-05-14 is open; 4 days until it is over"
        " | days_to_window_end=4 days_to_deadline=18\n"
    )
    assert published.on("2026-02-10").canary("status", "--format", "nagios").out.startswith("CANARY OK - ")
    assert published.on("2026-05-20").canary("status", "--format", "nagios").out.startswith("CANARY CRITICAL - ")


# --- failures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["no workspace", "a file for a workspace", "a lost entry"])
def test_a_failure_is_told_in_the_form_that_was_asked_for_and_leaves_with_3(published: Publisher, how: str) -> None:
    places = {
        "no workspace": (published.folder / "nowhere", "holds no canary.toml"),
        "a file for a workspace": (published.passphrase_file, "holds no canary.toml"),
    }
    where, told = places.get(how, (published.root, "0001.txt is missing"))
    if how == "a lost entry":
        (published.root / "log" / "0001.txt").unlink()
    text, nagios, as_json = (
        published.run("status", *form, "--workspace", where) for form in ((), ("--format", "nagios"), ("--json",))
    )
    assert (text.code, nagios.code, as_json.code) == (3, 3, 3)
    assert told in text.err
    assert nagios.out.startswith("CANARY UNKNOWN - ")
    assert told in nagios.out
    assert nagios.out.count("\n") == 1
    assert nagios.err == ""
    document = json.loads(as_json.out)
    assert set(document) == {"format", "status", "exit_code", "error", "advice"}
    assert (document["status"], document["exit_code"]) == ("UNKNOWN", 3)
    assert told in document["error"]


@pytest.mark.parametrize(("day", "code", "word"), [("2026-02-10", 1, "WARNING"), ("2026-05-20", 2, "CRITICAL")])
def test_a_broken_draft_is_told_and_hides_no_deadline(published: Publisher, day: str, code: int, word: str) -> None:
    published.draft_file.parent.mkdir(exist_ok=True)
    published.draft_file.write_text("nonsense\n", "utf-8")
    on = published.on(day)
    text, nagios = on.canary("status"), on.canary("status", "--format", "nagios")
    assert (text.code, nagios.code) == (code, code)
    assert nagios.out.startswith(f"CANARY {word} - ")
    for told in (text.said, nagios.said):
        assert "the open draft is broken: draft/text.txt, line 1" in told
