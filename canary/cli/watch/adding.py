"""`canary watch add`: looks at a canary and takes it into the list."""

from __future__ import annotations

from pathlib import Path

import click
from msgspec.structs import replace

from canary.cli.app import App
from canary.cli.looking import parsed
from canary.cli.talk import say, say_next
from canary.cli.verdicts import tell
from canary.cli.watch.desk import Desk, open_desk
from canary.cli.watch.foreign_options import ForeignOptions, place_of
from canary.cli.watch.looking import Looking
from canary.cli.watch.overview import minute
from canary.core.foreign.pinned import Pinned
from canary.core.judging.findings import EXIT_CODES, Code
from canary.core.judging.proxy import kept_proxy
from canary.core.text.strict import hash_field, parse_hash
from canary.core.watching.agenda import believe
from canary.core.watching.followed import Followed, check_name, check_place, check_tags, format_interval, parse_interval
from canary.core.watching.recorded import Recorded
from canary.core.watching.telling import tell as decide
from canary.core.watching.watched import Check, Watched
from canary.errors import CanaryError, FetchError, RefusedError
from canary.flows.watch.rounds import Looked
from canary.formats.settings.watch_list import name_for
from canary.library import final_location, is_url

_COMPARE = (
    "Nothing was added. Compare the fingerprint of roster 1 with what the organisation says over another channel: in "
    "print, by telephone, on a site of its own. If it is the same, run the line above. --trust-first-use takes it as "
    "it is, and so would believe whoever is on the line today."
)


def add(
    app: App,
    *,
    location: str,
    pin: str | None,
    trust_first_use: bool,
    name: str | None,
    tags: tuple[str, ...],
    every: str | None,
    proxy: str,
    allow_http: bool,
    ca_file: Path | None,
    profile: str | None,
    certificates: tuple[str, ...],
    signers: tuple[str, ...],
    threshold: int | None,
    required: tuple[str, ...],
    page: bool,
    sentences: tuple[str, ...],
    all_sentences: bool,
    timeout: float | None,
    config: Path | None,
) -> int:
    """Does what `canary watch add` says. Returns the exit code of what was found."""
    options = ForeignOptions(
        profile=profile,
        certificates=certificates,
        signers=signers,
        threshold=threshold,
        required=required,
        page=page,
        sentences=sentences,
        all_sentences=all_sentences,
    )
    with open_desk(app, config, make=True) as desk:
        followed = Followed(
            name="" if name is None else parsed("--name", check_name, name),
            location=parsed("LOCATION", check_place, place_of(location)),
            pin=None if pin is None else parsed("--pin", parse_hash, pin),
            tags=parsed("--tag", lambda _: check_tags(tags), ""),
            every=desk.settings.every if every is None else parsed("--every", parse_interval, every),
            added_at=app.clock(),
            proxy=parsed("--proxy", kept_proxy, proxy),
            allow_http=allow_http,
            ca_file="" if ca_file is None else parsed("--ca-file", check_place, str(ca_file.absolute())),
            first_use=trust_first_use and pin is None,
        )
        if followed.name and desk.store.find(followed.name) is not None:
            raise RefusedError(
                f"{followed.name} is in the list already", hint="Choose another --name, or remove that one first."
            )
        desk.checkers(None)  # what cannot be used is told now, and not as a failure of this canary
        seconds = timeout or desk.settings.seconds
        if options.is_given or is_foreign_place(followed.location):
            return _add_foreign(desk, followed, options, seconds)
        return _add(desk, followed, options, seconds)


def _add(desk: Desk, given: Followed, options: ForeignOptions, seconds: float) -> int:
    """Looks for a native canary, and where there is none for one in another format."""
    try:
        followed = _moved(given, seconds)
    except FetchError as error:
        # A page may lie where no canary of this project's own can.
        return _add_instead(desk, given, options, seconds, error)
    looked = _look(desk, followed, seconds)
    again = _again(desk, followed)
    if given.pin is None and is_no_native(looked):
        say(f"There is no canary of this project's own at {given.location}. Is there one in another format?\n")
        try:
            return _add_foreign(desk, given, options, seconds)
        except FetchError:
            return _answer(desk, looked, again=again)
    return _answer(desk, looked, again=again)


def _add_instead(desk: Desk, given: Followed, options: ForeignOptions, seconds: float, error: FetchError) -> int:
    if given.pin is not None:
        raise error
    try:
        return _add_foreign(desk, given, options, seconds)
    except FetchError:
        raise error from None


def _add_foreign(desk: Desk, followed: Followed, options: ForeignOptions, seconds: float) -> int:
    # Imported here: a native canary needs none of it.
    from canary.cli.watch.adding_foreign import NOTHING_ADDED, look_at_foreign  # noqa: PLC0415

    taken = look_at_foreign(desk, followed, options, seconds=seconds, again=_again(desk, followed))
    if taken is None:
        return NOTHING_ADDED
    looked, pinned = taken
    _tell_added(desk, _take_in(desk, looked, pinned))
    return looked.verdict.exit_code


def is_no_native(looked: Looked) -> bool:
    """Tells whether a host answered, and has no canary of this project's own there."""
    codes = {each.code for each in looked.verdict.findings}
    return looked.state is None and bool(codes & {Code.MISSING, Code.NOT_A_CANARY})


def is_foreign_place(location: str) -> bool:
    """Tells whether no canary of this project's own can be at a location: a repository, or a file."""
    return location.lower().startswith("git+") or (not is_url(location) and Path(location).is_file())


def _moved(followed: Followed, seconds: float) -> Followed:
    """Returns the canary at the host that its address leads to."""
    if not is_url(followed.location):
        return followed
    final = final_location(
        followed.location,
        seconds=seconds,
        allow_http=followed.allow_http,
        ca_file=Path(followed.ca_file) if followed.ca_file else None,
        proxy=followed.proxy or None,
    )
    if final != followed.location:
        say(f"{followed.location} redirects to {final}; that is what is followed from now on.")
    return replace(followed, location=final)


def _look(desk: Desk, followed: Followed, seconds: float) -> Looked:
    looking = Looking(
        state_of=lambda _: None, checkers=desk.checkers, clock=desk.app.clock, seconds=seconds, threads=1, per_host=1
    )
    return looking.look(Watched(followed, followed.added_at))


def _answer(desk: Desk, looked: Looked, *, again: list[str]) -> int:
    """Tells what was found, and takes the canary into the list if that is what was asked for."""
    followed, verdict = looked.watched.followed, looked.verdict
    tell(verdict, again=again, tried=True)
    click.echo()
    codes = {each.code for each in verdict.findings}
    if followed.pin is None and not followed.first_use:
        say(_COMPARE if verdict.fingerprint else "Nothing was added: give --pin, or look again later.")
        return verdict.exit_code
    if Code.PIN_MISMATCH in codes:
        raise CanaryError(
            "nothing was added: what lies there is another canary than the pin says, or a false one",
            hint="Check the pin and the address; if both are right, do not rely on what that host serves.",
        )
    if followed.pin is None and looked.state is None:
        raise CanaryError(
            "nothing was added: no canary was seen there that could be trusted at first use",
            hint="Look again later, or give --pin: with a pin a canary is taken in that cannot be reached now.",
        )
    followed = replace(
        followed,
        name=followed.name or verdict.canary or name_for(followed.location),
        pin=followed.pin or (looked.state.pin if looked.state else None),
    )
    row = _take_in(desk, replace(looked, watched=replace(looked.watched, followed=followed)))
    _tell_added(desk, row)
    return verdict.exit_code


def _take_in(desk: Desk, looked: Looked, pinned: Pinned | None = None) -> Watched:
    """Stores the canary, and what the look came to: a person has just read it, so that it is not told again."""
    before, now = looked.watched, looked.at
    desk.store.add(before, None, pinned)
    after = believe(before, looked.verdict, now=now, jitter=0.5, patience=desk.settings.patience)
    after, transition, _ = decide(before, replace(after, took=looked.took), now=now, policy=desk.settings.telling)
    detail = next((each.told for each in looked.verdict.deciding()), "")
    check = Check(now, looked.verdict.status, looked.took, detail)
    desk.store.record([Recorded(after, looked.state, check, looked.sighting, transition)])
    return after


def _tell_added(desk: Desk, row: Watched) -> None:
    followed = row.followed
    say(f"{followed.name} is in the list now, pinned as {hash_field(followed.pin or '')}.")
    if followed.first_use:
        say("The pin was taken from this first look. Compare it with what the organisation says elsewhere.")
    if row.status is not None and EXIT_CODES[row.status]:
        say(f"You have just read that it is {row.status}; that is not told again as news, but it counts.")
    say(f"It is looked at next at about {minute(row.next_at)} UTC, by: {desk.typed('canary watch run')}")
    say_next("canary cron prints the lines that do this for ever.")


def _again(desk: Desk, followed: Followed) -> list[str]:
    words = ["canary", "watch", "add", followed.location]
    for option, value in (("--name", followed.name), ("--proxy", followed.proxy), ("--ca-file", followed.ca_file)):
        words += [option, value] if value else []
    for tag in followed.tags:
        words += ["--tag", tag]
    words += ["--every", format_interval(followed.every)] if followed.every != desk.settings.every else []
    words += ["--allow-http"] if followed.allow_http else []
    return [*words, *(["--config", str(desk.config)] if desk.config else [])]
