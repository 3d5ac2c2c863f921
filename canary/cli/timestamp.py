"""`canary timestamp`: fetches timestamps that are missing, and puts them onto the site. Made for cron.

The first line stands alone, as the subject of a mail would. Where something did not come, a line for each reason
follows, and what to do.
"""

from __future__ import annotations

from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.missing import addresses, counted, next_step, reasons
from canary.cli.session import open_session
from canary.cli.stamping import timestamping_of
from canary.edges.publishing.site_folder import PUBLIC
from canary.errors import RefusedError
from canary.flows.issue.publishing import add_timestamps
from canary.flows.issue.timestamping import Timestamped
from canary.library import evidence_checkers
from canary.limits import LATER_STAMPING_SECONDS

_DONE = 0
_STILL_MISSING = 1


def timestamp(app: App, *, workspace: Path) -> int:
    """Does what `canary timestamp` says. Returns the exit code."""
    with open_session(app, workspace) as session:
        asking = timestamping_of(session, seconds=LATER_STAMPING_SECONDS)
        if asking is None:
            raise RefusedError(
                "canary.toml names no timestamp authority and no calendar",
                hint="Add the table [timestamps] with authorities = [...]; 'canary init' writes one.",
            )
        done = asking.ask([admitted.entry for admitted in session.history.admitted])
        upload = add_timestamps(
            session.workspace, session.history, session.verifier, now=app.clock(), checkers=evidence_checkers()
        )
        click.echo(f"{session.config.canary.id}: {_told(done, upload=upload)}")
        asked = addresses(session.config)
        why = reasons(done, asked)
        for line in why:
            click.echo(line)
        if why:
            click.echo(f"Next: {next_step(done, asked, upload=upload)}")
        return _STILL_MISSING if done.missing or done.proofs.not_installed else _DONE


def _told(done: Timestamped, *, upload: bool) -> str:
    parts = [f"{counted(done.fetched)} fetched"] if done.fetched else []
    if done.missing:
        parts.append(f"{counted(done.missing)} still missing")
    elif done.proofs.not_installed is not None:
        parts.append("what there is cannot be read here")
    else:
        parts.append("no timestamp is missing")
    waiting = done.proofs.waiting
    if waiting:
        entries = "1 entry waits" if waiting == 1 else f"{waiting} entries wait"
        parts.append(f"{entries} for a Bitcoin block, which takes some hours")
    if upload:
        parts.append(f"upload {PUBLIC}/ again")
    elif done.changed:
        parts.append("the next 'canary publish' puts them onto the site")
    return f"{'; '.join(parts)}."
