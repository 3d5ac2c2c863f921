"""What a person and a program are told: each kind of alert, digests, and whatever strangers may have written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.documents.release import Statement
from canary.core.documents.statements import Change
from canary.core.judging.findings import Code, Finding, Status
from canary.core.judging.meaning import MEANINGS, NOT_MEANT
from canary.core.judging.verdict import Verdict
from canary.core.text.characters import allowed
from canary.core.watching.alerts import Alert, AlertKind
from canary.core.watching.message import Message, Program
from canary.flows.watch.message import message_of
from canary.limits import ALERT_FINDINGS, DIGEST_DETAILED, DIGEST_LISTED, EVENT_BYTES, SUBJECT_CHARACTERS
from tests.remembered import DAY, HOUR, NOW, OK, UNREACHABLE, WITHDRAWN, alert
from tests.strategies import moments, verdicts

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
OLD = Statement("taps", 1, "Nobody but us has ever\ninstalled equipment.")
NEW = Statement("taps", 2, "Nobody but us and our carriers has installed equipment.")
REWORDED = replace(OK, findings=(Change(Code.REWORDED, OLD, NEW, 5, 7).finding(),))
GONE = replace(WITHDRAWN, findings=(Change(Code.WITHDRAWN, OLD, None, 5, 7).finding(),), organisation="Example GmbH")
EXPIRED = replace(OK, findings=(Finding(Code.EXPIRED, "release 4 expired on 2026-11-20"),))
DUE = replace(OK, findings=(Finding(Code.DUE, "the window is open"),))


def told(kind: AlertKind = AlertKind.CHANGE, after: Status = Status.WITHDRAWN, **fields: Any) -> Alert:  # noqa: ANN401
    """Returns an alert about `one`."""
    return replace(alert(kind=kind), **{"after": after, "verdict": GONE, "words": "", **fields})


NETWORK = Alert("a" * 32, AlertKind.NETWORK, NOW, words="60 of the 100 canaries could not be reached")
TEST = Alert("b" * 32, AlertKind.TEST, NOW)


def message(*alerts: Alert, now: timedelta = timedelta(0), command: str = "canary") -> Message:
    return message_of(alerts, now=NOW + now, program=Program(command))


def event(*alerts: Alert) -> Any:  # noqa: ANN401  JSON
    return json.loads(message(*alerts).event)


# --- each kind ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "headline", "lead", "exit_code"),
    [
        (
            told(),
            "WITHDRAWN: one (Example GmbH)",
            "A statement that was made before is not made any more.",
            2,
        ),
        (
            told(AlertKind.REMINDER),
            "still WITHDRAWN: one (Example GmbH)",
            "A statement that was made before is not made any more.",
            2,
        ),
        (
            told(AlertKind.RECOVERY, Status.OK, before=Status.MISSING, verdict=OK),
            "OK again: one (Beispiel — “GmbH”)",
            "MISSING is over: it is valid, complete and fresh.",
            0,
        ),
        (
            told(AlertKind.AHEAD, Status.DUE, before=Status.DUE, verdict=DUE, words="release 4 expires in 7 days"),
            "EXPIRES SOON: one (Beispiel — “GmbH”)",
            "Release 4 expires in 7 days.",
            1,
        ),
        (
            told(after=Status.UNREACHABLE, verdict=UNREACHABLE, words="it is flapping: its status has changed 4 times"),
            "UNREACHABLE: one",
            "One could not look; what was seen before is still fresh. It is flapping: its status has changed 4 times.",
            1,
        ),
        (
            NETWORK,
            "NETWORK: this watcher's own network looks broken",
            "60 of the 100 canaries could not be reached.",
            1,
        ),
        (
            TEST,
            "TEST: this is where the alerts of this watcher arrive",
            "A person asked for it; it says nothing about any canary.",
            0,
        ),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Alert) else "",
)
def test_the_first_lines_say_what_and_who(given_: Alert, headline: str, lead: str, exit_code: int) -> None:
    made = message(given_)
    assert made.subject == headline
    assert " ".join(made.text.split("\n\n")[0].split()) == f"{headline} {lead}"
    assert f"<h1><bdi>{headline.replace(chr(39), '&#39;')}</bdi></h1>" in made.html
    assert (made.id, made.at, made.exit_code) == (given_.id, NOW, exit_code)


def test_an_alert_says_what_changed_what_was_checked_and_since_when() -> None:
    text = message(told(), now=3 * DAY).text
    for line in (
        "  canary      example.net/canary",
        "  looked at   https://one.example/canary/",
        "  status      OK -> WITHDRAWN",
        "  since       2026-11-24T12:00:00Z, for 3 days",
        "  checked     its log of 7 entries, judged at 2026-11-24T12:00:00Z: integrity",
        "  release     4 of 2026-11-04T12:00:00Z, signed by 2 of 3 (2 needed)",
        "  decided     2026-11-24T12:00:00Z; it comes late, and may have changed",
        "  WITHDRAWN (alarm)",
        "It does not say why: no reason is given, and none is guessed here.",
        "  canary watch show one",
        "  canary watch ack one --status WITHDRAWN --note '…'",
    ):
        assert line in text.splitlines()
    assert "The statement taps is gone from release 5; it said: " + " ".join(OLD.words.split()) in flat(text)


@pytest.mark.parametrize(
    ("given_", "asked"),
    [
        (told(), True),
        (told(after=Status.CHANGED, verdict=REWORDED), True),
        (told(AlertKind.REMINDER, Status.EXPIRED, verdict=EXPIRED), True),
        (told(after=Status.UNREACHABLE, verdict=UNREACHABLE), False),
        (told(AlertKind.RECOVERY, Status.OK, verdict=OK), False),
        (told(AlertKind.AHEAD, Status.OVERDUE, verdict=OK, words="soon"), False),
    ],
)
def test_a_person_is_asked_to_acknowledge_what_waits_for_that(given_: Alert, *, asked: bool) -> None:
    assert ("watch ack one" in message(given_).text) is asked


def test_commands_can_be_pasted_into_a_shell() -> None:
    assert "\n  '/opt/my canary' watch show one\n" in message(told(), command="/opt/my canary").text


def test_old_and_new_wording_are_marked() -> None:
    made = message(told(after=Status.CHANGED, verdict=REWORDED))
    assert "Nobody but us {+and our carriers+} has [-ever-] installed equipment." in flat(made.text)
    assert "Nobody but us <ins>and our carriers</ins> has <del>ever</del> installed equipment." in flat(made.html)
    (alert_,) = json.loads(made.event)["alerts"]
    assert alert_["findings"][0]["statement"] == {
        "before": " ".join(OLD.words.split()),
        "after": NEW.words,
        "difference": [
            {"mark": "same", "words": "Nobody but us"},
            {"mark": "added", "words": "and our carriers"},
            {"mark": "same", "words": "has"},
            {"mark": "removed", "words": "ever"},
            {"mark": "same", "words": "installed equipment."},
        ],
    }


def test_a_statement_cannot_pretend_to_be_a_difference() -> None:
    new = replace(NEW, words="We have {+never+} been [-asked-].")
    changed = replace(OK, findings=(Change(Code.REWORDED, OLD, new, 5, 7).finding(),))
    html = message(told(after=Status.CHANGED, verdict=changed)).html
    assert "<ins>never" not in html
    assert "<del>asked" not in html


def test_the_words_of_a_long_rewording_are_cut_and_their_marks_are_not() -> None:
    old, new = replace(OLD, words="never " * 5_000), replace(NEW, words="often " * 4_000)
    changed = replace(OK, findings=(Change(Code.REWORDED, old, new, 5, 7).finding(),))
    made = message(told(after=Status.CHANGED, verdict=changed))
    assert flat(made.text).count("[-never") == flat(made.text).count("…-]") == 1
    assert len(made.text) < 8_000


@pytest.mark.parametrize("status", Status)
def test_every_status_says_what_it_means_and_what_it_does_not(status: Status) -> None:
    text = flat(message(told(after=status)).text).lower()
    assert MEANINGS[status] in text
    assert NOT_MEANT[status] in text
    assert "warrant" not in text


# --- digests --------------------------------------------------------------------------------------------


def many(number: int) -> list[Alert]:
    wanted = [(Status.OVERDUE, OK), (Status.INVALID, GONE), (Status.EXPIRED, EXPIRED), (Status.UNKNOWN, UNREACHABLE)]
    return [
        told(id=f"{each:032x}", name=f"n{each}", after=wanted[each % 4][0], verdict=wanted[each % 4][1])
        for each in range(number)
    ]


def test_a_digest_begins_with_the_worst_and_counts() -> None:
    made = message(told(AlertKind.RECOVERY, Status.OK, verdict=OK, name="fine"), *many(4), NETWORK)
    assert made.subject == "6 alerts: 1 INVALID, 1 EXPIRED, 1 UNKNOWN, 3 others; worst: n1 (Example GmbH)"
    listed = re.findall(r"^- (\S+)", made.text, re.MULTILINE)
    assert listed == ["INVALID:", "EXPIRED:", "UNKNOWN:", "NETWORK:", "OVERDUE:", "OK"]
    assert made.exit_code == 2
    assert [each["name"] for each in json.loads(made.event)["alerts"]] == ["n1", "n2", "n3", "", "n0", "fine"]


def test_a_digest_of_many_alerts_stays_readable() -> None:
    made = message(*many(500))
    assert len(re.findall(r"^- ", made.text, re.MULTILINE)) == DIGEST_LISTED
    assert "and 450 more alerts that are not shown here\n" in made.text
    assert "\n  canary watch list\n" in made.text
    assert made.text.count("What was found:") == made.html.count("<table>") == DIGEST_DETAILED
    assert len(made.text.encode()) < 20_000
    document = json.loads(made.event)
    assert (document["kind"], document["omitted"]) == ("digest", 0)
    assert {each["id"] for each in document["alerts"]} == {each.id for each in many(500)}


def test_a_digest_says_what_has_changed_since() -> None:
    gone = told(id="1" * 32)
    back = told(AlertKind.RECOVERY, Status.OK, id="2" * 32, at=NOW + HOUR, verdict=OK, before=Status.WITHDRAWN)
    text = flat(message(gone, back).text)
    assert "equipment. (since then: OK again)" in text
    assert text.count("since then") == 1


def test_a_digest_has_one_id_whatever_the_order() -> None:
    first, second, third = many(3)
    assert message(first, second).id == message(second, first).id != message(first, third).id
    assert re.fullmatch("[0-9a-f]{32}", message(first, second).id)


@pytest.mark.parametrize("number", [1, 500])
def test_whatever_strangers_write_a_message_is_bounded(number: int) -> None:
    long = "\u202e" * 30_000
    huge = replace(OK, organisation=long, findings=tuple(Finding(Code.MALFORMED, long, each) for each in range(200)))
    alerts = [replace(each, name=long, location=long, words=long, verdict=huge) for each in many(number)]
    made = message(*alerts)
    assert len(made.subject) == SUBJECT_CHARACTERS
    assert len(made.text) < 100_000
    assert len(made.html) < 120_000
    assert len(made.event) < EVENT_BYTES + 2_000
    document = json.loads(made.event)
    assert document["omitted"] == number - len(document["alerts"]) == (0 if number == 1 else document["omitted"])
    assert len(document["alerts"][0]["findings"]) == ALERT_FINDINGS
    assert document["alerts"][0]["findings_omitted"] == 200 - ALERT_FINDINGS


# --- the event ------------------------------------------------------------------------------------------


def test_the_readme_names_every_field_of_an_event() -> None:
    part = README.split("\n### What an alert's event holds\n", 1)[1].split("\n#", 1)[0]
    named = set(re.findall(r"`([a-z_]+)`", part))
    document = event(told(after=Status.CHANGED, verdict=REWORDED))
    fields = {key for each in _objects(document) for key in each}
    assert fields <= named
    assert f"`{document['format']}`" in part


def _objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  JSON
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)


def test_an_event_holds_the_alert() -> None:
    document = event(told())
    (held,) = document.pop("alerts")
    assert document == {
        "format": "canary-alert/v1",
        "id": held["id"],
        "kind": "change",
        "at": "2026-11-24T12:00:00Z",
        "exit_code": 2,
        "severity": "critical",
        "subject": "WITHDRAWN: one (Example GmbH)",
        "omitted": 0,
    }
    (finding,) = held.pop("findings")
    assert finding.pop("statement")["before"] == " ".join(OLD.words.split())
    assert set(finding) == {"code", "axis", "severity", "message", "entry", "sticky"}
    assert held == {
        "id": alert().id,
        "kind": "change",
        "at": "2026-11-24T12:00:00Z",
        "exit_code": 2,
        "severity": "critical",
        "name": "one",
        "canary": "example.net/canary",
        "organisation": "Example GmbH",
        "location": "https://one.example/canary/",
        "tags": ["vpn"],
        "before": "OK",
        "after": "WITHDRAWN",
        "since": "2026-11-24T12:00:00Z",
        "meaning": "a statement that was made before is not made any more",
        "words": "",
        "findings_omitted": 0,
        "see": ["canary", "watch", "show", "one"],
    }


# --- strangers ------------------------------------------------------------------------------------------

ELEMENTS = set(
    "html head meta title style body h1 h2 p table tr th td bdi ul li br del ins pre".split()  # noqa: SIM905
)
ATTRIBUTES = {
    ("html", "lang"),
    ("meta", "charset"),
    ("meta", "http-equiv"),
    ("meta", "name"),
    ("meta", "content"),
}
anything = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(
    [
        "x\r\nBcc: everybody@example.net",
        "\x1b]0;owned\x07\x1b[2J",
        "\u202egnp.exe\u2066\u200b\ufeff",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "</title></style></bdi><a href='javascript:alert(1)'>here</a>",
        "{{ 7 * 7 }}{% raw %}&lt;b&gt;",
        "[-a-] {+b+} ([-removed-], {+added+}): [-",
        "\ud800\udfff",
    ]
)
hostile_findings = st.builds(Finding, st.sampled_from(Code), anything) | st.builds(
    lambda before, after: Change(Code.REWORDED, Statement("a", 1, before), Statement("a", 2, after), 1, 1).finding(),
    anything,
    anything,
)


@st.composite
def hostile_verdicts(draw: st.DrawFn) -> Verdict:
    findings = draw(st.lists(hostile_findings, max_size=4).map(tuple))
    return replace(draw(verdicts), organisation=draw(anything), canary=draw(anything), findings=findings)


hostile_alerts = st.builds(
    Alert,
    st.binary(min_size=16, max_size=16).map(bytes.hex),
    st.sampled_from(AlertKind),
    moments,
    anything,
    st.lists(anything, max_size=2).map(tuple),
    anything,
    st.none() | st.sampled_from(Status),
    st.none() | st.sampled_from(Status),
    st.none() | moments,
    st.none() | hostile_verdicts(),
    anything,
)


class Page(HTMLParser):
    """What is in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def flat(text: str) -> str:
    return " ".join(text.split())


@given(st.lists(hostile_alerts, min_size=1, max_size=3), moments, anything)
def test_nothing_that_a_stranger_wrote_is_more_than_words(alerts: list[Alert], now: Any, command: str) -> None:  # noqa: ANN401
    made = message_of(alerts, now=now, program=Program(command, (command,)))
    assert 0 < len(made.subject) <= SUBJECT_CHARACTERS
    assert made.subject.isprintable()
    assert all(map(allowed, made.subject))
    assert made.text.endswith("\n")
    assert all(map(allowed, made.text.replace("\n", "")))
    page = Page(made.html)
    assert page.elements <= ELEMENTS
    assert page.attributes <= ATTRIBUTES
    assert page.open == []
    made.html.encode()
    assert all(map(allowed, made.event.decode()))


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    html = message(told()).html
    assert "default-src 'none'" in html.replace("&#39;", "'")
    assert not re.search(r"(src|href|url\()", html.partition("<body>")[2])
