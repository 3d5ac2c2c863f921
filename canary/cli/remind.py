"""`canary remind`: tells the signers who have not signed that a release is due; made for cron.

A reminder that was taken is written down at once, and one that was not is sent by the next run; so a crash can make one
come twice, and loses none.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import click
from msgspec.structs import replace

from canary.cli.app import App
from canary.cli.formats import UNKNOWN, failures_in
from canary.cli.outlook import Outlook, look_ahead
from canary.cli.session import Session, open_session
from canary.cli.talk import say
from canary.core.documents.schedule import Window
from canary.core.watching.message import Message
from canary.core.watching.watch_settings import Command, Smtp
from canary.edges.channels.secrets import exposed
from canary.edges.disk.remind_config_file import read_remind_config
from canary.edges.disk.reminded_file import read_reminded, usual_reminded_file, write_reminded
from canary.edges.memory.state_file import held
from canary.errors import CanaryError
from canary.flows.issue.due import what_is_due
from canary.flows.issue.reminding import Awaited, Reminder, awaited, reminder_message, reminders, trial_message
from canary.formats.reminded_json import Reminded
from canary.formats.settings.remind_config import RemindSettings

_WAIT_SECONDS = 10.0
"""Seconds to wait for another run, which may be at work on the same reminders."""

_NONE = timedelta(0)


def remind(app: App, *, config: Path | None, state_file: Path | None, trial: bool, quiet: bool, workspace: Path) -> int:
    """Does what `canary remind` says. Returns the exit code."""
    with failures_in("text"), open_session(app, workspace, changes=False) as session:
        settings = read_remind_config(config, session.workspace.root)
        _warn(settings)
        now = app.clock()
        if trial:
            return _try(session, settings, now)
        outlook = look_ahead(session, now=now)
        path = state_file or usual_reminded_file(session.config.canary.id)
        told, faults = _remind(session, settings, outlook, path, now=now)
        if told or not quiet:
            say(f"{session.config.canary.id}: {outlook.due.message}.")
        if told:
            say(f"Reminded ({told[0].occasion}): {', '.join(each.signer for each in told)}.")
        elif not quiet:
            say("Nobody was to be reminded just now.")
        return _tell_faults(faults) or int(outlook.due.level)


def _remind(
    session: Session, settings: RemindSettings, outlook: Outlook, path: Path, *, now: datetime
) -> tuple[list[Reminder], list[CanaryError]]:
    """Reminds whoever is to be reminded. Returns who was, and what went wrong."""
    canary, window = session.config.canary.id, outlook.due.window
    reminded: list[Reminder] = []
    faults = list(_without_address(session, settings))
    if window is None:
        return reminded, faults
    turn = _whose_turn(session, outlook, window, now)
    with held(path, seconds=_WAIT_SECONDS):
        told = _told_before(path, canary, window)
        for reminder in reminders(outlook.published, window, turn.signers, told, now=now):
            if not _can_be_told(settings, reminder.signer):
                continue
            message = reminder_message(canary, outlook.due, reminder, publishing=turn.publishing, now=now)
            try:
                _send(settings, reminder.signer, message)
            except CanaryError as error:
                faults.append(CanaryError(f"{reminder.signer} was not reminded: {error.what}", hint=error.hint))
                continue
            told[reminder.signer] = reminder.occasion
            write_reminded(path, Reminded(canary, window, told))
            reminded.append(reminder)
    return reminded, faults


def _whose_turn(session: Session, outlook: Outlook, window: Window, now: datetime) -> Awaited:
    later = what_is_due(session.history, now=now, ahead=_NONE, critical=_NONE).window
    return awaited(session.history, outlook.board, window, in_log=outlook.behind and later != window)


def _told_before(path: Path, canary: str, window: Window) -> dict[str, str]:
    reminded = read_reminded(path)
    if reminded is None:
        return {}
    if reminded.canary != canary:
        raise CanaryError(
            f"{path} is about the reminders of another canary, {reminded.canary}",
            hint="Name a file of its own for each canary.",
        )
    return dict(reminded.told) if reminded.window == window else {}


def _send(settings: RemindSettings, signer: str, message: Message) -> None:
    """Imports what this way of telling needs, and not the other."""
    match settings.how:
        case Smtp() as smtp:
            from canary.edges.channels.channel_smtp import SmtpChannel  # noqa: PLC0415

            SmtpChannel(replace(smtp, to=(settings.addresses[signer],)), seconds=settings.seconds).send(message)
        case Command() as command:
            from canary.edges.channels.channel_command import CommandChannel  # noqa: PLC0415

            CommandChannel(command, seconds=settings.seconds).send(message)


def _can_be_told(settings: RemindSettings, signer: str) -> bool:
    return isinstance(settings.how, Command) or signer in settings.addresses


def _signers(session: Session) -> tuple[str, ...]:
    roster = session.history.roster
    return tuple(signer.name for signer in roster.signers) if roster else ()


def _without_address(session: Session, settings: RemindSettings) -> Iterator[CanaryError]:
    missing = [name for name in _signers(session) if not _can_be_told(settings, name)]
    if missing:
        yield CanaryError(
            f"there is no address of {', '.join(missing)}, so nobody can remind them",
            hint=f'Write it under [signers]: {missing[0]} = "name@example.net".',
        )


def _warn(settings: RemindSettings) -> None:
    password = settings.how.password if isinstance(settings.how, Smtp) else None
    warning = exposed(password) if password else ""
    if warning:
        click.echo(f"Warning: {warning}", err=True)


def _tell_faults(faults: list[CanaryError]) -> int:
    for fault in faults:
        click.echo(f"canary: {fault.what}", err=True)
        if fault.hint:
            click.echo(f"What to do: {fault.hint}", err=True)
    return UNKNOWN if faults else 0


def _try(session: Session, settings: RemindSettings, now: datetime) -> int:
    """Sends every signer a test. Nothing is written down of it."""
    faults = list(_without_address(session, settings))
    for name in _signers(session):
        if not _can_be_told(settings, name):
            continue
        try:
            _send(settings, name, trial_message(session.config.canary.id, name, now=now))
        except CanaryError as error:
            faults.append(CanaryError(f"{name} was not told: {error.what}", hint=error.hint))
        else:
            say(f"{name}: taken.")
    return _tell_faults(faults)
