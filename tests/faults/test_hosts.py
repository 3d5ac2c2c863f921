"""A host that fails: nothing is believed at once, everything is told once, and what was seen is kept."""

from __future__ import annotations

import base64
import json
import ssl
from datetime import timedelta

from tests.faults.desk import CHECKPOINT_PATH, EVERY, EXPIRES, FRONT_PATH, NAME, Desk, Pass, later, publisher, site
from tests.faults.hosts import AUTHORITY, KINDS, PAGE, PLAIN, SECURE, Row, each_row, right
from tests.loopback import answer, redirects, says

EXIT_CODES = {"OK": 0, "UNREACHABLE": 1, "MISSING": 2, "EXPIRED": 2, "UNKNOWN": 3}
EVERY_ROW = each_row(*PLAIN, *SECURE)


def address(desk: Desk, row: Row) -> list[str]:
    """Begins to serve the site, well, and returns what `watch add` needs to look at it."""
    if row not in SECURE:
        return [desk.serve(site(publisher())).replace("127.0.0.1", row.host)]
    file = desk.folder / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return [desk.serve(site(publisher()), tls=right(AUTHORITY)), "--ca-file", str(file)]


def mend(desk: Desk, row: Row) -> None:
    desk.host.tls = right(AUTHORITY) if row in SECURE else None
    desk.mend()


def looks(desk: Desk, number: int, row: Row | None = None) -> list[Pass]:
    """Runs so many passes, each of which looks at the canary; with a row in the time that it has."""
    made = desk.passes(number, *(["--timeout", row.timeout] if row else []))
    assert [each.document["looked"] for each in made] == [1] * number
    return made


def outcome(made: Pass) -> tuple[str | None, int]:
    return made.status(), made.exit_code


@EVERY_ROW
def test_a_failure_is_believed_and_told_once_it_has_lasted(desk: Desk, row: Row) -> None:
    assert desk.follow(*address(desk, row)).code == 0
    row.arrange(desk)
    first, second, third, fourth = looks(desk, 4, row)
    believed = row.status, EXIT_CODES[row.status]
    assert [outcome(each) for each in (first, second, third, fourth)] == [("OK", 0), ("OK", 0), believed, believed]
    assert third.document["alerts"] == 1
    assert desk.told == [f"change {row.status}"]
    mend(desk, row)
    back, *_ = looks(desk, 3)
    assert outcome(back) == ("OK", 0)
    assert desk.told == [f"change {row.status}", "recovery OK"]


@EVERY_ROW
def test_what_was_seen_is_kept_and_shown(desk: Desk, row: Row) -> None:
    assert desk.follow(*address(desk, row)).code == 0
    row.arrange(desk)
    looks(desk, 1, row)
    shown = desk.shown()
    assert [each["status"] for each in shown["looks"]] == [row.status, "OK"]
    (seen,) = shown["failed_looks"]
    assert row.error in seen["error"]
    assert seen["http_status"] == row.http_status
    assert base64.b64decode(seen["body"]).startswith(row.body)
    assert dict(seen["headers"]).get("Set-Cookie") == ("visitor=7" if row.keeps_headers else None)
    if row.has_certificate:
        assert ssl.PEM_cert_to_DER_cert(seen["certificate"])
    told = desk.canary("show", NAME).said
    assert "looks fail (1 in a row)" in told
    assert row.error in told


@EVERY_ROW
def test_one_failure_between_two_good_answers_is_told_to_nobody(desk: Desk, row: Row) -> None:
    assert desk.follow(*address(desk, row)).code == 0
    row.arrange(desk)
    assert outcome(*looks(desk, 1, row)) == ("OK", 0)
    mend(desk, row)
    assert [outcome(each) for each in looks(desk, 2)] == [("OK", 0)] * 2
    assert desk.told == []
    assert [each["status"] for each in desk.shown()["looks"]] == ["OK", "OK", row.status, "OK"]
    assert [each["after"] for each in desk.shown()["transitions"]] == ["OK"]


@each_row(*KINDS)
def test_no_failure_puts_off_an_expiry(desk: Desk, row: Row) -> None:
    desk.now = EXPIRES - EVERY / 2
    assert desk.follow(*address(desk, row)).code == 1
    row.arrange(desk)
    assert outcome(*looks(desk, 1, row)) == ("EXPIRED", 2)
    assert desk.told == ["change EXPIRED"]
    looks(desk, 3, row)
    assert desk.told == ["change EXPIRED"]


@each_row(*KINDS)
def test_a_canary_that_was_never_seen_is_not_known(desk: Desk, row: Row) -> None:
    url, *options = address(desk, row)
    ca_file = {"ca_file": options[1]} if options else {}
    file = desk.folder / "list.jsonl"
    file.write_text(json.dumps({"name": NAME, "location": url, "pin": f"sha256:{publisher().pin}", **ca_file}))
    assert desk.canary("import", file).code == 0
    row.arrange(desk)
    desk.now += timedelta(seconds=1)
    first = desk.run("--timeout", row.timeout)
    second, third = looks(desk, 2, row)
    assert [outcome(each) for each in (first, second)] == [("UNKNOWN", 3)] * 2
    lasts = "MISSING" if row.status == "MISSING" else "UNKNOWN"
    assert outcome(third) == (lasts, EXIT_CODES[lasts])
    assert desk.told == [f"change {lasts}"]


def test_a_redirect_on_the_same_host_is_followed(followed: Desk) -> None:
    followed.host.files = site(publisher()) | {"/there": site(publisher())[CHECKPOINT_PATH]}
    followed.host.faults[CHECKPOINT_PATH] = redirects("/there")
    assert [outcome(each) for each in followed.passes(3)] == [("OK", 0)] * 3
    assert followed.told == []
    assert "/there" in [each.target for each in followed.host.asked]


def test_a_longer_log_without_its_canary_txt_shows_the_answer_that_made_it_missing(followed: Desk) -> None:
    followed.host.files = site(later())
    followed.host.faults[FRONT_PATH] = says(answer(404, PAGE))
    followed.passes(3)
    assert followed.told == ["change MISSING"]
    assert {each["asked"] for each in followed.shown()["failed_looks"]} == {f"{followed.host.url}{FRONT_PATH}"}
    assert base64.b64decode(followed.shown()["failed_looks"][0]["body"]) == PAGE


def test_an_upload_that_is_finished_meanwhile_is_told_to_nobody(followed: Desk) -> None:
    files = site(later())
    followed.host.files = site(publisher()) | {CHECKPOINT_PATH: files[CHECKPOINT_PATH]}
    followed.passes(2)
    followed.host.files = files
    assert outcome(*followed.passes(1)) == ("OK", 0)
    assert followed.told == []
    assert [each["number"] for each in followed.shown()["log"] if each["kind"] == "release"] == [2, 1]
