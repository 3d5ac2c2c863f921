"""`canary verify`: checks a canary once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import click
from msgspec.structs import replace

from canary.cli.app import App
from canary.cli.formats import failures_in, print_json
from canary.cli.looking import Reach, parsed, typed
from canary.cli.verdicts import document, nagios, tell
from canary.core.judging.question import Judgement, Question
from canary.core.judging.state import State
from canary.core.judging.verdict import Verdict
from canary.core.text.strict import hash_field, parse_hash
from canary.core.text.times import parse_time
from canary.edges.disk.files import read_file
from canary.errors import CanaryError, MalformedError
from canary.library import LazyGpg, is_url, look_and_judge
from canary.limits import ENTRY_BYTES

_WHICH_ROSTER = "The roster is an entry too: rosters/<n>/entry.txt on the site."


class UsageError(CanaryError):
    """Options that do not go together."""


def verify(
    app: App,
    *,
    location: str,
    pin: str | None,
    trust_first_use: bool,
    at: str | None,
    state_file: Path | None,
    ack: bool,
    trust_clock: bool,
    roster: Path | None,
    timeout: float,
    allow_http: bool,
    ca_file: Path | None,
    proxy: str | None,
    tsa_roots: tuple[Path, ...],
    bitcoin_headers: Path | None,
    bitcoin_sources: tuple[str, ...],
    output: str,
    as_json: bool,
) -> int:
    """Does what `canary verify` says. Returns the exit code."""
    output = "json" if as_json else output
    reach = Reach(timeout, allow_http, ca_file, proxy, tsa_roots, bitcoin_headers, bitcoin_sources)
    own = typed([("--roster", roster), ("--at", at), ("--state", state_file)])
    again = ["canary", "verify", location, *own, *reach.words()]
    with failures_in(output):
        pinned = None if pin is None else parsed("--pin", parse_hash, pin)
        moment = None if at is None else parsed("--at", parse_time, at)
        single = roster is not None or (not is_url(location) and Path(location).is_file())
        if single and state_file is not None:
            raise UsageError("a single entry's file is checked by itself, without --state")
        for option, given in {"--trust-first-use": trust_first_use, "--ack": ack, "--trust-clock": trust_clock}.items():
            if given and (state_file is None or moment is not None):
                raise UsageError(f"{option} needs --state FILE, and no --at: it changes what is remembered")
        if state_file is not None and (not state_file.name or state_file.is_dir()):
            raise UsageError(f"--state names the folder {state_file}, and a state is a file", hint="Name a file in it.")
        question = Question(
            now=moment or app.clock(),
            pin=pinned,
            trust_first_use=trust_first_use,
            as_of_now=moment is None,
        )
        if single:
            verdict = _verify_file(Path(location), roster, pin=pinned, now=question.now)
            return _print(verdict, location, output, again=again, tried=False)
        look = partial(
            look_and_judge,
            location,
            seconds=timeout,
            allow_http=allow_http,
            ca_file=ca_file,
            proxy=proxy,
            checkers=reach.checkers(),
        )
        if state_file is None or moment is not None:
            verdict = look(question=question).verdict
        else:
            verdict = _verify_with_state(state_file, question, look, seconds=timeout, ack=ack, trust_clock=trust_clock)
        return _print(verdict, location, output, again=again, tried=True)


def _verify_with_state(
    path: Path,
    question: Question,
    look: Callable[..., Judgement],
    *,
    seconds: float,
    ack: bool,
    trust_clock: bool,
) -> Verdict:
    """Looks with what was remembered, and remembers what was found."""
    # Imported here: only this path keeps state.
    from canary.edges.memory.state_file import held, read_state, write_state  # noqa: PLC0415

    with held(path, seconds=seconds):
        state = _prepared(read_state(path), question.pin, question.now, ack=ack, trust_clock=trust_clock)
        judgement = look(question=replace(question, state=state))
        if judgement.state is not None:
            write_state(path, judgement.state)
    return judgement.verdict


def _prepared(state: State | None, pin: str | None, now: datetime, *, ack: bool, trust_clock: bool) -> State | None:
    """Returns the stored state, acknowledged if that was asked for.

    Raises:
        UsageError: it was made under another pin, or there is nothing to acknowledge.
    """
    if state is None:
        if ack or trust_clock:
            raise UsageError(
                "there is no state yet, so there is nothing to acknowledge",
                hint="Check the name of the file; a first look needs neither --ack nor --trust-clock.",
            )
        return None
    if pin is not None and pin != state.pin:
        raise UsageError(
            f"the state is of the canary {state.canary}, pinned as {hash_field(state.pin)}, not as --pin says",
            hint="Use a state file of its own for each canary.",
        )
    if trust_clock:
        state = state.trust_clock(now)
    return state.acknowledge() if ack else state


def _verify_file(path: Path, roster: Path | None, *, pin: str | None, now: datetime) -> Verdict:
    if roster is None:
        raise UsageError(f"{path} is a single file, and is checked with --roster FILE", hint=_WHICH_ROSTER)
    # Imported here: a site is looked at far more often.
    from canary.flows.watch.single import verify_entry  # noqa: PLC0415

    with LazyGpg() as verifier:
        try:
            # One byte more than an entry may have, so that a larger file is told as malformed and not cut.
            data = read_file(path, limit=ENTRY_BYTES + 1)
            return verify_entry(data, read_file(roster, limit=ENTRY_BYTES), pin=pin, now=now, verifier=verifier)
        except MalformedError as error:
            raise MalformedError(error.rule, line=error.line, what=str(roster), hint=_WHICH_ROSTER) from error


def _print(verdict: Verdict, location: str, output: str, *, again: Sequence[str], tried: bool) -> int:
    if output == "json":
        print_json(document(verdict, location))
    elif output == "nagios":
        click.echo(nagios(verdict))
    else:
        tell(verdict, again=again, tried=tried)
    return verdict.exit_code
