"""The watcher's configuration, one TOML file, `watch.toml`. The strict reading of it.

    [watch]
    memory = "/var/lib/canary/watch.db"
    every = "6h"

    [channels.mail]
    kind = "smtp"
    host = "mail.example.net"
    from = "canary@example.net"
    to = ["security@example.net"]

    [[routes]]
    channels = ["mail"]

A key that is not known is an error, and so is one that is missing, or a value that cannot be. Everything may be left
out: without channels there is one, `stdout`, and without routes every alert goes to every channel. The README has each
key with what it means.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from canary.core.dating.anchor_source import ChainPlace, parse_chain_place
from canary.core.watching.agenda import Patience
from canary.core.watching.followed import check_tags, parse_interval
from canary.core.watching.routing import check_routes
from canary.core.watching.telling import TellingPolicy
from canary.core.watching.watch_settings import ChannelSettings, Level, Route, Secret, WatchSettings
from canary.errors import MalformedError
from canary.formats.settings.toml_table import Table, TomlFile, nearest
from canary.formats.settings.watch_channels import read_channels
from canary.formats.settings.watch_values import Places, is_open, parse_url, read_secret
from canary.limits import (
    ANCHOR_SOURCES,
    CONFIG_LIST,
    EVIDENCE_FILES,
    LOOK_LONGEST,
    TAGS,
    WATCH_CONFIG_BYTES,
    WATCH_THREADS,
)

_PING = ("ping", "ping_file", "ping_environment")
_WATCH = (
    *("memory", "every", "threads", "per_host", "timeout", "tsa_roots", "bitcoin_headers", "bitcoin_sources"),
    *_PING,
)
_TELLING = ("reminder", "recovery_after", "ahead", "flapping_changes", "flapping_within")
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_TRIES, _LOOKS, _CHANGES, _DAYS_AHEAD = 20, 100, 100, 366


def parse_watch_config(data: bytes, *, what: str, memory: str, folder: str = "", home: str = "") -> WatchSettings:
    """Reads a watcher's configuration.

    Args:
        data: its bytes.
        what: what it is called in messages: its path.
        memory: the path of the watcher's memory where the file names none.
        folder: the folder in which it lies, by its whole path, from which paths in it are counted; empty to refuse
            those.
        home: the user's home, from which paths that begin with `~/` are counted; empty to refuse those.

    Raises:
        MalformedError: it is no TOML, or has a key or a value that cannot be; names the line, the key, and what it
            takes.
    """
    file = TomlFile(data, what=what, limit=WATCH_CONFIG_BYTES)
    root = file.root().only("watch", "patience", "telling", "channels", "routes")
    places = Places(folder, home)
    defaults = WatchSettings(memory)
    watch = root.table("watch").only(*_WATCH)
    threads = watch.number("threads", defaults.threads, least=1, most=WATCH_THREADS)
    channels = read_channels(root.table("channels"), places) or defaults.channels
    seconds = watch.length(
        "timeout", timedelta(seconds=defaults.seconds), least=timedelta(seconds=5), most=LOOK_LONGEST
    )
    return WatchSettings(
        memory=watch.parsed("memory", places.path, memory, takes="the path of a file"),
        every=watch.parsed("every", parse_interval, defaults.every, takes='an interval like "6h"'),
        threads=threads,
        per_host=watch.number("per_host", min(defaults.per_host, threads), least=1, most=threads),
        seconds=seconds.total_seconds(),
        patience=_read_patience(root.table("patience")),
        telling=_read_telling(root.table("telling")),
        tsa_roots=watch.texts("tsa_roots", places.path, most=EVIDENCE_FILES, takes="paths of files"),
        bitcoin_headers=watch.parsed("bitcoin_headers", places.path, "", takes="the path of a file or a folder"),
        bitcoin_sources=_read_sources(watch),
        ping=_read_ping(watch, places),
        channels=channels,
        routes=_read_routes(root, channels),
    )


def _read_patience(table: Table) -> Patience:
    table.only("tries", "over")
    defaults = Patience()
    return Patience(
        tries=table.number("tries", defaults.tries, least=1, most=_TRIES),
        over=table.length("over", defaults.over, least=timedelta(0), most=7 * _DAY),
    )


def _read_telling(table: Table) -> TellingPolicy:
    table.only(*_TELLING)
    defaults = TellingPolicy()
    ahead = table.numbers("ahead", defaults.ahead, least=1, most=_DAYS_AHEAD, count=CONFIG_LIST)
    return TellingPolicy(
        reminder=table.length("reminder", defaults.reminder, least=_HOUR, most=_DAYS_AHEAD * _DAY),
        recovery_after=table.number("recovery_after", defaults.recovery_after, least=1, most=_LOOKS),
        ahead=tuple(sorted(ahead, reverse=True)),
        flapping_changes=table.number("flapping_changes", defaults.flapping_changes, least=2, most=_CHANGES),
        flapping_within=table.length("flapping_within", defaults.flapping_within, least=_HOUR, most=30 * _DAY),
    )


def _read_sources(table: Table) -> tuple[str, ...]:
    found: list[ChainPlace] = []

    def parse(text: str) -> str:
        place = parse_chain_place(text)
        if place.url in [each.url for each in found]:
            raise MalformedError(f"the address {place.url} stands twice, and would agree with itself")
        found.append(place)
        return text

    return table.texts("bitcoin_sources", parse, most=ANCHOR_SOURCES, takes="sources like 'esplora https://…'")


def _read_ping(table: Table, places: Places) -> Secret | str:
    if "ping" not in table:
        return _hidden_ping(table, places)
    for other in _PING[1:]:
        if other in table:
            raise table.fault(other, "ping is there too, and one of them is enough", hint="Take one of them out.")
    return table.parsed("ping", parse_ping, takes="an address like https://example.net/ping")


def _hidden_ping(table: Table, places: Places) -> Secret | str:
    secret = read_secret(table, "ping", places)
    return "" if secret is None else secret


def parse_ping(text: str) -> str:
    """Returns the URL of a dead man's switch. It may hold a token, so no message shows it.

    Raises:
        MalformedError: it is none that may be asked.
    """
    if is_open(parse_url(text)):
        raise MalformedError("an address is https, or http on this very machine (127.0.0.1)")
    return text


# --- routes ---------------------------------------------------------------------------------------------


def _read_routes(root: Table, channels: tuple[ChannelSettings, ...]) -> tuple[Route, ...]:
    names = [each.name for each in channels]
    found: list[Route] = []
    for table in root.tables("routes", most=CONFIG_LIST):
        table.only("channels", "tags", "least")
        route = Route(
            channels=table.texts(
                "channels",
                lambda name: _check_channel(name, names),
                least=1,
                most=CONFIG_LIST,
                takes="names of channels",
            ),
            tags=table.texts("tags", _check_tag, most=TAGS, takes="tags"),
            least=table.choice("least", Level, Level.NOTICE),
        )
        if route in found:
            raise table.fault("channels", "this route stands there twice")
        found.append(route)
    try:
        check_routes(found, channels)
    except MalformedError as error:
        raise root.fault("routes", error.rule, hint=error.hint) from error
    return tuple(found)


def _check_channel(name: str, names: Collection[str]) -> str:
    if name not in names:
        raise MalformedError(
            f"there is no channel {name!a}{nearest(name, names)}", hint=f"There are: {', '.join(names)}."
        )
    return name


def _check_tag(tag: str) -> str:
    return check_tags((tag,))[0]
