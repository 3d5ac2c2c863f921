"""The small commands of `canary watch` with which a person minds the list: remove, ack, mute, dismiss, backup."""

from __future__ import annotations

from pathlib import Path

import click
from msgspec.structs import replace

from canary.cli.app import App
from canary.cli.looking import parsed
from canary.cli.talk import at_terminal, say, say_next
from canary.cli.watch.desk import Desk, open_desk
from canary.cli.watch.exchange import fault_of
from canary.cli.watch.foreign_options import place_of
from canary.cli.watch.overview import minute
from canary.cli.watch.spreading import repositories_of
from canary.core.judging.fetched import shown
from canary.core.judging.findings import EXIT_CODES, Status
from canary.core.judging.proxy import kept_proxy
from canary.core.text.characters import check_characters
from canary.core.watching.agenda import by_time, standing
from canary.core.watching.followed import check_place, check_tags, parse_interval
from canary.core.watching.recorded import Remembered
from canary.core.watching.telling import tell as decide
from canary.core.watching.watched import Acknowledged, Watched
from canary.errors import CanaryError, MalformedError, RefusedError
from canary.limits import NOTE_CHARACTERS


def change(
    app: App,
    *,
    name: str,
    location: str | None,
    tags: tuple[str, ...],
    every: str | None,
    proxy: str | None,
    config: Path | None,
) -> None:
    """Does what `canary watch change` says."""
    if location is None and not tags and every is None and proxy is None:
        raise CanaryError("there is nothing to change", hint="Give --location, --tag, --every or --proxy.")
    with open_desk(app, config) as desk:
        row = desk.find(name)
        followed = row.followed
        if location is not None:
            followed = replace(followed, location=parsed("--location", check_place, place_of(location)))
        if tags:
            followed = replace(followed, tags=parsed("--tag", lambda _: check_tags(tags), ""))
        if every is not None:
            followed = replace(followed, every=parsed("--every", parse_interval, every))
        if proxy is not None:
            followed = replace(followed, proxy=parsed("--proxy", kept_proxy, proxy))
        if fault := fault_of(followed):
            raise CanaryError(f"nothing was changed: {fault}", hint="Check the address and the proxy.")
        desk.store.update(replace(row, followed=followed, next_at=app.clock()))
        say(f"{name} is changed, and is looked at by the next run.")


def remove(app: App, *, name: str, yes: bool, config: Path | None) -> None:
    """Does what `canary watch remove` says."""
    with open_desk(app, config) as desk:
        row = desk.find(name)
        if not yes:
            if not at_terminal():
                raise RefusedError(f"removing {name} forgets its history for good", hint="Give --yes if that is meant.")
            click.confirm(f"Forget {name}, pin, history and all?", abort=True)
        desk.store.remove(name)
        _forget_repository(desk, row.followed.location)
        say(f"{name} is no longer followed ({row.checks} looks and all else of it are forgotten).")


def _forget_repository(desk: Desk, location: str) -> None:
    """Removes what is kept of a repository that no canary of the list lies in any more."""
    if not location.lower().startswith("git+"):
        return
    # Imported here: few canaries lie in one.
    from canary.edges.web.git_source import forget, split_location  # noqa: PLC0415

    url, _ = split_location(location)
    if not any(split_location(each.followed.location)[0] == url for each in desk.store.summaries()):
        forget(repositories_of(desk.settings), url)


def ack(app: App, *, name: str, note: str, status: str | None, config: Path | None) -> None:
    """Does what `canary watch ack` says."""
    with open_desk(app, config) as desk:
        row, now = desk.find(name), app.clock()
        # What nobody has told yet is read here, and belongs to the history all the same.
        before, transition, _ = decide(row, by_time(row, now), now=now, policy=desk.settings.telling)
        verdict = standing(before, now)
        if verdict is None or before.status is None:
            raise RefusedError(f"{name} has not been looked at yet", hint=f"First: {desk.typed('canary watch run')}")
        if status is not None and (meant := parsed("--status", _status, status)) is not before.status:
            raise RefusedError(
                f"{name} is {before.status} now, and not {meant}: nothing was acknowledged",
                hint=f"See what stands: {desk.typed('canary watch show')} {name}",
            )
        if EXIT_CODES[before.status] == 0 and not any(each.sticky for each in verdict.findings):
            raise RefusedError(f"{name} is {before.status}: there is nothing to acknowledge", hint="All is well.")
        read = Acknowledged(before.status, now, parsed("--note", _checked, note))
        after = replace(before, acknowledged=read, next_at=now)
        taken = desk.store.update(after, _acknowledged(desk, row), transition, is_answer=True)
        say(f"{name}: {before.status} is acknowledged. It is not told again, and no longer counts, until it changes.")
        _say_taken_back(taken)
        say_next(f"the next look takes it in: {desk.typed('canary watch run')}")


def _acknowledged(desk: Desk, row: Watched) -> Remembered | None:
    """Returns the state of a canary after a person has read what the last look found; None where there is none."""
    name = row.followed.name
    if row.followed.format is None:
        state = desk.store.state(name)
        return None if state is None else state.acknowledge()
    # Imported here: many lists have no canary in another format.
    from canary.cli.watch.looking_foreign import question_of  # noqa: PLC0415
    from canary.core.foreign.judge import acknowledged  # noqa: PLC0415

    question = question_of(row.followed, desk.store.pinned(name), desk.store.foreign_state(name), desk.app.clock())
    if question.state is None:
        return None
    return acknowledged(question.state, question.profile)


def mute(app: App, *, name: str, length: str | None, off: bool, config: Path | None) -> None:
    """Does what `canary watch mute` says."""
    if (length is None) is not off:
        why = "for how long is missing" if length is None else "--for and --off exclude each other"
        raise CanaryError(why, hint="Give --for 7d, or --off.")
    with open_desk(app, config) as desk:
        row = desk.find(name)
        if length is None:
            desk.store.update(replace(row, muted_until=None))
            say(f"{name} is told of again.")
            return
        until = app.clock() + parsed("--for", parse_interval, length)
        taken = desk.store.update(replace(row, muted_until=until), is_answer=True)
        say(
            f"Nothing is told of {name} until {minute(until)} UTC. It is looked at all the same, and still "
            "counts in the exit code; what stands then is told then."
        )
        _say_taken_back(taken)


def dismiss(app: App, *, channel: str, config: Path | None) -> None:
    """Does what `canary watch dismiss` says."""
    with open_desk(app, config) as desk:
        count = desk.store.dismiss(channel)
        if not count:
            raise RefusedError(
                f"nothing failed for good in a channel called {shown(channel)}",
                hint=f"See: {desk.typed('canary watch list')}",
            )
        say(f"{count} {'alert that' if count == 1 else 'alerts that'} {channel} refused are no longer shown.")


def backup(app: App, *, file: Path, config: Path | None) -> None:
    """Does what `canary watch backup` says."""
    with open_desk(app, config) as desk:
        desk.store.backup(str(file))
        say(f"{file} is a checked copy of {desk.settings.memory}. It holds what you watch: keep it to yourself.")


def _say_taken_back(count: int) -> None:
    if count:
        say(f"{count} {'message that waits is' if count == 1 else 'messages that wait are'} not sent any more.")


def _status(text: str) -> Status:
    try:
        return Status(text.upper())
    except ValueError:
        raise MalformedError(f"a status is one of {', '.join(Status)}") from None


def _checked(text: str) -> str:
    """Returns a note if it can be kept: one line that a terminal can be shown."""
    if len(text) > NOTE_CHARACTERS:
        raise MalformedError(f"a note has at most {NOTE_CHARACTERS} characters")
    check_characters(text)
    return text
