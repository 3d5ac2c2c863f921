"""`canary publish`: appends the signed draft to the log and swaps the site in."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.missing import addresses, reasons
from canary.cli.session import open_session
from canary.cli.stamping import timestamping_of
from canary.cli.talk import say, say_next
from canary.core.findings import Code
from canary.core.release import Release
from canary.core.strict import hash_field
from canary.edges.log_keys import sign_checkpoint
from canary.edges.private_keys import key_folder
from canary.edges.site_folder import PUBLIC
from canary.flows.issue.failures import host_of
from canary.flows.issue.publishing import Published
from canary.flows.issue.publishing import publish as publish_draft
from canary.flows.issue.timestamping import Timestamped
from canary.library import evidence_checkers
from canary.limits import STAMPING_SECONDS


def publish(app: App, *, key_dir: Path | None, workspace: Path) -> None:
    """Does what `canary publish` says."""
    with open_session(app, workspace) as session:
        now = app.clock()
        keys = key_folder(key_dir, session.workspace.root)
        done = publish_draft(
            session.workspace,
            session.history,
            session.board(),
            partial(sign_checkpoint, keys=keys, now=now),
            session.verifier,
            now=now,
            asking=timestamping_of(session, seconds=STAMPING_SECONDS),
            checkers=evidence_checkers(),
        )
        _tell(done, session.workspace.root, addresses(session.config))


def _tell(done: Published, root: Path, asked: Collection[str]) -> None:
    content = done.entry.content
    kind = f"Release {content.number}" if isinstance(content, Release) else f"Roster {content.number}"
    if done.appended:
        say(f"{kind} is entry {content.entry} of the log (log/{content.entry:04d}.txt) and never changes any more.")
    else:
        say(f"There was nothing new to publish; {kind} (entry {content.entry}) is the newest, and the site is whole.")
    if done.missed is not None:
        say(f"It is late: it was due by {done.missed.last}. It is published all the same.")
    if done.timestamped is not None:
        _tell_timestamped(done.timestamped, asked)
    for finding in done.notices:
        say(f"Watchers will be told: {finding.code.spelling}: {finding.message}")
    for finding in done.seen_before:
        say(f"Watchers who have looked before will be told: {finding.code.spelling}: {finding.message}")
    word = done.verdict.status.value
    silent = any(finding.code is Code.NO_RELEASE for finding in done.verdict.findings)
    if silent:
        word += ", because there is no release yet"
    say(f"The site is in {root / PUBLIC}; the watcher's own check of it came to {word}.")
    pin = hash_field(done.verdict.fingerprint or "")
    say(f"The pin of this canary: {pin}")
    if silent:
        say_next("canary draft, for the first release")
        return
    say_next(
        f"upload {PUBLIC}/ to https://{content.canary}/, the file 'checkpoint' last; then from elsewhere: "
        f"canary verify https://{content.canary}/ --pin {pin}"
    )


def _tell_timestamped(timestamped: Timestamped, asked: Collection[str]) -> None:
    tokens, proofs = timestamped.tokens, timestamped.proofs
    if tokens.kept:
        say(f"It has a timestamp of {', '.join(kept.checked.by for kept in tokens.kept)}.")
    if proofs.completed:
        say("Its OpenTimestamps proof has its Bitcoin block.")
    if proofs.waiting:
        by = f" by {', '.join(map(host_of, proofs.promised))}" if proofs.promised else ""
        say(f"A Bitcoin block is promised for it{by}: that takes hours, and 'canary timestamp' then fetches the proof.")
    for line in reasons(timestamped, asked):
        # Not wrapped: what is to be typed stands on one line.
        click.echo(line)
    whole = timestamped.missing + timestamped.missing_before
    if whole:
        parts = {"over this entry": timestamped.missing, "over earlier ones": timestamped.missing_before}
        told = " and ".join(f"{number} {where}" for where, number in parts.items() if number)
        say(f"Timestamps still missing: {told}. 'canary timestamp' fetches them later; cron can run it.")
