"""The entry point, and the one place where errors become messages and exit codes.

Every error leaves with 3, as the monitoring plugins have it for "could not tell", unless it says otherwise; a
usage error too (click's own 2 would read as CRITICAL).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import click

from canary.cli.app import App
from canary.cli.formats import asked_for, in_words, print_failure
from canary.cli.streams import discard, fault_in_writing, set_up
from canary.errors import CanaryError

_COMMANDS = {
    "init": ("canary.cli.commands.init", "init"),
    "key": ("canary.cli.commands.key", "key"),
    "roster": ("canary.cli.commands.roster", "roster"),
    "draft": ("canary.cli.commands.draft", "draft"),
    "sign": ("canary.cli.commands.sign", "sign"),
    "unsign": ("canary.cli.commands.collect", "unsign"),
    "merge": ("canary.cli.commands.collect", "merge"),
    "status": ("canary.cli.commands.status", "status"),
    "print": ("canary.cli.commands.print_paper", "print_paper"),
    "remind": ("canary.cli.commands.remind", "remind"),
    "publish": ("canary.cli.commands.publish", "publish"),
    "timestamp": ("canary.cli.commands.timestamp", "timestamp"),
    "verify": ("canary.cli.commands.verify", "verify"),
    "explain": ("canary.cli.commands.explain", "explain"),
    "watch": ("canary.cli.commands.watch", "watch"),
    "cron": ("canary.cli.commands.cron", "cron"),
    "spec": ("canary.cli.commands.spec", "spec"),
}
"""Where each command lives; imported when it is called, so that `--help` stays quick."""

_HELP = {
    "init": "Begin a new canary in a folder of its own.",
    "key": "Make, take in and list signers' keys.",
    "roster": "Draft the next roster from canary.toml and keys/.",
    "draft": "Draft the next release.",
    "sign": "Affirm the open draft, statement by statement, and sign it.",
    "unsign": "Take a signature back before publishing.",
    "merge": "Take in signatures made on other machines.",
    "status": "Show what is due and who has signed.",
    "print": "Put a draft, or what is published, on paper.",
    "remind": "Remind the signers who have not signed.",
    "publish": "Publish the signed draft.",
    "timestamp": "Fetch timestamps that are missing.",
    "verify": "Check a canary.",
    "explain": "Tell when a release was signed, and how to check that.",
    "watch": "Follow many canaries, and be told when something changes.",
    "cron": "Print crontab lines, or systemd units.",
    "spec": "Print the specification of the formats.",
}

UNKNOWN = 3
_CLOSED = "standard output is closed, so nobody could read the answer; nothing was done"
_DISCARD = "Send it to /dev/null to throw it away."


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401  # as click has it
    ) -> click.Context:
        # Here the help is printed.
        with _ended_by_its_reader():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as click has it
        with _ended_by_its_reader():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_HELP.items()))


@contextlib.contextmanager
def _ended_by_its_reader() -> Iterator[None]:
    """Leaves with UNKNOWN where the reader went away (canary verify | head); click would leave with 1, a warning."""
    try:
        yield
    except BrokenPipeError as error:
        discard(sys.stdout)
        raise click.exceptions.Exit(UNKNOWN) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="warrant-canary", prog_name="canary")
def canary() -> None:
    """Sign, publish and watch warrant canaries."""


def run(arguments: Sequence[str] | None = None, app: App | None = None) -> int:
    """Runs one command and returns its exit code.

    Args:
        arguments: the command line; None for the process's own.
        app: the outside world; None for the real one.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    output = asked_for(given)
    try:
        result = canary.main(args=given, prog_name="canary", standalone_mode=False, obj=app or App())
    except click.ClickException as error:
        return _told(error.format_message(), "See canary --help.", UNKNOWN, output=output, show=error.show)
    except click.Abort:
        return _told_of_a_stop(output)
    except CanaryError as error:
        return _told(error.what, error.hint, error.exit_code)
    except OSError as error:
        return _told(in_words(error), "", UNKNOWN)
    return result if isinstance(result, int) else 0


def end_tidily() -> None:
    """Lets a closed terminal and a kill end a command as Ctrl-C does, so that no temporary folder of it is left.

    A signal that is ignored (nohup) stays ignored.
    """
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def main() -> None:
    """Runs the process's own command line."""
    end_tidily()
    readable = sys.stdout is not None
    set_up()
    code = _written(_guarded() if readable else _told(_CLOSED, _DISCARD, UNKNOWN))
    gc.freeze()  # or the interpreter would look through everything once more before it throws it away
    sys.exit(code)


def _guarded() -> int:
    """Runs the command line; a fault of this program leaves with 3 too, and not with Python's 1, a warning."""
    try:
        code = run()
        _end_undisturbed()
    except KeyboardInterrupt:
        return _told_of_a_stop(asked_for(sys.argv))
    except Exception as error:  # noqa: BLE001  # the last wall
        what, hint = f"this is a fault of canary itself: {error!r}", "Please report it, with the lines above."
        return _told(what, hint, UNKNOWN, output=asked_for(sys.argv), show=partial(_show_fault, what, hint))
    return code


def _end_undisturbed() -> None:
    """Lets nothing stop the process any more: what it has answered stands."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _written(code: int) -> int:
    """Returns the exit code, once everything is written: what nobody could read must not look like an answer."""
    fault = fault_in_writing(sys.stdout)
    if fault is not None:
        code = _told(f"the answer could not be written: {in_words(fault)}", "", UNKNOWN)
    fault_in_writing(sys.stderr)
    return code


def _told_of_a_stop(output: str) -> int:
    show = partial(click.echo, "Stopped before it was finished.", err=True)
    return _told("stopped before it was finished", "Run it again.", UNKNOWN, output=output, show=show)


def _told(what: str, hint: str, code: int, *, output: str = "text", show: Callable[[], object] | None = None) -> int:
    """Tells a failure, to a monitor in the format that it asked for and to people on standard error.

    Args:
        what: what happened.
        hint: what to do; empty where there is nothing sensible to advise.
        code: the exit code.
        output: `text`, `json` or `nagios`.
        show: tells people, where that takes other words.

    Returns:
        `code`; but UNKNOWN where it could not be told, because the other codes say something to who has read why.
    """
    try:
        if output != "text":
            print_failure(output, what, hint, code)
        (show or partial(_show, what, hint))()
    except OSError:
        return UNKNOWN
    return code


def _show(what: str, hint: str) -> None:
    click.echo(f"canary: {what}", err=True)
    if hint:
        click.echo(f"What to do: {hint}", err=True)


def _show_fault(what: str, hint: str) -> None:
    import traceback  # noqa: PLC0415  # needed once in a lifetime

    traceback.print_exc()
    _show(what, hint)
