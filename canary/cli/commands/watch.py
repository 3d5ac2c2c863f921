"""The options of `canary watch` and its commands. The work is in `canary.cli.watch`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from canary.cli.app import App
from canary.cli.commands.foreign import foreign_options
from canary.cli.commands.looking import pin_option
from canary.cli.commands.options import json_option
from canary.cli.commands.worker import worker

F = TypeVar("F", bound=Callable[..., Any])

_config = click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="The watcher's configuration.")
_tags = click.option("--tag", "tags", multiple=True, metavar="T", help="Only what is filed under T; once for each.")
_timeout = click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=3_600.0),
    metavar="S",
    help="Seconds for each look.  [default: as configured, 60]",
)


@click.group()
def watch() -> None:
    """Follow canaries for ever: a list, a memory, and alerts when something changes."""


@watch.command()
@click.argument("location")
@pin_option
@click.option("--trust-first-use", is_flag=True, help="Take what is seen now for the pin.")
@click.option("--name", metavar="N", help="What to call it.  [default: the canary's id]")
@click.option("--tag", "tags", multiple=True, metavar="T", help="File it under T; once for each.")
@click.option("--every", metavar="6h", help="How often to look: 30m, 6h, 7d.  [default: as configured, 6h]")
@click.option("--proxy", metavar="URL", default="", help="A proxy of its own, http://… or socks5h://…, for Tor.")
@click.option("--allow-http", is_flag=True, help="Take http:// for another host than this machine.")
@click.option("--ca-file", type=click.Path(path_type=Path), metavar="FILE", help="Certificates to trust for TLS.")
@foreign_options
@_timeout
@_config
@click.pass_obj
def add(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Look at the canary at LOCATION, say what was found, and take it into the list.

    LOCATION is a site, a copy of one in a folder, or the place of a canary in another format: a text, a page, a file,
    git+https://… for a repository. Without --pin nothing is added: it says what it found, and what would be pinned.
    """
    return worker("canary.cli.watch.adding", "add")(app, **options)


@watch.command("list")
@_tags
@json_option
@_config
@click.pass_obj
def list_canaries(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """List what is followed, how it stands, and alerts that could not be delivered."""
    return worker("canary.cli.watch.listing", "list_canaries")(app, **options)


@watch.command()
@click.argument("name")
@json_option
@_config
@click.pass_obj
def show(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Show what is known of NAME: statements, evidence, what changed when, looks, what was seen when one failed."""
    return worker("canary.cli.watch.showing", "show")(app, **options)


@watch.command()
@click.argument("name")
@click.option("--location", metavar="URL", help="Where it lies now; the pin stays.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="File it under T, and no others; once for each.")
@click.option("--every", metavar="6h", help="How often to look: 30m, 6h, 7d.")
@click.option("--proxy", metavar="URL", help="A proxy of its own; an empty one for none.")
@_config
@click.pass_obj
def change(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Change how NAME is followed; its history stays. The next run looks at it."""
    return worker("canary.cli.watch.minding", "change")(app, **options)


@watch.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_config
@click.pass_obj
def remove(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Take NAME out of the list, with all that is remembered of it."""
    return worker("canary.cli.watch.minding", "remove")(app, **options)


@watch.command()
@click.argument("name")
@click.option("--note", default="", metavar="TEXT", help="What you found out; kept with it.")
@click.option("--status", metavar="STATUS", help="What you have read: refused if something else stands now.")
@_config
@click.pass_obj
def ack(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Say that you have read what stands at NAME: it is not told again, nor counted, until it changes."""
    return worker("canary.cli.watch.minding", "ack")(app, **options)


@watch.command()
@click.argument("name")
@click.option("--for", "length", metavar="7d", help="For how long: 30m, 6h, 7d.")
@click.option("--off", is_flag=True, help="Tell again from now on.")
@_config
@click.pass_obj
def mute(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Tell nothing of NAME for a while; what stands afterwards is told then."""
    return worker("canary.cli.watch.minding", "mute")(app, **options)


@watch.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@_config
@click.pass_obj
def import_list(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Take the canaries in FILE into the list: TOML, or JSON lines (*.jsonl). The next run looks at them."""
    return worker("canary.cli.watch.exchange", "import_list")(app, **options)


@watch.command()
@click.option("--format", "output", type=click.Choice(["toml", "jsonl"]), default="toml", show_default=True)
@_tags
@_config
@click.pass_obj
def export(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Print the list so that `canary watch import` takes it."""
    return worker("canary.cli.watch.exchange", "export")(app, **options)


@watch.command("test-alert")
@click.option("--channel", metavar="NAME", help="Only through this channel.")
@_config
@click.pass_obj
def test_alert(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Send a test through every channel, now, and say what came of it."""
    return worker("canary.cli.watch.trying", "test_alert")(app, **options)


@watch.command()
@click.argument("channel")
@_config
@click.pass_obj
def dismiss(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Forget the alerts that CHANNEL refused for good, once you have read them."""
    return worker("canary.cli.watch.minding", "dismiss")(app, **options)


@watch.command()
@click.argument("file", type=click.Path(path_type=Path))
@_config
@click.pass_obj
def backup(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Write a consistent copy of the memory to FILE, also while a run is at work."""
    return worker("canary.cli.watch.minding", "backup")(app, **options)


@watch.command()
@_tags
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "jsonl", "nagios", "prometheus"]),
    default="text",
    show_default=True,
    help="How to print the result.",
)
@json_option
@click.option(
    "--output",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the result to FILE, whole or not at all, instead of printing it; with another format than text.",
)
@click.option("--quiet", is_flag=True, help="Print nothing while there is nothing new: for cron, which mails it.")
@click.option("--daemon", is_flag=True, help="Go on until stopped, looking when something is due.")
@click.option("--trust-clock", is_flag=True, help="This machine's clock is right, though an earlier look was later.")
@_timeout
@_config
@click.pass_obj
def run(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Look at what is due, store what was found, and tell what changed: one pass, for cron.

    Exit code: that of everything in the list, due now or not: 2 before 3 before 1 before 0. What was acknowledged
    does not count. 3 also where nothing could be done, and where there is no list.
    """
    return worker("canary.cli.watch.running", "run")(app, **options)


@watch.group()
def profile() -> None:
    """How dates, promises and statements are read in canaries of other formats."""


@profile.command("test")
@click.argument("named", metavar="PROFILE")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_obj
def test_profile(app: App, /, **options: Any) -> int | None:  # noqa: ANN401  # the worker has their types
    """Show what PROFILE reads in each FILE, and from where; nothing is verified.

    PROFILE is the name of one that ships, or the path of a file that ends in .toml. Exit code 1 where something that
    the profile looks for is not there.
    """
    return worker("canary.cli.watch.profiles", "test_profile")(app, **options)
