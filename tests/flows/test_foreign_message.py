"""Alerts on foreign canaries: they say what those on native ones say, and what a page without signatures does not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

from canary.core.foreign.edition import Remark
from canary.core.foreign.pinned import Format
from canary.core.judging.findings import Status
from canary.core.judging.meaning import MEANINGS, NOT_MEANT, meaning_of, not_meant_by
from canary.core.judging.verdict import Verdict
from canary.core.text.printable import sentence
from canary.core.watching.alerts import AlertKind
from canary.core.watching.message import Message, Program
from canary.core.watching.summary import Lasting
from canary.flows.watch.message import message_of
from tests.foreign_watch import DAY, NEW_YEAR, PROFILE, WORDS, Watch, edition, pinned, text
from tests.remembered import NOW, alert

GOOD = ("legal", "security")


def signed(words: tuple[str, ...]) -> Verdict:
    """Returns the verdict on an edition with these statements, after one with all of them."""
    watch = Watch(now=NEW_YEAR + DAY)
    watch.look(edition(text(1, "2026-01-01", "first week of February 2026"), *GOOD, at=NEW_YEAR))
    watch.now += 31 * DAY
    following = text(2, "2026-02-01", "first week of March 2026", words=words)
    return watch.look(edition(following, *GOOD, at=NEW_YEAR + 31 * DAY))


def page(words: str) -> Verdict:
    profile = PROFILE.replace('kind = "numbered"\nends = ["--"]', 'kind = "pinned"')
    watch = Watch(pinned(0, format=Format.PAGE, signers=(), profile_text=profile))
    unsigned = ((Remark.NOT_SIGNED, ""),)
    watch.look(edition("\n".join(WORDS), name="report.html", remarks=unsigned))
    return watch.look(edition(words, name="report.html", remarks=unsigned))


def message(verdict: Verdict, kind: AlertKind = AlertKind.CHANGE) -> Message:
    made = replace(alert(kind=kind), after=verdict.status, verdict=verdict, words="", location="https://example.net/c")
    return message_of([made], now=NOW, program=Program("canary"))


def flat(message: Message) -> str:
    return " ".join(message.text.split())


def test_a_withdrawal_is_told_as_that_of_a_native_canary() -> None:
    verdict = signed(WORDS[:1])
    told, event = flat(message(verdict)), json.loads(message(verdict).event)
    assert f"the statement 2 is gone; it said: {WORDS[1]}".casefold() in told.casefold()
    assert sentence(MEANINGS[Status.WITHDRAWN]) in told
    assert sentence(NOT_MEANT[Status.WITHDRAWN]) in told
    assert "checked the newest edition, judged at 2026-02-02T00:00:00Z: integrity" in told
    assert "edition of 2026-02-01T12:00:00Z, signed by 2 of 3 (2 needed): canary.txt" in told
    assert "expires 2026-03-18T00:00:00Z" in told
    (finding,) = [each for each in event["alerts"][0]["findings"] if each["code"] == "WITHDRAWN"]
    assert finding["statement"] == {"before": WORDS[1], "after": None, "difference": []}
    assert finding["sticky"]


def test_a_rewording_shows_its_words() -> None:
    verdict = signed(("We have never handed over any key.", WORDS[1]))
    (finding,) = json.loads(message(verdict).event)["alerts"][0]["findings"][:1]
    assert finding["statement"]["before"] == WORDS[0]
    assert finding["statement"]["after"] == "We have never handed over any key."
    assert "[-a-] {+any+}" in flat(message(verdict))


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("\n".join(WORDS), Status.OK),
        (WORDS[0], Status.WITHDRAWN),
        ("\n".join((WORDS[0], WORDS[1].replace("a log", "any log"))), Status.CHANGED),
    ],
)
def test_of_a_page_it_is_said_that_nothing_is_signed(words: str, status: Status) -> None:
    verdict = page(words)
    assert verdict.status is status
    told = flat(message(verdict))
    assert "not signed: report.html" in told
    assert "nothing of" in meaning_of(status, verdict)
    assert sentence(meaning_of(status, verdict)) in told
    assert sentence(not_meant_by(status, verdict)) in told
    assert sentence(NOT_MEANT[status]) not in told
    assert json.loads(message(verdict).event)["alerts"][0]["meaning"] == meaning_of(status, verdict)


def test_a_page_means_the_same_where_only_time_or_a_host_speaks() -> None:
    verdict = page("\n".join(WORDS))
    for status in (Status.EXPIRED, Status.OVERDUE, Status.MISSING, Status.UNREACHABLE):
        assert (meaning_of(status, verdict), not_meant_by(status, verdict)) == (MEANINGS[status], NOT_MEANT[status])


def test_a_foreign_canary_expires_without_being_looked_at() -> None:
    verdict = signed(WORDS)
    lasting = Lasting.of(verdict)
    expires = verdict.promise.expires if verdict.promise else None
    assert expires is not None
    assert lasting.expires == expires
    assert lasting.status(expires - timedelta(seconds=1)) is Status.OVERDUE
    assert lasting.status(expires) is Status.EXPIRED
