"""`canary init`: a new workspace."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import click

from canary.cli.app import App
from canary.cli.new_config import AUTHORITIES, Answers
from canary.cli.talk import ask, at_terminal, say, say_next
from canary.core.dating.ots_calendars import DEFAULT_CALENDARS, checked_calendars
from canary.core.documents.roster import parse_organisation
from canary.core.documents.schedule import Schedule, parse_cadence, parse_days, render_days
from canary.core.signed.kinds import ed25519_vkey
from canary.core.signed.profile import check_line
from canary.core.text.names import check_canary_id, check_signer
from canary.core.text.strict import parse_number
from canary.core.text.times import parse_date
from canary.edges.disk.files import make_folder, write_file
from canary.edges.disk.workspace import CONFIG, Workspace
from canary.edges.keys.log_keys import make_log_key
from canary.edges.keys.private_keys import key_folder
from canary.errors import MalformedError, RefusedError
from canary.flows.issue.config import check_authorities
from canary.flows.issue.due import first_window_remark
from canary.formats.times.ots_proof import OtsNotInstalledError, check_installed

_GITIGNORE = """\
# The built site; canary publish makes it anew.
/public
/.public*
# Files that are half written.
/draft/.*
"""
_GITATTRIBUTES = """\
# Every byte counts: a line end that version control changes would break log/ and statements/.
* -text
"""
_LONGEST_DEFAULT = timedelta(days=14)

_WHY_ID = "A canary is called by the address it is published at, and keeps that name for ever."
_WHY_ORGANISATION = "Who speaks. It stands in every roster that is signed."
_WHY_SIGNERS = (
    "The people who sign, by role rather than by name: a new person in the role gets a new key under a new name."
)
_WHY_THRESHOLD = "How many of them must agree. One less than all of them survives a lost key or an absence."
_WHY_EVERY = "A release is due once in each period. Three months is usual; shorter means earlier warning and more work."
_WHY_START = "Every window is counted from this day, so it settles the days of the month for good."
_WHY_WINDOW = "Signers have this long each period; after it the release is late, and watchers are told."
_WHY_GRACE = "After this the canary is stale: watchers are told not to rely on it any more."


def init(
    app: App,
    *,
    folder: Path,
    canary_id: str | None,
    organisation: str | None,
    every: str | None,
    start: str | None,
    window: str | None,
    grace: str | None,
    signers: tuple[str, ...],
    threshold: str | None,
    authorities: tuple[str, ...],
    calendars: tuple[str, ...],
    no_timestamps: bool,
    no_anchors: bool,
    key_dir: Path | None,
) -> None:
    """Does what `canary init` says."""
    if (folder / CONFIG).exists():
        with Workspace(folder).locked():  # which settles what a killed run left
            raise RefusedError(f"{folder / CONFIG} is there already", hint="Nothing was overwritten; edit it instead.")
    name = ask("--id", "The URL it will live at, without https://", canary_id, check_canary_id, why=_WHY_ID)
    spoken = ask("--organisation", "The organisation's name", organisation, _organisation, why=_WHY_ORGANISATION)
    people = ask(
        "--signer",
        "The signers' short names, like: legal security director",
        " ".join(signers) or None,
        _names,
        why=_WHY_SIGNERS,
    )
    needed = ask(
        "--threshold",
        f"How many of these {len(people)} must sign each release",
        threshold,
        lambda value: parse_number(value, least=1, most=len(people)),
        default=str(default_threshold(len(people))),
        why=_WHY_THRESHOLD,
    )
    schedule = _ask_schedule(app.clock().date(), every=every, start=start, window=window, grace=grace)
    for option, given in {"--authority": authorities, "--calendar": calendars}.items():
        if given and no_timestamps:
            raise RefusedError(f"{option} and --no-timestamps contradict each other", hint="Give one of them.")
    asked = () if no_timestamps else _checked("--authority", check_authorities, authorities) or AUTHORITIES
    promising = _checked("--calendar", checked_calendars, calendars) or _public_calendars()
    answers = Answers(name, spoken, people, needed, schedule, asked, promising, anchors=not no_anchors)
    keys = key_folder(key_dir, folder)
    make_folder(folder)
    with Workspace(folder).locked():
        for each in ("keys", "statements", "log"):
            make_folder(folder / each)
        log = make_log_key(folder, keys, name)
        for file, content in {".gitignore": _GITIGNORE, ".gitattributes": _GITATTRIBUTES}.items():
            if os.path.lexists(folder / file):
                say(f"Warning: {file} was there already and was left alone. Make sure that it says, among the rest:")
                say("".join(f"  {line}\n" for line in content.splitlines() if not line.startswith("#")).rstrip())
            else:
                write_file(folder / file, content.encode())
        # Last, because with it the workspace is there.
        write_file(folder / CONFIG, answers.toml().encode(), replace=False)
    remark = first_window_remark(schedule, app.clock().date())
    _tell(folder, answers, keys, ed25519_vkey(name, log).key_id.hex(), remark)


def _checked(option: str, check: Callable[[tuple[str, ...]], object], urls: tuple[str, ...]) -> tuple[str, ...]:
    try:
        check(urls)
    except MalformedError as error:
        raise error.within(option) from error
    return urls


def _public_calendars() -> tuple[str, ...] | None:
    """Returns the public calendars; None where what they need is not installed."""
    return DEFAULT_CALENDARS if _ots_fault() is None else None


def _ots_fault() -> str | None:
    """Returns why OpenTimestamps proofs cannot be made here, and what to do; None where they can."""
    try:
        check_installed()
    except OtsNotInstalledError as error:
        return f"{error.what}. {error.hint}"
    return None


def default_threshold(signers: int) -> int:
    """Returns all but one, and at least two where there are two."""
    return max(min(2, signers), signers - 1)


def _ask_schedule(
    today: date, *, every: str | None, start: str | None, window: str | None, grace: str | None
) -> Schedule:
    cadence = ask("--every", "How often will you publish (like '3 months')", every, parse_cadence, why=_WHY_EVERY)
    opens = ask(
        "--start",
        "The day the first window opens (UTC)",
        start,
        parse_date,
        # Only a person may take the proposed day: it settles the windows for good.
        default=_first_of_next_month(today).isoformat() if at_terminal() else None,
        why=_WHY_START,
    )
    shortest = Schedule(opens, cadence, timedelta(days=1), timedelta()).shortest_distance()
    usual = render_days(min(_LONGEST_DEFAULT, timedelta(days=max(1, shortest.days // 4))))
    days = ask("--window", "How long is a window open", window, parse_days, default=usual, why=_WHY_WINDOW)
    question = "How long after that does the canary count as alive"
    after = ask("--grace", question, grace, parse_days, default=usual, why=_WHY_GRACE)
    schedule = Schedule(opens, cadence, days, after)
    try:
        schedule.check()
    except MalformedError as error:
        raise MalformedError(error.rule, what="--window and --grace") from error
    return schedule


def _first_of_next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _organisation(value: str) -> str:
    # A character that no text may hold would be found only when the roster is drafted.
    check_line(value)
    return parse_organisation(value)


def _names(value: str) -> tuple[str, ...]:
    names = tuple(check_signer(name) for name in value.replace(",", " ").split())
    if not names:
        raise MalformedError("a canary has at least one signer")
    if len(set(names)) != len(names):
        raise MalformedError("a name stands twice")
    return names


def _tell(folder: Path, answers: Answers, keys: Path, log_id: str, remark: str) -> None:
    say(f"The canary {answers.canary_id} has its workspace in {folder}.")
    say(f"  {CONFIG}    who signs and when; read it, it is short")
    say("  statements/    one folder a statement, with v1.txt in it: the words to affirm")
    say("  keys/          public keys only")
    say("  log/           what is published; keep it all under version control")
    say(
        f"The log key ({log_id}) was made in {keys}, outside the workspace and without a passphrase. With it the "
        "computer that publishes signs how many rosters and releases there are, so that none can vanish unseen. It has "
        "no authority: what is said counts only with the signers' own signatures."
    )
    if remark:
        say(remark)
    if answers.threshold == len(answers.signers):
        say(
            f"Warning: all {len(answers.signers)} signers must sign every release. One lost key, or one person who "
            "cannot sign, ends the canary. Think of one signer more than the threshold."
        )
    fault = _ots_fault() if answers.authorities else None
    if fault is not None:
        click.echo(fault)
        if answers.calendars is None:
            say(f"Then take the '# ' away from the lines of 'calendars' in {CONFIG}.")
    first = answers.signers[0]
    say_next(
        f"each signer makes a key: canary key new {first} (or canary key openpgp {first} FINGERPRINT); "
        "write the statements; then canary roster"
    )
