"""A release explained, for people and for scripts.

The JSON document of `canary explain`, stable within `format` 1:

- `format`: 1. `location`: what was looked at. `judged_at`: the moment it was judged at.
- `status`, `exit_code`, `meaning`: those of the verdict on the canary, as `canary verify` has them. `reasons`: what the
  findings say that decided it.
- `canary`, `organisation`: strings, or null where none was verified. `pin` and `roster_1`: `sha256:…` or null.
- `releases`: how many releases the log has, as far as it holds.
- `release`: null where the one that was asked for is not among them. Otherwise `number`, `entry` (its number in the
  log), `newest` (whether it is the newest, which the verdict speaks of), `text` and `entry_hash` (`sha256:…`),
  `issued`, `signers` (those that count), and `not_before` and `not_after`: when it was signed, as far as that is proved
  (each a time or null).
- `proved`, `not_proved`: what is proved of that, and what is not, a sentence each; null without a release.
- `timestamps_looked_for`: whether the timestamps beside it were; they are not where the canary does not hold.
- `timeline`: a list of events in order of time, those without a time at the end: `time` (or null), `footing` (`proved`,
  `claim`, `schedule`, `not checked` or `does not hold`), `what`, `rests_on` (may be empty).
- `no_time_of_their_own`: the signers whose signatures say nothing of their time.
- `findings`: what the rules say of its time: a list of `code`, `severity`, `message`, `advice`.
- `checks`: how other tools check it: a list of `title`, `note` (may be empty), and `commands`, each with `line` (words
  as a POSIX shell reads them) and `expect`. `files`: the files that they take; `saved`: the folder that these lie in,
  or null.
- `next`: what to do next.

Where the tool itself fails, the document is that of `canary.cli.formats` instead.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, NamedTuple

import click

from canary.cli.formats import FORMAT
from canary.cli.talk import say, say_next
from canary.cli.verdicts import meaning, tell_finding, tell_status
from canary.core.dating.timeline import Event, Footing, Timeline, not_proved, proved, timeline
from canary.core.judging.findings import Severity, Status
from canary.core.text.strict import digest, hash_field
from canary.core.text.times import format_time
from canary.flows.watch.crosscheck import Check
from canary.flows.watch.explain import Examined, Explanation

_COLOURS = {Footing.PROVED: "green", Footing.WRONG: "red"}


class Told(NamedTuple):
    """Everything that is printed.

    Attributes:
        explanation: what was found.
        location: what was looked at.
        wanted: the number of the release that was asked for; None for the newest.
        checks: how other tools check it.
        files: the names of the files that they take.
        saved: the folder that these were written into.
        options: the other options, as they were typed: how it was reached, and whose word counts.
    """

    explanation: Explanation
    location: str
    wanted: int | None
    checks: tuple[Check, ...]
    files: tuple[str, ...]
    saved: Path | None
    options: tuple[str, ...]


def tell(told: Told) -> None:
    """Prints an explanation for people."""
    verdict, examined = told.explanation.verdict, told.explanation.examined
    tell_status(verdict)
    if verdict.exit_code:
        click.echo()
        for finding in verdict.deciding():
            tell_finding(finding)
    click.echo()
    if examined is None:
        say(_nothing(told))
    else:
        _tell_release(told, examined)
        _tell_timeline(_timeline(examined), looked=examined.looked)
        _tell_sum(examined)
        _tell_checks(told)
    say_next(_next(told))


def document(told: Told) -> dict[str, Any]:
    """Returns the JSON document that the module describes."""
    verdict, examined = told.explanation.verdict, told.explanation.examined
    line = None if examined is None else _timeline(examined)
    return {
        "format": FORMAT,
        "location": told.location,
        "judged_at": format_time(verdict.judged_at),
        "status": verdict.status.value,
        "exit_code": verdict.exit_code,
        "meaning": meaning(verdict),
        "reasons": [each.told for each in verdict.deciding()],
        "canary": verdict.canary,
        "organisation": verdict.organisation,
        "pin": hash_field(verdict.pin) if verdict.pin else None,
        "roster_1": hash_field(verdict.fingerprint) if verdict.fingerprint else None,
        "releases": told.explanation.releases,
        "release": _release(told, examined) if examined else None,
        "proved": proved(examined.timing) if examined else None,
        "not_proved": not_proved(examined.timing) if examined else None,
        "timestamps_looked_for": examined is not None and examined.looked,
        "timeline": [
            {
                "time": format_time(each.moment) if each.moment else None,
                "footing": each.footing.value,
                "what": each.what,
                "rests_on": each.rests_on,
            }
            for each in ((*line.events, *line.timeless) if line else ())
        ],
        "no_time_of_their_own": list(line.silent) if line else [],
        "findings": [
            {
                "code": each.code.spelling,
                "severity": each.severity.value,
                "message": each.message,
                "advice": each.advice,
            }
            for each in (examined.findings if examined else ())
        ],
        "checks": [
            {
                "title": check.title,
                "note": check.note,
                "commands": [{"line": each.line, "expect": each.expect} for each in check.commands],
            }
            for check in told.checks
        ],
        "files": list(told.files),
        "saved": None if told.saved is None else str(told.saved),
        "next": _next(told),
    }


def _timeline(examined: Examined) -> Timeline:
    return timeline(examined.release, examined.admitted.roster, examined.admitted.tally, examined.timing)


def _release(told: Told, examined: Examined) -> dict[str, Any]:
    release, timing = examined.release, examined.timing
    return {
        "number": release.number,
        "entry": release.entry,
        "newest": release.number == told.explanation.releases,
        "text": hash_field(examined.admitted.entry.text_hash),
        "entry_hash": hash_field(digest(examined.admitted.data)),
        "issued": format_time(release.issued),
        "signers": list(examined.admitted.tally.signed),
        "not_before": format_time(timing.not_before) if timing.not_before else None,
        "not_after": format_time(timing.not_after) if timing.not_after else None,
    }


# --- for people -----------------------------------------------------------------------------------------


def _nothing(told: Told) -> str:
    releases = told.explanation.releases
    if releases:
        return f"There is no release {told.wanted} here: the log, as far as it holds, has releases 1 to {releases}."
    return "There is no release here that could be explained."


def _tell_release(told: Told, examined: Examined) -> None:
    verdict, release, admitted = told.explanation.verdict, examined.release, examined.admitted
    if verdict.status is Status.INVALID:
        say("What follows is only of what did hold.")
    if release.number != told.explanation.releases:
        say(f"What is said above is of the newest release, {told.explanation.releases}; what follows, of an older one.")
    organisation = f" ({verdict.organisation})" if verdict.organisation else ""
    say(f"  canary      {release.canary}{organisation}")
    say(f"  release     {release.number}, entry {release.entry} of its log, for the window of {release.period}")
    say(f"  signed by   {', '.join(admitted.tally.signed)} ({admitted.tally.threshold} needed)")


def _tell_timeline(line: Timeline, *, looked: bool) -> None:
    click.echo("\nWhat happened when (times in UTC)\n")
    for event in line.events:
        _tell_event(event)
    if line.timeless:
        click.echo("\nWithout a time\n")
        for event in line.timeless:
            _tell_event(event)
    click.echo()
    if line.silent:
        say(f"Ed25519 signatures have no time of their own; of such a kind are those of {', '.join(line.silent)}.")
    if not looked:
        say("Timestamps were not looked for, because the canary does not hold.")


def _tell_event(event: Event) -> None:
    moment = f"{event.moment:%Y-%m-%d %H:%M:%S}  " if event.moment else ""
    footing = click.style(event.footing.value, fg=_COLOURS.get(event.footing))
    click.echo(f"  {moment}{footing}")
    say(f"    {event.what}.")
    if event.rests_on:
        say(f"    It rests on {event.rests_on}.")


def _tell_sum(examined: Examined) -> None:
    click.echo()
    say(f"{proved(examined.timing)}.")
    say(f"{not_proved(examined.timing)}.")
    weighing = [each for each in examined.findings if each.severity is not Severity.OK]
    if weighing:
        click.echo("\nWhat the rules say of it\n")
    for finding in weighing:
        tell_finding(finding)


def _tell_checks(told: Told) -> None:
    click.echo("\nTo check it with other tools")
    if told.saved is None:
        say("The commands take files, which --save FOLDER writes, and are run in that folder.")
    else:
        say(f"The commands take the files in {told.saved}, and are run there.")
    for check in told.checks:
        click.echo()
        say(f"  {check.title}")
        if check.note:
            say(f"  {check.note}")
        for command in check.commands:
            click.echo(f"    $ {command.line}")
            say(f"      prints {command.expect}.")


def _next(told: Told) -> str:
    verdict, wanted = told.explanation.verdict, told.wanted
    advice = next((each.advice for each in verdict.deciding() if each.advice), "")
    if verdict.exit_code and advice:
        return advice[0].lower() + advice[1:].removesuffix(".")
    pinned = [] if verdict.pin is None else ["--pin", hash_field(verdict.pin)]
    if told.explanation.examined is None:
        return f"name a release that is there, or none for the newest: {_line(told, *pinned)}"
    which = [] if wanted is None else ["--release", str(wanted)]
    if verdict.pin is None and verdict.fingerprint is not None:
        pin = hash_field(verdict.fingerprint)
        line = _line(told, *which, "--pin", pin)
        return f"compare the fingerprint {pin} with what the organisation says over another channel, then: {line}"
    if told.saved is None:
        return f"{_line(told, *which, *pinned, '--save', 'FOLDER')}, then the commands above in FOLDER"
    return f"{shlex.join(['cd', str(told.saved)])}, then the commands above"


def _line(told: Told, *options: str) -> str:
    """Returns a command line of this command."""
    return shlex.join(["canary", "explain", told.location, *told.options, *options])
