"""`canary watch show`: all that is known of one canary.

The JSON document, stable within `format` 1:

- `format`: 1. `canary`: as `canary watch list --json` has it. `verdict`: what stands, as `canary verify --json` has it;
  null before the first look.
- `statements`: of the newest release: a list of `id`, `version`, `words`; in another format the version is null.
- `pinned`, `edition`, `editions`: of a canary in another format (`canary.cli.watch.foreign_known`); of a native one not
  there.
- `log`, the newest first: a list of `entry`, `kind` (`roster` or `release`), `number`, `issued`, `text` (`sha256:…`).
- `evidence`: `proved` and `not_proved`, a sentence each; null where nothing is known.
- `transitions`: what changed when, the newest first: `at`, `before` (null at the first look), `after`, `findings`
  (`code` and `message`).
- `looks`: the latest, the newest first: `at`, `status` (of the look itself, believed or not), `seconds`, `detail`.
- `failed_looks`: what was seen when one failed: `at`, `asked`, `error`, `http_status`, `headers`, `body` (base64),
  `certificate` (PEM, or null). Nothing in it is to be trusted.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from canary.cli.app import App
from canary.cli.formats import FORMAT, failures_in, print_json
from canary.cli.talk import say, say_next
from canary.cli.verdicts import document, tell_verdict
from canary.cli.watch.desk import Desk, open_desk
from canary.cli.watch.listing import row_document
from canary.cli.watch.overview import minute
from canary.core.dating.timeline import not_proved, proved
from canary.core.documents.release import Release
from canary.core.judging.fetched import shown
from canary.core.judging.findings import EXIT_CODES
from canary.core.judging.state import State
from canary.core.judging.verdict import Verdict
from canary.core.text.strict import hash_field
from canary.core.text.times import format_time
from canary.core.watching.agenda import standing
from canary.core.watching.summary import Summary
from canary.core.watching.watched import Check, Sighting, Transition, Watched

if TYPE_CHECKING:
    from canary.cli.watch.foreign_known import ForeignKnown

_TRANSITIONS = 1_000
_LOOKS = 20
_SHOWN_TRANSITIONS = 20
_SHOWN_LOOKS = 10
_SHOWN_FAILURES = 3
_SHOWN_BODY = 200


class _Known(NamedTuple):
    """All that is known of one canary."""

    row: Watched
    verdict: Verdict | None
    state: State | None
    transitions: Sequence[Transition]
    looks: Sequence[Check]
    sightings: Sequence[Sighting]
    foreign: ForeignKnown | None


def show(app: App, *, name: str, as_json: bool, config: Path | None) -> None:
    """Does what `canary watch show` says."""
    with failures_in("json" if as_json else "text"), open_desk(app, config) as desk:
        row, store = desk.find(name), desk.store
        known = _Known(
            row,
            standing(row, app.clock()),
            store.state(name) if row.followed.format is None else None,
            store.transitions(name, limit=_TRANSITIONS),
            store.checks(name, limit=_LOOKS),
            store.sightings(name),
            _foreign(desk, row),
        )
        if as_json:
            print_json(_document(known, app.clock()))
        else:
            _tell(desk, known, app.clock())


def _foreign(desk: Desk, row: Watched) -> ForeignKnown | None:
    if row.followed.format is None:
        return None
    # Imported here: a native canary needs none of it.
    from canary.cli.watch.foreign_known import foreign_known  # noqa: PLC0415

    return foreign_known(desk, row.followed.name)


# --- for scripts ----------------------------------------------------------------------------------------


def _document(known: _Known, now: datetime) -> dict[str, Any]:
    release = _newest(known.state)
    timing = known.state.timing if known.state else None
    return {
        "format": FORMAT,
        "canary": row_document(Summary.of(known.row), now),
        "verdict": document(known.verdict, known.row.followed.location) if known.verdict else None,
        "statements": [
            *(
                {"id": each.id, "version": each.version, "words": each.words}
                for each in (release.statements if release else ())
            ),
            *(
                {"id": each.id, "version": None, "words": each.words}
                for each in (known.foreign.statements if known.foreign else ())
            ),
        ],
        **_foreign_document(known.foreign),
        "log": list(_log(known.state)),
        "evidence": {"proved": proved(timing), "not_proved": not_proved(timing)} if timing else None,
        "transitions": [_transition(each) for each in known.transitions],
        "looks": [
            {"at": format_time(each.at), "status": each.status.value, "seconds": each.took, "detail": each.detail}
            for each in known.looks
        ],
        "failed_looks": [_sighting(each) for each in known.sightings],
    }


def _foreign_document(foreign: ForeignKnown | None) -> Mapping[str, Any]:
    if foreign is None:
        return {}
    from canary.cli.watch.foreign_known import document_of  # noqa: PLC0415  # as above

    return document_of(foreign)


def _log(state: State | None) -> Iterator[dict[str, Any]]:
    entries = state.entries if state else ()
    for number in range(len(entries), 0, -1):
        entry = entries[number - 1].entry
        content = entry.content
        yield {
            "entry": number,
            "kind": "release" if isinstance(content, Release) else "roster",
            "number": content.number,
            "issued": format_time(content.issued),
            "text": hash_field(entry.text_hash),
        }


def _transition(transition: Transition) -> dict[str, Any]:
    return {
        "at": format_time(transition.at),
        "before": transition.before.value if transition.before else None,
        "after": transition.after.value,
        "findings": [{"code": each.code.spelling, "message": each.told} for each in transition.verdict.deciding()],
    }


def _sighting(sighting: Sighting) -> dict[str, Any]:
    return {
        "at": format_time(sighting.at),
        "asked": sighting.what,
        "error": sighting.error,
        "http_status": sighting.http_status,
        "headers": [list(each) for each in sighting.headers],
        "body": base64.b64encode(sighting.body).decode(),
        "certificate": ssl.DER_cert_to_PEM_cert(sighting.certificate) if sighting.certificate else None,
    }


# --- for people -----------------------------------------------------------------------------------------


def _tell(desk: Desk, known: _Known, now: datetime) -> None:
    row, followed = known.row, known.row.followed
    _tell_standing(known)
    click.echo()
    say(f"  followed    {followed.location}, since {minute(followed.added_at)}")
    say(f"  pin         {hash_field(followed.pin) if followed.pin else 'none yet: the first look is trusted'}")
    if followed.first_use and followed.pin:
        say("              taken from the first look, and confirmed by nobody")
    if followed.proxy:
        say(f"  proxy       {followed.proxy}")
    if row.checked_at:
        say(f"  looked at   {minute(row.checked_at)}, {row.checks} times in all; next {minute(row.next_at)}")
    if row.acknowledged:
        note = f": {row.acknowledged.note}" if row.acknowledged.note else ""
        say(f"  read        {row.acknowledged.status}, on {minute(row.acknowledged.at)}{note}")
    if row.muted_until and row.muted_until > now:
        say(f"  muted       until {minute(row.muted_until)}")
    _tell_statements(known.state)
    if known.foreign is not None:
        from canary.cli.watch.foreign_known import tell_foreign  # noqa: PLC0415  # as above

        tell_foreign(known.foreign, now)
    _tell_changes(known)
    _tell_looks(known)
    say_next(_next(desk, known))


def _tell_standing(known: _Known) -> None:
    if known.verdict is None:
        say(f"{known.row.followed.name} has not been looked at yet.")
        return
    tell_verdict(known.verdict)
    if known.row.suspicion:
        suspicion = known.row.suspicion
        click.echo()
        say(
            f"  Since {minute(suspicion.since)} looks fail ({suspicion.tries} in a row), which is believed if it "
            f"lasts: {'; '.join(each.told for each in suspicion.verdict.deciding())}."
        )


def _tell_statements(state: State | None) -> None:
    release = _newest(state)
    if release is None:
        return
    click.echo(f"\nThe statements of release {release.number}, issued {format_time(release.issued)}\n")
    for each in release.statements:
        say(f"  {each.label}")
        for line in each.words.split("\n"):
            say(f"    {line}")
    if state is not None and state.timing is not None:
        click.echo("\nWhen it was signed\n")
        say(f"  {proved(state.timing)}.")
        say(f"  {not_proved(state.timing)}.")


def _tell_changes(known: _Known) -> None:
    click.echo("\nWhat changed when\n")
    for each in known.transitions[:_SHOWN_TRANSITIONS]:
        before = f"{each.before} -> " if each.before else ""
        click.echo(f"  {minute(each.at)}  {before}{each.after}")
        for finding in each.verdict.deciding():
            say(f"      {finding.told}")
    if len(known.transitions) > _SHOWN_TRANSITIONS:
        click.echo(f"  and {len(known.transitions) - _SHOWN_TRANSITIONS} earlier ones (all of them: --json)")


def _tell_looks(known: _Known) -> None:
    click.echo("\nThe latest looks\n")
    for each in known.looks[:_SHOWN_LOOKS]:
        click.echo(f"  {minute(each.at)}  {each.status:<11} {each.took:5.1f} s  {each.detail}".rstrip())
    if known.sightings:
        click.echo("\nWhat was seen when looks failed (nothing in it is to be trusted; all of it: --json)\n")
    for seen in known.sightings[:_SHOWN_FAILURES]:
        answer = f", status {seen.http_status}" if seen.http_status else ""
        say(f"  {minute(seen.at)}  {shown(seen.what)}{answer}: {seen.error}")
        if seen.body:
            click.echo(f"      {seen.body[:_SHOWN_BODY].decode('utf-8', 'replace')!a}")


def _next(desk: Desk, known: _Known) -> str:
    name, verdict = known.row.followed.name, known.verdict
    if verdict is None:
        return desk.typed("canary watch run")
    if EXIT_CODES[verdict.status] and not known.row.acknowledged:
        return f"once you have read it: {desk.typed(f'canary watch ack {name} --status {verdict.status} --note …')}"
    return desk.typed("canary watch list")


def _newest(state: State | None) -> Release | None:
    """Returns the newest release that is kept."""
    if state is None or state.standing.release is None:
        return None
    content = state.entries[state.standing.release - 1].entry.content
    return content if isinstance(content, Release) else None
