"""A message as JSON, for programs; the README has the fields under "What an alert's event holds"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from canary.core.judging.findings import Code, Finding
from canary.core.judging.meaning import meaning_of
from canary.core.text.printable import printable
from canary.core.text.times import format_time
from canary.core.text.wording import SAID, Mark, Passage
from canary.core.watching.alerts import Alert
from canary.core.watching.message import Program
from canary.flows.watch.message_view import commands, marked, organisation
from canary.formats.finding_json import finding_document
from canary.limits import ALERT_CHARACTERS, ALERT_FINDINGS, DIGEST_CHARACTERS, EVENT_BYTES

FORMAT: Final = "canary-alert/v1"
"""The version; within it fields are added and never change their meaning."""

SEVERITIES: Final = {0: "ok", 1: "warning", 2: "critical", 3: "unknown"}
"""What an exit code is called."""

_LINE_CHARACTERS = 300
_encode = msgspec.json.encode


def event_of(alerts: Sequence[Alert], *, id: str, subject: str, program: Program) -> bytes:  # noqa: A002  as it is called
    """Returns the event.

    Args:
        alerts: at least one, the worst first.
        id: the message's id.
        subject: the message's subject.
        program: how this program is called.
    """
    written = list(_within(EVENT_BYTES, alerts, program))
    return _encode(
        {
            "format": FORMAT,
            "id": id,
            "kind": alerts[0].kind if len(alerts) == 1 else "digest",
            "at": format_time(max(each.at for each in alerts)),
            "exit_code": alerts[0].exit_code,
            "severity": SEVERITIES[alerts[0].exit_code],
            "subject": subject,
            "alerts": written,
            "omitted": len(alerts) - len(written),
        }
    )


def _within(most: int, alerts: Sequence[Alert], program: Program) -> Iterator[msgspec.Raw]:
    """Returns alerts as JSON, as many as fit; the first one always does."""
    size = 0
    for each in alerts:
        written = msgspec.Raw(_encode(_alert(each, program, short=len(alerts) > 1)))
        size += len(bytes(written))
        if size > most:
            return
        yield written


def _alert(alert: Alert, program: Program, *, short: bool) -> dict[str, Any]:
    verdict, most = alert.verdict, DIGEST_CHARACTERS if short else ALERT_CHARACTERS
    findings = () if verdict is None else verdict.findings
    return {
        "id": alert.id,
        "kind": alert.kind,
        "at": format_time(alert.at),
        "exit_code": alert.exit_code,
        "severity": SEVERITIES[alert.exit_code],
        "name": _line(alert.name),
        "canary": _line(verdict.canary) if verdict and verdict.canary else None,
        "organisation": organisation(alert) or None,
        "location": _line(alert.location),
        "tags": [_line(each) for each in alert.tags],
        "before": alert.before,
        "after": alert.after,
        "since": format_time(alert.since) if alert.since else None,
        "meaning": meaning_of(alert.after, verdict) if alert.after else None,
        "words": _line(alert.words),
        "findings": [_finding(each, most) for each in findings[:ALERT_FINDINGS]],
        "findings_omitted": max(0, len(findings) - ALERT_FINDINGS),
        "see": commands(alert, program)[0].words,
    }


def _finding(finding: Finding, most: int) -> dict[str, Any]:
    document = {**finding_document(finding), "message": printable(finding.told, most=most)}
    # It is meant for whoever runs `canary verify` by hand.
    del document["advice"]
    return {**document, "statement": _statement(finding, most)}


def _statement(finding: Finding, most: int) -> dict[str, Any] | None:
    """Returns the words of a statement that was reworded or is gone, before and after; None for anything else."""
    says, difference = marked(finding, most=most)
    _, said, words = says.partition(f"{SAID}: ")
    if finding.code is Code.WITHDRAWN and said:
        return {"before": words, "after": None, "difference": []}
    if not difference:
        return None
    return {
        "before": _joined(difference, Mark.ADDED),
        "after": _joined(difference, Mark.REMOVED),
        "difference": [{"mark": each.mark, "words": each.words} for each in difference],
    }


def _joined(difference: tuple[Passage, ...], left_out: Mark) -> str:
    return " ".join(each.words for each in difference if each.mark is not left_out)


def _line(text: str) -> str:
    return printable(text, most=_LINE_CHARACTERS)
