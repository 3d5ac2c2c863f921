"""`canary timestamp`: fetches timestamps that are missing, and puts them onto the site. Made for cron: one line."""

from __future__ import annotations

from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.session import open_session
from canary.cli.stamping import failures, stamping_of, unlisted
from canary.edges.site_folder import PUBLIC
from canary.errors import RefusedError
from canary.flows.issue.publishing import add_timestamps
from canary.flows.issue.stamping import Stamped, stamp
from canary.library import evidence_checkers
from canary.limits import LATER_STAMPING_SECONDS

_DONE = 0
_STILL_MISSING = 1


def timestamp(app: App, *, workspace: Path) -> int:
    """Does what `canary timestamp` says. Returns the exit code."""
    with open_session(app, workspace) as session:
        stamping = stamping_of(session, seconds=LATER_STAMPING_SECONDS)
        if stamping is None:
            raise RefusedError(
                "canary.toml names no timestamp authority",
                hint="Add the table [timestamps] with authorities = [...]; 'canary init' writes one.",
            )
        stamped = stamp(stamping, [admitted.entry for admitted in session.history.admitted])
        changed = add_timestamps(
            session.workspace, session.history, session.verifier, now=app.clock(), checkers=evidence_checkers()
        )
        click.echo(f"{session.config.canary.id}: {_told(stamped, changed=changed)}")
        return _STILL_MISSING if stamped.missing else _DONE


def _told(stamped: Stamped, *, changed: bool) -> str:
    parts: list[str] = []
    if stamped.kept:
        parts.append(f"{_counted(len(stamped.kept))} fetched")
    parts.append(f"{_counted(stamped.missing)} still missing" if stamped.missing else "no timestamp is missing")
    if changed:
        parts.append(f"upload {PUBLIC}/ again")
    elif stamped.kept:
        parts.append("the next 'canary publish' puts them onto the site")
    told = "; ".join(parts)
    return " ".join([f"{told}.", *failures(stamped), *unlisted(stamped)])


def _counted(number: int) -> str:
    return f"{number} timestamp{'' if number == 1 else 's'}"
