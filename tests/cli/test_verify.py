from __future__ import annotations

import json
import re
import shlex
from datetime import datetime
from pathlib import Path

import pytest

import canary
from canary.cli.app import App
from canary.cli.verdicts import tell
from canary.core.judging.findings import Code, Finding, Status
from canary.core.judging.verdict import Verdict
from canary.errors import MalformedError
from tests.loopback import Loopback
from tests.publisher import ADD_ALL, Publisher, Ran, command, noon, text_hash, tree

AXES = ("integrity", "freshness", "statements", "time")


def verify(*arguments: object, at: str = "2026-02-10") -> Ran:
    now = datetime.fromisoformat(f"{at}+00:00") if "T" in at else noon(at)
    return command(App(clock=lambda: now), "verify", *arguments)


def status_of(ran: Ran) -> str:
    return ran.out.partition(":")[0]


def change_a_word(publisher: Publisher) -> None:
    front = publisher.public / "canary.txt"
    front.write_bytes(front.read_bytes().replace(b"never handed", b"hardly handed"))


# --- what is printed ------------------------------------------------------------------------------------


def test_for_people_one_line_the_axes_and_the_findings_with_advice(published: Publisher) -> None:
    ran = verify(published.public, "--pin", published.pin, at="2026-05-16")
    lines = ran.out.splitlines()
    assert lines[0] == "OVERDUE: the release is late; the last one still counts for now."
    for axis in AXES:
        assert any(re.fullmatch(rf"  {axis} +(ok|notice|warning|alarm|unknown)", line) for line in lines)
    place = lines.index("  OVERDUE (warning)")
    assert (
        lines[place + 1]
        == "    No release came in the window of 2026-05-01 to 2026-05-14; 12 days left until it expires."
    )
    assert "still counts until it expires. Look again daily." in lines[place + 2]
    assert "Looked at once, from this machine." in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("example.net did not answer within 30 s", "example.net did not answer within 30 s."),
        ("localhost: nothing listens there", "localhost: nothing listens there."),
        ("canary.txt is not there", "canary.txt is not there."),
        ("https://example.net/ answered 503", "https://example.net/ answered 503."),
        ("the folder public does not exist", "The folder public does not exist."),
        ("release, line 3: too long", "Release, line 3: too long."),
    ],
)
def test_a_message_is_a_sentence_and_a_name_in_front_keeps_its_spelling(
    message: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(Verdict(noon("2026-02-10"), (Finding(Code.UNREACHABLE, message),)), again=(), tried=False)
    assert f"\n    {told}\n" in capsys.readouterr().out


def test_it_says_whose_canary_it_is_and_what_was_signed_by_whom(published: Publisher) -> None:
    ran = verify(published.public, "--pin", published.pin)
    for line in (
        "OK: it is valid, complete and fresh.\n",
        "  canary      example.net/canary (Example Networks)\n",
        "  release     1, issued 2026-02-03T12:00:00Z, for the window of 2026-02-01\n",
        "  signed by   legal, security (2 of 3; 2 needed)\n",
        "  statements  keys@v1, taps@v1, tell@v1 (",
        "  next        2026-05-01 to 2026-05-14; stale from 2026-05-29T00:00:00Z\n",
    ):
        assert line in ran.out
    assert ran.err == ""


def test_the_json_document(published: Publisher) -> None:
    document = json.loads(verify(published.public, "--pin", published.pin, "--json").out)
    text = (published.public / "releases" / "1" / "text.txt").read_bytes()
    findings = document.pop("findings")
    assert document == {
        "format": 1,
        "location": str(published.public),
        "judged_at": "2026-02-10T12:00:00Z",
        "status": "OK",
        "exit_code": 0,
        "meaning": "it is valid, complete and fresh",
        "canary": "example.net/canary",
        "organisation": "Example Networks",
        "log_entries": 2,
        "pin": published.pin,
        "roster_1": published.pin,
        "axes": {"integrity": "ok", "freshness": "ok", "statements": "ok", "time": "notice"},
        "release": {
            "number": 1,
            "entry": 2,
            "text": text_hash(text),
            "period": "2026-02-01",
            "issued": "2026-02-03T12:00:00Z",
            "next": {"opens": "2026-05-01", "last": "2026-05-14"},
            "expires": "2026-05-29T00:00:00Z",
            "signers": ["legal", "security"],
            "threshold": 2,
            "roster_signers": 3,
            "statements": ["keys@v1", "taps@v1", "tell@v1"],
            "not_before": None,
            "not_after": None,
            "signature_times": {},
        },
        "edition": None,
    }
    for finding in findings:
        assert list(finding) == ["code", "axis", "severity", "message", "advice", "entry", "sticky"]
        assert finding["axis"] in AXES
    assert [finding["code"] for finding in findings] == ["NO-LOWER-BOUND", "NO-UPPER-BOUND"]


def test_json_has_nulls_where_nothing_is_known(rostered: Publisher, tmp_path: Path) -> None:
    document = json.loads(verify(rostered.public, "--pin", rostered.pin, "--format", "json").out)
    assert (document["status"], document["release"], document["log_entries"]) == ("UNKNOWN", None, 1)
    (tmp_path / "empty").mkdir()
    document = json.loads(verify(tmp_path / "empty", "--json").out)
    assert (document["canary"], document["organisation"], document["pin"], document["roster_1"]) == (None,) * 4


def test_the_line_for_a_monitoring_system(published: Publisher) -> None:
    ran = verify(published.public, "--pin", published.pin, "--format", "nagios")
    assert ran.out == "CANARY OK - example.net/canary OK: it is valid, complete and fresh | days_to_expiry=107\n"
    ran = verify(published.public, "--pin", published.pin, "--format", "nagios", at="2026-06-05")
    assert ran.code == 2
    assert ran.out.startswith("CANARY CRITICAL - example.net/canary EXPIRED: release 1 expired 7 days ago")
    assert ran.out.endswith(" | days_to_expiry=-8\n")
    ran = verify(published.public, "--format", "nagios")
    assert (ran.code, ran.out.startswith("CANARY UNKNOWN - example.net/canary UNKNOWN: no pin was given")) == (3, True)


# --- statuses and exit codes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "status", "code"),
    [
        ("2026-02-03T11:50:00", "OK", 0),
        ("2026-02-03T11:49:59", "INVALID", 2),
        ("2026-04-30T23:59:59", "OK", 0),
        ("2026-05-01T00:00:00", "DUE", 0),
        ("2026-05-14T23:59:59", "DUE", 0),
        ("2026-05-15T00:00:00", "OVERDUE", 1),
        ("2026-05-28T23:59:59", "OVERDUE", 1),
        ("2026-05-29T00:00:00", "EXPIRED", 2),
    ],
)
def test_time_alone_decides_between_fresh_and_stale(published: Publisher, at: str, status: str, code: int) -> None:
    ran = verify(published.public, "--pin", published.pin, at=at)
    assert (status_of(ran), ran.code) == (status, code)


def test_a_canary_that_was_taken_down_is_missing(published: Publisher) -> None:
    (published.public / "checkpoint").unlink()
    ran = verify(published.public, "--pin", text_hash((published.public / "rosters/1/text.txt").read_bytes()))
    assert (status_of(ran), ran.code) == ("MISSING", 2)


# --- the pin --------------------------------------------------------------------------------------------


def again(ran: Ran) -> list[str]:
    """Returns the command line that is advised, without the word canary."""
    (line,) = [line.strip() for line in ran.out.splitlines() if line.strip().startswith("canary verify ")]
    return shlex.split(line)[1:]


def test_without_a_pin_everything_is_checked_and_it_says_how_to_go_on(published: Publisher) -> None:
    ran = verify(published.public)
    assert (status_of(ran), ran.code) == ("UNKNOWN", 3)
    assert "With the pin of this roster 1 it would be OK (exit code 0)." in ran.out
    assert f"The fingerprint of roster 1 here is {published.pin}." in ran.said
    assert "in print, by telephone, on a site of its own" in ran.said
    assert again(ran) == ["verify", str(published.public), "--pin", published.pin]


@pytest.mark.parametrize("extra", [(), ("--at", "2026-02-09T00:00:00Z"), ("--timeout", "5"), ("--state", "a state")])
def test_the_line_to_run_again_works_as_it_stands(
    published: Publisher, tmp_path: Path, extra: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    site = tmp_path / "a copy; of the $site"
    published.public.resolve().rename(site)
    words = again(verify(site, *extra))
    assert words == ["verify", str(site), *extra, "--pin", text_hash((site / "rosters/1/text.txt").read_bytes())]
    ran = command(App(clock=lambda: noon("2026-02-10")), *words)
    assert (status_of(ran), ran.code) == ("OK", 0)


def test_what_it_would_have_been_is_told(published: Publisher) -> None:
    assert "it would be EXPIRED (exit code 2)" in verify(published.public, at="2026-06-05").said
    change_a_word(published)
    assert "it would be INVALID (exit code 2)" in verify(published.public).said


def test_a_wrong_pin_is_invalid(published: Publisher) -> None:
    ran = verify(published.public, "--pin", f"sha256:{'0' * 64}")
    assert (status_of(ran), ran.code, "PIN-MISMATCH" in ran.out) == ("INVALID", 2, True)
    assert "would be" not in ran.out


@pytest.mark.parametrize("pin", ["", "0" * 64, f"sha256:{'A' * 64}", f"sha256:{'0' * 63}", f" sha256:{'0' * 64}"])
def test_a_pin_that_is_no_hash_is_told(published: Publisher, pin: str) -> None:
    ran = verify(published.public, "--pin", pin)
    assert (ran.code, ran.err.startswith("canary: --pin: a hash is written as sha256:")) == (3, True)
    assert ran.out == ""


# --- one entry's file -----------------------------------------------------------------------------------


def test_one_file_under_the_pinned_roster(published: Publisher) -> None:
    release, roster = published.public / "canary.txt", published.public / "rosters" / "1" / "entry.txt"
    ran = verify(release, "--roster", roster, "--pin", published.pin)
    assert (status_of(ran), ran.code, "SINGLE-FILE" in ran.out) == ("OK", 0, True)
    assert "Looked at once" not in ran.out
    assert status_of(verify(release, "--roster", roster, "--pin", published.pin, at="2026-06-01")) == "EXPIRED"


@pytest.mark.parametrize("pin", [None, f"sha256:{'0' * 64}"])
def test_one_file_is_unknown_unless_the_roster_hashes_to_the_pin(published: Publisher, pin: str | None) -> None:
    release, roster = published.public / "canary.txt", published.public / "rosters" / "1" / "entry.txt"
    ran = verify(release, "--roster", roster, *(("--pin", pin) if pin else ()))
    assert (status_of(ran), ran.code) == ("UNKNOWN", 3)
    assert "under a roster that is pinned it would be OK" in ran.said.replace("Under", "under")


def test_the_line_to_run_again_has_the_roster(published: Publisher) -> None:
    release, roster = published.public / "canary.txt", published.public / "rosters" / "1" / "entry.txt"
    words = again(verify(release, "--roster", roster))
    ran = command(App(clock=lambda: noon("2026-02-10")), *words)
    assert (status_of(ran), ran.code) == ("OK", 0)


def test_one_file_with_a_changed_word_is_invalid(published: Publisher, tmp_path: Path) -> None:
    changed = tmp_path / "canary.txt"
    changed.write_bytes((published.public / "canary.txt").read_bytes().replace(b"never handed", b"hardly handed"))
    ran = verify(changed, "--roster", published.public / "rosters/1/entry.txt", "--pin", published.pin)
    assert (status_of(ran), ran.code, "BAD-SIGNATURE" in ran.out) == ("INVALID", 2, True)


def test_one_file_that_is_too_large_is_malformed_and_not_cut(published: Publisher, tmp_path: Path) -> None:
    large = tmp_path / "canary.txt"
    large.write_bytes((published.public / "canary.txt").read_bytes().ljust(65_536, b"\n"))
    ran = verify(large, "--roster", published.public / "rosters/1/entry.txt", "--pin", published.pin)
    assert (status_of(ran), ran.code, "65,535" in ran.out) == ("INVALID", 2, True)


def test_one_file_without_a_roster_says_what_is_missing(published: Publisher) -> None:
    ran = verify(published.public / "canary.txt")
    assert (ran.code, "is a single file, and is checked with --roster FILE" in ran.said) == (3, True)


@pytest.mark.parametrize("roster", ["canary.txt", "index.html", "nothing"])
def test_a_roster_that_is_none_is_told_with_its_file(published: Publisher, roster: str) -> None:
    ran = verify(published.public / "canary.txt", "--roster", published.public / roster)
    assert (ran.code, roster in ran.err) == (3, True)


# --- --at -----------------------------------------------------------------------------------------------


@pytest.fixture
def long(published: Publisher) -> Publisher:
    """Releases in February, May and August; a withdrawal in May."""
    published.on("2026-05-02").release("--without", "taps")
    return published.on("2026-08-03").release()


@pytest.mark.parametrize(
    ("moment", "status", "release"),
    [
        ("2026-01-20T12:00:00Z", "UNKNOWN", None),
        ("2026-02-03T12:00:00Z", "OK", 1),
        ("2026-05-02T11:59:59Z", "DUE", 1),
        ("2026-05-02T12:00:00Z", "WITHDRAWN", 2),
        ("2026-08-20T00:00:00Z", "OK", 3),
        ("2026-11-20T00:00:00Z", "OVERDUE", 3),
        ("2030-01-01T00:00:00Z", "EXPIRED", 3),
    ],
)
def test_at_judges_as_of_then_years_later(long: Publisher, moment: str, status: str, release: int | None) -> None:
    ran = verify(long.public, "--pin", long.pin, "--at", moment, "--json", at="2036-01-01")
    document = json.loads(ran.out)
    assert document["status"] == status
    assert (document["release"]["number"] if document["release"] else None) == release
    assert document["judged_at"] == moment


def test_before_the_canary_began_nothing_is_known(long: Publisher) -> None:
    ran = verify(long.public, "--pin", long.pin, "--at", "2026-01-01T00:00:00Z")
    assert (ran.code, ran.out.partition(":")[0]) == (3, "UNKNOWN")


def test_at_neither_reads_nor_writes_state(long: Publisher, tmp_path: Path) -> None:
    state = tmp_path / "state"
    arguments = (long.public, "--pin", long.pin, "--at", "2026-02-10T00:00:00Z", "--state", state)
    assert verify(*arguments).code == 0
    assert not state.exists()
    state.write_text("damaged", "utf-8")
    assert verify(*arguments).code == 0
    assert state.read_text("utf-8") == "damaged"


@pytest.mark.parametrize("moment", ["2026-02-10", "2026-02-10T00:00:00", "2026-02-10T00:00:00+00:00", "yesterday"])
def test_a_moment_that_is_none_is_told(long: Publisher, moment: str) -> None:
    ran = verify(long.public, "--at", moment)
    assert (ran.code, "--at: a time is written like" in ran.err) == (3, True)


# --- on a web server ------------------------------------------------------------------------------------


def served(publisher: Publisher, prefix: str = "") -> dict[str, bytes]:
    return {
        f"{prefix}/{path}": content
        for path, (_, content) in tree(publisher.public.resolve()).items()
        if (publisher.public / path).is_file()
    }


def test_a_url(published: Publisher) -> None:
    with Loopback(served(published)) as server:
        ran = verify(server.url, "--pin", published.pin)
        assert (status_of(ran), ran.code) == ("OK", 0)
        assert again(verify(f"{server.url}/")) == ["verify", f"{server.url}/", "--pin", published.pin]


def test_a_url_with_a_path(published: Publisher) -> None:
    with Loopback(served(published, "/canary")) as server:
        for url in (f"{server.url}/canary", f"{server.url}/canary/"):
            assert verify(url, "--pin", published.pin).code == 0
        assert not any("well-known" in asked.target for asked in server.asked)


def test_a_hosts_root_leads_to_the_canary_by_the_hint(published: Publisher) -> None:
    files = served(published, "/canary")
    files["/.well-known/warrant-canary"] = (published.public / ".well-known" / "warrant-canary").read_bytes()
    with Loopback(files) as server:
        ran = verify(server.url, "--pin", published.pin)
        assert (status_of(ran), ran.code) == ("OK", 0)


def test_a_hint_pins_nothing(published: Publisher) -> None:
    files = served(published, "/canary")
    files["/.well-known/warrant-canary"] = (published.public / ".well-known" / "warrant-canary").read_bytes()
    with Loopback(files) as server:
        assert verify(server.url).code == 3


def test_what_is_not_there_is_missing_with_a_pin_and_unknown_without(published: Publisher) -> None:
    with Loopback({}) as server:
        assert status_of(verify(server.url, "--pin", published.pin)) == "MISSING"
        assert status_of(verify(server.url)) == "UNKNOWN"


@pytest.mark.parametrize("value", ["0", "-1", "soon"])
def test_a_timeout_that_cannot_be_is_a_usage_error(published: Publisher, value: str) -> None:
    assert verify(published.public, "--timeout", value).code == 3


def test_plain_http_is_for_this_machine_alone(published: Publisher) -> None:
    ran = verify("http://192.0.2.1/canary", "--pin", published.pin)
    assert (ran.code, "--allow-http" in ran.said) == (3, True)


def test_plain_http_elsewhere_goes_when_it_is_asked_for(published: Publisher) -> None:
    with Loopback(served(published)) as server:
        elsewhere = f"http://0.0.0.0:{server.port}/"  # this machine, under a name that is not loopback
        assert verify(elsewhere, "--pin", published.pin).code == 3
        assert server.asked == []
        ran = verify(elsewhere, "--allow-http")
        assert again(ran) == ["verify", elsewhere, "--allow-http", "--pin", published.pin]
        assert verify(elsewhere, "--pin", published.pin, "--allow-http").code == 0


@pytest.mark.parametrize(
    "location", ["https://user:secret@example.net/", "https://", "http://127.0.0.1:99999/", "https://exa mple.net/"]
)
def test_a_url_that_cannot_be_is_told_in_every_form(location: str) -> None:
    text, nagios = verify(location), verify(location, "--format", "nagios")
    assert (text.code, nagios.code) == (3, 3)
    assert text.err.startswith("canary: ")
    assert nagios.out.startswith("CANARY UNKNOWN - ")
    assert "secret" not in text.said + nagios.said


# --- failures of the tool -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--pin", "nonsense"), "--pin: a hash"),
        (("--trust-first-use",), "--trust-first-use needs --state FILE"),
        (
            ("--trust-first-use", "--state", "s", "--at", "2026-02-10T00:00:00Z"),
            "--trust-first-use needs --state FILE, and no --at",
        ),
        (("--ack",), "--ack needs --state FILE"),
        (("--ack", "--state", "s", "--at", "2026-02-10T00:00:00Z"), "--ack needs --state FILE, and no --at"),
        (("--ack", "--state", "s"), "there is nothing to acknowledge"),
        (("--trust-clock",), "--trust-clock needs --state FILE"),
        (("--trust-clock", "--state", "s"), "there is no state yet"),
        (("--roster", "s", "--state", "s"), "a single entry's file is checked by itself, without --state"),
        (("--roster", "nowhere"), "nowhere cannot be read"),
    ],
)
def test_a_failure_is_told_in_the_form_that_was_asked_for_and_leaves_with_3(
    published: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    location = published.public / "canary.txt" if "--roster" in arguments else published.public
    before = tree(tmp_path)
    text, nagios, as_json = (verify(location, *arguments, *form) for form in ((), ("--format", "nagios"), ("--json",)))
    assert (text.code, nagios.code, as_json.code) == (3, 3, 3)
    assert told in text.err
    assert text.out == ""
    assert nagios.out.startswith("CANARY UNKNOWN - ")
    assert told in nagios.out
    assert nagios.out.count("\n") == 1
    document = json.loads(as_json.out)
    assert set(document) == {"format", "status", "exit_code", "error", "advice"}
    assert (document["status"], document["exit_code"], told in document["error"]) == ("UNKNOWN", 3, True)
    (tmp_path / ".s.lock").unlink(missing_ok=True)
    assert tree(tmp_path) == before


def test_a_bar_in_a_message_does_not_begin_performance_data(tmp_path: Path) -> None:
    ran = verify(tmp_path / "a|b", "--format", "nagios")
    assert (ran.code, "|" in ran.out, ran.out.count("\n")) == (3, False, 1)


def test_a_folder_that_is_not_there_is_unknown(published: Publisher, tmp_path: Path) -> None:
    ran = verify(tmp_path / "nowhere", "--pin", published.pin)
    assert (ran.code, "does not exist" in ran.said) == (3, True)


# --- from Python ----------------------------------------------------------------------------------------


def test_the_library_returns_the_verdict_with_its_findings(published: Publisher) -> None:
    verdict = canary.verify(str(published.public), pin=published.pin, now=noon("2026-02-10"))
    assert (verdict.status, verdict.exit_code) == (Status.OK, 0)
    assert [finding.code.spelling for finding in verdict.findings] == ["NO-LOWER-BOUND", "NO-UPPER-BOUND"]
    verdict = canary.verify(str(published.public), now=noon("2026-02-10"))
    assert (verdict.status, f"sha256:{verdict.fingerprint}") == (Status.UNKNOWN, published.pin)
    verdict = canary.verify(str(published.public), pin=published.pin, now=noon("2026-06-10"))
    assert (verdict.status, verdict.exit_code) == (Status.EXPIRED, 2)


def test_the_library_takes_urls_and_bounds_the_time(published: Publisher) -> None:
    with Loopback(served(published)) as server:
        assert canary.verify(server.url, pin=published.pin, now=noon("2026-02-10"), seconds=20).status is Status.OK


def test_the_library_raises_only_for_questions_that_cannot_be_asked(published: Publisher) -> None:
    with pytest.raises(MalformedError, match="sha256:"):
        canary.verify(str(published.public), pin="nonsense", now=noon("2026-02-10"))
    with pytest.raises(ValueError, match="aware"):
        canary.verify(str(published.public), now=noon("2026-02-10").replace(tzinfo=None))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = canary.nothing


def test_the_publishers_own_clock_has_no_part_in_a_verdict(rostered: Publisher) -> None:
    rostered.on("2026-02-03").release(*ADD_ALL)
    rostered.on("2036-01-01")
    assert rostered.verify(at="2026-02-10").code == 0
    assert rostered.verify().code == 2
