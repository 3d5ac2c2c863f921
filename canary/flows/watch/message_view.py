"""What is told of one alert, in words that are safe wherever they stand; the text and the HTML are made from it.

Names, addresses, organisations and statements come from strangers. Everything that a view holds has gone through
`canary.core.text.printable`: each value is one line, bounded, without a character that hides or breaks anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from canary.core.judging.findings import EXIT_CODES, Code, Finding, Severity, Status
from canary.core.judging.meaning import meaning_of, not_meant_by
from canary.core.judging.verdict import Verdict
from canary.core.text.printable import printable, sentence
from canary.core.text.times import format_time
from canary.core.text.wording import LEGEND, Passage, passages
from canary.core.watching.alerts import Alert, AlertKind
from canary.core.watching.message import Program
from canary.limits import ALERT_CHARACTERS, ALERT_FINDINGS, DIGEST_CHARACTERS, DIGEST_DETAILED, DIGEST_LISTED

_NAME_CHARACTERS = 80
_LINE_CHARACTERS = 300
_REASON_CHARACTERS = 160
_LABELS_COUNTED = 3
_LATE = timedelta(hours=1)
_WORST_FIRST = (2, 3, 1, 0)
_WEIGHTY = {Severity.ALARM, Severity.WARNING, Severity.UNKNOWN}
_STAYS = {Status.INVALID, Status.WITHDRAWN, Status.CHANGED}
_ALARM = 2
_ABOUT_THIS_WATCHER = {
    AlertKind.NETWORK: "this watcher's own network looks broken",
    AlertKind.CLOCK: "this watcher's clock went back",
    AlertKind.TEST: "this is where the alerts of this watcher arrive",
}


class Told(msgspec.Struct, frozen=True):
    """One finding.

    Attributes:
        code: its code and how much it matters.
        says: what it says, in one sentence.
        difference: of a statement that was reworded the words, with what was removed and added.
    """

    code: str
    says: str
    difference: tuple[Passage, ...] = ()


class Command(msgspec.Struct, frozen=True):
    """What a person can do.

    Attributes:
        why: what for.
        words: the command line, as a list of arguments.
    """

    why: str
    words: tuple[str, ...]


class AlertView(msgspec.Struct, frozen=True):
    """One alert.

    Attributes:
        headline: what and who.
        lead: what that means, in one sentence.
        facts: what is known, each with a label.
        findings: what was found.
        others: what stands in the place of the findings that are not told; empty where all are.
        not_meant: what it does not say; empty where there is nothing to be misread.
        commands: what to do next.
    """

    headline: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    findings: tuple[Told, ...]
    others: str
    not_meant: str
    commands: tuple[Command, ...]


class DigestView(msgspec.Struct, frozen=True):
    """Several alerts.

    Attributes:
        headline: how many of what, and the worst.
        lines: one for each of the worst: what and who, and why.
        others: how many have no line; empty where all have one.
        detailed: the worst of all.
        commands: what to do next.
    """

    headline: str
    lines: tuple[tuple[str, str], ...]
    others: str
    detailed: tuple[AlertView, ...]
    commands: tuple[Command, ...]


def worst_first(alerts: Sequence[Alert]) -> list[Alert]:
    """Returns alerts in the order in which a person wants to read them; of equal ones the newest first."""
    return sorted(sorted(alerts, key=lambda each: each.at, reverse=True), key=_rank)


def _rank(alert: Alert) -> tuple[int, int]:
    # Of two that are as bad, the watcher's own network comes first: it explains others.
    status = -1 if alert.after is None else list(Status).index(alert.after)
    return _WORST_FIRST.index(alert.exit_code), status


def label(alert: Alert) -> str:
    """Returns what an alert is called, in one or two words."""
    if alert.after is None:
        return alert.kind.name
    return {
        AlertKind.REMINDER: f"still {alert.after}",
        AlertKind.RECOVERY: f"{alert.after} again",
        AlertKind.AHEAD: "EXPIRES SOON",
    }.get(alert.kind, alert.after.value)


def view_alert(alert: Alert, *, now: datetime, program: Program, short: bool = False) -> AlertView:
    """Returns what is told of an alert.

    Args:
        alert: the alert.
        now: the watcher's clock.
        program: how this program is called.
        short: whether it is one of many.
    """
    findings = _weighty(alert)
    shown = findings[:ALERT_FINDINGS]
    left = len(findings) - len(shown)
    return AlertView(
        headline=headline(alert),
        lead=_lead(alert),
        facts=tuple((name, printable(value, most=_LINE_CHARACTERS)) for name, value in _facts(alert, now) if value),
        findings=tuple(_told(each, most=DIGEST_CHARACTERS if short else ALERT_CHARACTERS) for each in shown),
        others=f"and {left} more" if left else "",
        not_meant="" if alert.after is None else sentence(not_meant_by(alert.after, alert.verdict)),
        commands=commands(alert, program),
    )


def view_digest(alerts: Sequence[Alert], *, now: datetime, program: Program) -> DigestView:
    """Returns what is told of several alerts.

    Args:
        alerts: two or more, the worst first.
        now: the watcher's clock.
        program: how this program is called.
    """
    newest = {each.name: each for each in sorted(alerts, key=lambda each: each.at)}
    counted = Counter(label(each) for each in alerts)
    named = list(counted.items())[:_LABELS_COUNTED]
    counts = [f"{number} {name}" for name, number in named]
    if len(counted) > len(named):
        counts.append(f"{len(alerts) - sum(number for _, number in named)} others")
    left = len(alerts) - DIGEST_LISTED
    return DigestView(
        headline=f"{len(alerts)} alerts: {', '.join(counts)}; worst: {_who(alerts[0]) or label(alerts[0])}",
        lines=tuple((headline(each), _reason(each, newest[each.name])) for each in alerts[:DIGEST_LISTED]),
        others=f"and {left} more alerts that are not shown here" if left > 0 else "",
        detailed=tuple(view_alert(each, now=now, program=program, short=True) for each in alerts[:DIGEST_DETAILED]),
        commands=(Command("Every canary, and how it stands", program.words("watch", "list")),),
    )


def headline(alert: Alert) -> str:
    """Returns what and who: `WITHDRAWN: acme (Example Networks)`."""
    about = _ABOUT_THIS_WATCHER.get(alert.kind)
    if about is not None and not alert.name:
        return f"{label(alert)}: {about}"
    return f"{label(alert)}: {_who(alert)}"


def organisation(alert: Alert) -> str:
    """Returns who publishes the canary that an alert is about; empty where that is not known."""
    known = alert.verdict.organisation if alert.verdict else None
    return printable(known or "", most=_NAME_CHARACTERS)


def commands(alert: Alert, program: Program) -> tuple[Command, ...]:
    """Returns what to do about an alert."""
    if not alert.name:
        return (Command("Every canary, and how it stands", program.words("watch", "list")),)
    name = printable(alert.name, most=_LINE_CHARACTERS)
    see = Command("See more", program.words("watch", "show", name))
    if alert.after is None or alert.kind not in (AlertKind.CHANGE, AlertKind.REMINDER):
        return (see,)
    if alert.after in _STAYS:
        why = f"It stays {alert.after} until a person has read it and says so"
    elif EXIT_CODES[alert.after] == _ALARM:
        why = "Reminders come until a person has read it and says so"
    else:
        return (see,)
    return see, Command(why, program.words("watch", "ack", name, "--status", alert.after, "--note", "…"))


def marked(finding: Finding, *, most: int) -> tuple[str, tuple[Passage, ...]]:
    """Returns what a finding says, and of a rewording the words apart from that, with what was removed and added.

    Args:
        finding: the finding.
        most: how many characters all of it may have.
    """
    told = printable(finding.told, most=most)
    before, legend, difference = told.partition(f" {LEGEND}: ")
    return (before, passages(difference)) if finding.code is Code.REWORDED and legend else (told, ())


def _told(finding: Finding, *, most: int) -> Told:
    says, difference = marked(finding, most=most)
    return Told(f"{finding.code.spelling} ({finding.severity})", sentence(says), difference)


def _weighty(alert: Alert) -> list[Finding]:
    if alert.verdict is None:
        return []
    return [each for each in alert.verdict.findings if each.severity in _WEIGHTY or each.code is Code.RETIRED]


def _who(alert: Alert) -> str:
    name, publisher = printable(alert.name, most=_NAME_CHARACTERS), organisation(alert)
    # The organisation comes last: written from right to left, it would turn around what follows it.
    return f"{name} ({publisher})" if publisher else name


def _lead(alert: Alert) -> str:
    words = printable(alert.words, most=_LINE_CHARACTERS)
    if alert.kind is AlertKind.TEST:
        return sentence(words or "a person asked for it; it says nothing about any canary")
    if alert.kind is AlertKind.AHEAD or alert.after is None:
        return sentence(words)
    means = meaning_of(alert.after, alert.verdict)
    if alert.kind is AlertKind.RECOVERY:
        return sentence(f"{alert.before} is over: {means}")
    return " ".join([sentence(means), *([sentence(words)] if words else [])])


def _reason(alert: Alert, newest: Alert) -> str:
    deciding = () if alert.verdict is None else alert.verdict.deciding()
    found = next((each.told for each in deciding if each.severity is not Severity.OK), "")
    reason = printable(alert.words or found, most=_REASON_CHARACTERS) or _lead(alert)
    return reason if newest is alert or not alert.name else f"{reason} (since then: {label(newest)})"


def _facts(alert: Alert, now: datetime) -> list[tuple[str, str]]:
    verdict = alert.verdict
    facts = [
        ("canary", (verdict.canary if verdict else None) or ""),
        ("publisher", organisation(alert)),
        ("looked at", alert.location),
        ("tags", ", ".join(alert.tags)),
        ("status", _change(alert)),
        ("since", f"{format_time(alert.since)}{_for(now - alert.since)}" if alert.since else ""),
    ]
    if verdict is not None:
        facts += [
            ("checked", _checked(verdict)),
            ("release", _release(verdict)),
            ("edition", _edition(verdict)),
            ("expires", _expires(verdict)),
        ]
    late = now - alert.at > _LATE
    return [*facts, ("decided", f"{format_time(alert.at)}; it comes late, and may have changed" if late else "")]


def _change(alert: Alert) -> str:
    if alert.after is None:
        return ""
    if alert.kind in (AlertKind.REMINDER, AlertKind.AHEAD) or alert.before is alert.after:
        return f"{alert.after}, as before"
    return f"{alert.before} -> {alert.after}" if alert.before else f"{alert.after}, at the first look"


def _checked(verdict: Verdict) -> str:
    if verdict.edition is not None:
        what = "the newest edition"
    elif verdict.log_size:
        what = f"its log of {verdict.log_size} entries"
    else:
        return "nothing yet: it was never had"
    axes = ", ".join(f"{axis} {severity}" for axis, severity in verdict.axes.items())
    return f"{what}, judged at {format_time(verdict.judged_at)}: {axes}"


def _release(verdict: Verdict) -> str:
    subject = verdict.subject
    if subject is None:
        return ""
    signed = _signed(len(subject.signers), subject.roster_signers, subject.threshold)
    return f"{subject.release} of {format_time(subject.issued)}, {signed}"


def _edition(verdict: Verdict) -> str:
    edition = verdict.edition
    if edition is None:
        return ""
    # The file's name comes last: written from right to left, it would turn around what follows it.
    issued = f"of {format_time(edition.issued)}" if edition.issued else "without a date"
    if not edition.threshold:
        return f"{issued}, not signed: {edition.name}"
    return f"{issued}, {_signed(len(edition.signers), edition.pinned_signers, edition.threshold)}: {edition.name}"


def _signed(signers: int, possible: int, needed: int) -> str:
    return f"signed by {signers} of {possible} ({needed} needed)"


def _expires(verdict: Verdict) -> str:
    promise = verdict.promise
    return "" if promise is None or promise.expires is None else format_time(promise.expires)


def _for(time: timedelta) -> str:
    hours = int(time / timedelta(hours=1))
    if hours < 1:
        return ""
    number, unit = (time.days, "day") if time.days else (hours, "hour")
    return f", for {number} {unit}{'s' if number > 1 else ''}"
