"""`canary publish`: appends the signed draft to the log, swaps the site in, and hands it out where asked to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.handing_out import HandingOut, open_place, tell_failure, worst
from canary.cli.looking import Reach, parsed
from canary.cli.missing import addresses, reasons
from canary.cli.session import Session, open_session
from canary.cli.stamping import timestamping_of
from canary.cli.talk import say, say_next
from canary.core.documents.release import Release
from canary.core.judging.findings import Code
from canary.core.text.strict import hash_field
from canary.edges.keys.log_keys import sign_checkpoint
from canary.edges.keys.private_keys import key_folder
from canary.edges.publishing.site_folder import PUBLIC
from canary.errors import CanaryError, RefusedError
from canary.flows.issue.failures import host_of
from canary.flows.issue.publishing import Published, check_published_prefix
from canary.flows.issue.publishing import publish as publish_draft
from canary.flows.issue.timestamping import Timestamped
from canary.formats.settings.watch_values import parse_url
from canary.library import evidence_checkers
from canary.limits import STAMPING_SECONDS


def publish(
    app: App,
    *,
    key_dir: Path | None,
    to: tuple[str, ...],
    check: tuple[str, ...],
    state_file: Path | None,
    timeout: float,
    allow_http: bool,
    ca_file: Path | None,
    proxy: str | None,
    tsa_roots: tuple[Path, ...],
    bitcoin_headers: Path | None,
    bitcoin_sources: tuple[str, ...],
    workspace: Path,
) -> int:
    """Does what `canary publish` says. Returns the exit code."""
    if state_file is not None and len(check) != 1:
        raise CanaryError("--state is for one --check", hint="Give it with exactly one; others remember by themselves.")
    reach = Reach(timeout, allow_http, ca_file, proxy, tsa_roots, bitcoin_headers, bitcoin_sources)
    with open_session(app, workspace) as session:
        if not to and not check:
            _tell_next(_publish(session, key_dir))
            return 0
        # First, so that nothing is published where an option cannot be.
        places = [open_place(each, session.workspace.root) for each in to]
        reach.checkers()
        for each in check:
            parsed("--check", parse_url, each)
        done, waiting = _publish_if_new(session, key_dir)
        history = done.history if done else session.history
        handing_out = HandingOut(session, history, app.clock)
        if done and done.appended:
            handing_out.appended()
        for place in places:
            handing_out.copy(place)
        codes = [handing_out.check(each, state_file, reach).exit_code for each in check]
        if waiting:
            codes.append(tell_failure(waiting))
        _tell_what_remains(session, handing_out, checked=bool(check), codes=codes)
        return worst(codes)


def _publish_if_new(session: Session, key_dir: Path | None) -> tuple[Published | None, RefusedError | None]:
    """Publishes where there is something new. Returns what came of it; or why the open draft has to wait."""
    shown = check_published_prefix(session.workspace, session.history)
    whole = bool(session.history.admitted) and shown == len(session.history.admitted)
    if whole and session.workspace.draft() is None:
        return None, None
    try:
        return _publish(session, key_dir), None
    except RefusedError as error:
        if not whole:
            raise
        return None, error


def _publish(session: Session, key_dir: Path | None) -> Published:
    now = session.app.clock()
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
    return done


def _tell_what_remains(session: Session, handing_out: HandingOut, *, checked: bool, codes: Sequence[int]) -> None:
    canary = session.config.canary.id
    if not checked:
        say_next(f"canary publish --check https://{canary}/, from a machine that sees it as watchers do")
    elif worst(codes) == 0:
        say_next(f"pass {handing_out.receipt_name} on to the signers, with version control")
    else:
        say_next("do what is said above, then run the same again")


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
    if _is_silent(done):
        word += ", because there is no release yet"
    say(f"The site is in {root / PUBLIC}; the watcher's own check of it came to {word}.")
    say(f"The pin of this canary: {hash_field(done.verdict.fingerprint or '')}")


def _tell_next(done: Published) -> None:
    content = done.entry.content
    if _is_silent(done):
        say_next("canary draft, for the first release")
        return
    say_next(
        f"upload {PUBLIC}/ to https://{content.canary}/, the file 'checkpoint' last; then from elsewhere: "
        f"canary verify https://{content.canary}/ --pin {hash_field(done.verdict.fingerprint or '')}"
    )


def _is_silent(done: Published) -> bool:
    return any(finding.code is Code.NO_RELEASE for finding in done.verdict.findings)


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
