"""A verdict for people, for scripts and for monitoring systems.

The JSON document, stable within `format` 1:

- `format`: 1. `location`: what was looked at. `judged_at`: the moment it was judged at.
- `status`, `exit_code`, `meaning`: the one word, its exit code, and the sentence for people.
- `canary`, `organisation`: strings, or null where none was verified. `log_entries`: a number.
- `pin`: `sha256:…` or null. `roster_1`: the fingerprint of roster 1 as it was seen, or null.
- `axes`: `integrity`, `freshness`, `statements`, `time`, each `ok`, `notice`, `warning`, `alarm` or `unknown`.
- `release`: null, or `number`, `entry`, `text`, `period`, `issued`, `next` (`opens` and `last`, or null),
  `expires` (or null), `signers`, `threshold`, `roster_signers`, `statements` (`id@vN`), `not_before` and `not_after`
  (when it was signed, as far as that is proved, each a time or null), and `signature_times`: the times that OpenPGP
  signatures state themselves, by signer; claims, and no proof.
- `edition`: of a canary in another format than this project's own the newest edition that was accepted, else null
  (`canary.cli.editions`).
- `findings`: a list of `code`, `axis`, `severity`, `message`, `advice`, `entry` (a number or null), `sticky`.

Where the tool itself fails, the document has `format`, `status`, `exit_code`, `error` and `advice` instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from canary.cli.editions import edition_document, tell_edition
from canary.cli.formats import FORMAT, nagios_line
from canary.cli.talk import say
from canary.core.judging.findings import Finding, Severity
from canary.core.judging.meaning import meaning_of
from canary.core.judging.verdict import Subject, Verdict
from canary.core.text.printable import printable, sentence
from canary.core.text.strict import hash_field
from canary.core.text.times import format_time
from canary.formats.finding_json import finding_document

_COLOURS = {0: "green", 1: "yellow", 2: "red", 3: "magenta"}
_SHORT = 12
_NAME_CHARACTERS = 80


def meaning(verdict: Verdict) -> str:
    """Returns what the status means, in one sentence without a full stop."""
    return meaning_of(verdict.status, verdict)


def document(verdict: Verdict, location: str) -> dict[str, Any]:
    """Returns the JSON document that the module describes."""
    return {
        "format": FORMAT,
        "location": location,
        "judged_at": format_time(verdict.judged_at),
        "status": verdict.status.value,
        "exit_code": verdict.exit_code,
        "meaning": meaning(verdict),
        "canary": verdict.canary,
        "organisation": verdict.organisation,
        "log_entries": verdict.log_size,
        "pin": hash_field(verdict.pin) if verdict.pin else None,
        "roster_1": hash_field(verdict.fingerprint) if verdict.fingerprint else None,
        "axes": {axis.value: severity.value for axis, severity in verdict.axes.items()},
        "release": _release(verdict.subject, verdict) if verdict.subject else None,
        "edition": edition_document(verdict.edition, verdict) if verdict.edition else None,
        "findings": [finding_document(each) for each in verdict.findings],
    }


def nagios(verdict: Verdict) -> str:
    """Returns the one line for a monitoring system, with the whole days until expiry as performance data."""
    name = verdict.canary or (printable(verdict.edition.name, most=_NAME_CHARACTERS) if verdict.edition else "canary")
    reasons = "; ".join(each.told for each in verdict.deciding()) or meaning(verdict)
    data = {}
    promise = verdict.promise
    if promise is not None and promise.expires is not None:
        data["days_to_expiry"] = str((promise.expires - verdict.judged_at).days)
    return nagios_line(verdict.exit_code, f"{name} {verdict.status}: {reasons}", data)


def tell(verdict: Verdict, *, again: Sequence[str], tried: bool) -> None:
    """Prints a verdict for people.

    Args:
        verdict: the verdict.
        again: the words of the same command line, without a pin.
        tried: whether a site was asked, once, and others might answer differently later.
    """
    tell_verdict(verdict)
    if verdict.pin is None and verdict.fingerprint is not None:
        _tell_how_to_pin(verdict.fingerprint, again)
    if tried:
        click.echo()
        say("Looked at once, from this machine.")


def tell_verdict(verdict: Verdict) -> None:
    """Prints what a verdict says, and nothing of how it came about."""
    tell_status(verdict)
    click.echo()
    if verdict.canary:
        say(f"  canary      {verdict.canary}" + (f" ({verdict.organisation})" if verdict.organisation else ""))
    if verdict.subject is not None:
        _tell_release(verdict.subject)
    if verdict.edition is not None:
        tell_edition(verdict.edition, verdict)
    for axis, severity in verdict.axes.items():
        click.echo(f"  {axis.value:<11} {severity.value}")
    if verdict.findings:
        click.echo()
    for finding in verdict.findings:
        tell_finding(finding)


def _release(subject: Subject, verdict: Verdict) -> dict[str, Any]:
    window = None
    if subject.next is not None:
        window = {"opens": subject.next[0].isoformat(), "last": subject.next[1].isoformat()}
    return {
        "number": subject.release,
        "entry": subject.entry,
        "text": hash_field(subject.text_sha256),
        "period": subject.period.isoformat(),
        "issued": format_time(subject.issued),
        "next": window,
        "expires": format_time(subject.expires) if subject.expires else None,
        "signers": list(subject.signers),
        "threshold": subject.threshold,
        "roster_signers": subject.roster_signers,
        "statements": list(subject.statements),
        "not_before": format_time(verdict.not_before) if verdict.not_before else None,
        "not_after": format_time(verdict.not_after) if verdict.not_after else None,
        "signature_times": {name: format_time(moment) for name, moment in subject.claimed_times},
    }


def _tell_release(subject: Subject) -> None:
    say(f"  release     {subject.release}, issued {format_time(subject.issued)}, for the window of {subject.period}")
    say(
        f"  signed by   {', '.join(subject.signers)} ({len(subject.signers)} of {subject.roster_signers}; "
        f"{subject.threshold} needed)"
    )
    if subject.claimed_times:
        times = ", ".join(f"{format_time(moment)} by {name}" for name, moment in subject.claimed_times)
        say(f"  claimed     signed {times} (an OpenPGP signature's own time)")
    say(f"  statements  {', '.join(subject.statements)} (their words: canary.txt)")
    if subject.next is not None and subject.expires is not None:
        say(f"  next        {subject.next[0]} to {subject.next[1]}; stale from {format_time(subject.expires)}")


def tell_status(verdict: Verdict) -> None:
    """Prints the one word and what it means."""
    word = click.style(verdict.status.value, fg=_COLOURS[verdict.exit_code], bold=True)
    click.echo(f"{word}: {meaning(verdict)}.")


def tell_finding(finding: Finding) -> None:
    """Prints a finding with its advice."""
    colour = {Severity.ALARM: "red", Severity.WARNING: "yellow", Severity.UNKNOWN: "magenta"}.get(finding.severity)
    click.echo(f"  {click.style(finding.code.spelling, fg=colour)} ({finding.severity.value})")
    say(f"    {sentence(finding.told)}")
    if finding.advice:
        say(f"    {finding.advice}")


def _tell_how_to_pin(fingerprint: str, again: Sequence[str]) -> None:
    import shlex  # noqa: PLC0415  # a look with a pin needs none

    pin = hash_field(fingerprint)
    click.echo()
    say(f"The fingerprint of roster 1 here is {pin}.")
    say(
        "Compare it with what the organisation says over another channel: in print, by telephone, on a site of its "
        "own. If it is the same, run again:"
    )
    click.echo(f"  {shlex.join([*again, '--pin', pin])}")
