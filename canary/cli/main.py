"""The entry point, and the one place where errors become messages and exit codes.

Every error leaves with 3, as the monitoring plugins have it for "could not tell", unless it says otherwise; a
usage error too (click's own 2 would read as CRITICAL).
"""

from __future__ import annotations

import gc
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import click

from canary.cli.app import App
from canary.cli.formats import asked_for, in_words, print_failure
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
    "publish": ("canary.cli.commands.publish", "publish"),
    "timestamp": ("canary.cli.commands.timestamp", "timestamp"),
    "verify": ("canary.cli.commands.verify", "verify"),
    "explain": ("canary.cli.commands.explain", "explain"),
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
    "publish": "Publish the signed draft.",
    "timestamp": "Fetch timestamps that are missing.",
    "verify": "Check a canary.",
    "explain": "Tell when a release was signed, and how to check that.",
    "spec": "Print the specification of the formats.",
}

UNKNOWN = 3


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

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as click has it
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader went away (canary verify | head). click would leave with 1, which is a warning; and what is
            # still unwritten must not trip the interpreter up on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(UNKNOWN)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_HELP.items()))


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
    try:
        result = canary.main(args=given, prog_name="canary", standalone_mode=False, obj=app or App())
    except click.ClickException as error:
        error.show()
        if asked_for(given) != "text":
            print_failure(asked_for(given), error.format_message(), "See canary --help.", UNKNOWN)
        return UNKNOWN
    except click.Abort:
        click.echo("Stopped before it was finished.", err=True)
        return UNKNOWN
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A verdict is not lost because a terminal or a cron job cannot write one of a publisher's characters.
            stream.reconfigure(errors="backslashreplace")
    code = _flushed(_guarded())
    gc.freeze()  # or the interpreter would look through everything once more before it throws it away
    sys.exit(code)


def _guarded() -> int:
    """Runs the command line; a fault of this program leaves with 3 too, and not with Python's 1, a warning."""
    try:
        return run()
    except Exception as error:  # noqa: BLE001  # the last wall
        import traceback  # noqa: PLC0415  # needed once in a lifetime

        traceback.print_exc()
        what = f"this is a fault of canary itself: {error!r}"
        if asked_for(sys.argv) != "text":
            print_failure(asked_for(sys.argv), what, "Please report it.", UNKNOWN)
        return _told(what, "Please report it, with the lines above.", UNKNOWN)


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except OSError as error:
        # Nobody has read the answer, so it must not look like one.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _told(f"the answer could not be written: {in_words(error)}", "", UNKNOWN)
    return code


def _told(what: str, hint: str, code: int) -> int:
    click.echo(f"canary: {what}", err=True)
    if hint:
        click.echo(f"What to do: {hint}", err=True)
    return code
