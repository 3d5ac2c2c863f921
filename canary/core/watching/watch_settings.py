"""What a watcher is told to do, as values: its configuration, checked (`canary.formats.settings.watch_config`).

Files are named by whole paths here. No secret is: a `Secret` says where one is read from when it is needed.
"""

from __future__ import annotations

from datetime import time, timedelta
from enum import StrEnum

import msgspec

from canary.core.watching.agenda import Patience
from canary.core.watching.telling import TellingPolicy


class Secret(msgspec.Struct, frozen=True):
    """Where a secret is read from: exactly one of the two is set.

    Attributes:
        file: a file that holds it, by its whole path.
        environment: an environment variable that holds it.
    """

    file: str = ""
    environment: str = ""


class Security(StrEnum):
    """How a connection to a mail server is encrypted."""

    STARTTLS = "starttls"
    """Encrypted after the first words, or not used (RFC 3207)."""

    TLS = "tls"
    """Encrypted from the first byte (RFC 8314)."""

    NONE = "none"
    """Not encrypted; for a mail server on this very machine or network."""


class Smtp(msgspec.Struct, frozen=True):
    """E-mail.

    Attributes:
        host: the mail server's name or IP address.
        port: its port.
        security: how the connection is encrypted.
        sender: the address it comes from; ASCII, without a name.
        to: the addresses it goes to, at least one.
        user: whom to log in as; empty for no login.
        password: that user's password; None without a login.
        ca_file: certificates to trust for TLS in the place of the usual ones (PEM); empty for those.
        html: whether an HTML part goes with the plain text.
    """

    host: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: Secret | None = None
    ca_file: str = ""
    html: bool = True


class Webhook(msgspec.Struct, frozen=True):
    """An HTTP server that takes JSON.

    Attributes:
        url: where; https, or http on this very machine, or anywhere with `allow_http`.
        secret: the key that what is sent is signed with (HMAC); None for no signature.
        ca_file: certificates to trust for TLS in the place of the usual ones (PEM); empty for those.
        allow_http: whether http:// is taken for another host than this machine.
    """

    url: str
    secret: Secret | None = None
    ca_file: str = ""
    allow_http: bool = False


class Command(msgspec.Struct, frozen=True):
    """A program on this machine.

    Attributes:
        run: its whole path, and its arguments.
    """

    run: tuple[str, ...]


class Stream(msgspec.Struct, frozen=True):
    """Standard output."""


class Apprise(msgspec.Struct, frozen=True):
    """Any service that apprise knows.

    Attributes:
        urls: where its URLs are read from, one a line; they hold tokens.
    """

    urls: Secret


class Quiet(msgspec.Struct, frozen=True):
    """Hours of every day in which a channel is not to disturb anybody.

    Attributes:
        begins: the first moment of them, on the wall clock.
        ends: the first moment after them; where it is not later than `begins`, on the next day. Never the same.
        zone: whose wall clock: the name of a time zone of the IANA database.
    """

    begins: time
    ends: time
    zone: str


class ChannelSettings(msgspec.Struct, frozen=True):
    """One channel.

    Attributes:
        name: what it is called in routes and in messages.
        how: what it takes to send through it.
        digest: whether the alerts of one run go as one message.
        quiet: its quiet hours; None for none.
        seconds: how long one message may take.
    """

    name: str
    how: Smtp | Webhook | Command | Stream | Apprise
    digest: bool = True
    quiet: Quiet | None = None
    seconds: float = 30


class Level(StrEnum):
    """How bad something is, for routes, the least first: the monitoring plugins' 0, 1, 3 and 2, in that order."""

    NOTICE = "notice"
    WARNING = "warning"
    UNKNOWN = "unknown"
    CRITICAL = "critical"


class Route(msgspec.Struct, frozen=True):
    """Which alerts go to which channels.

    Attributes:
        channels: the names of the channels.
        tags: only alerts about a canary with any of these; none for every alert.
        least: only alerts that are at least this bad.
    """

    channels: tuple[str, ...]
    tags: tuple[str, ...] = ()
    least: Level = Level.NOTICE


class WatchSettings(msgspec.Struct, frozen=True):
    """The whole configuration.

    Attributes:
        memory: the path of the watcher's memory, a SQLite database.
        every: how often a canary is looked at that has no interval of its own.
        threads: how many looks are made at once.
        per_host: how many of them at one host.
        seconds: what one look may take.
        patience: when a failure is believed.
        telling: what is told, and how often.
        tsa_roots: files of roots of timestamp authorities to trust besides the shipped ones.
        bitcoin_headers: a file or folder of Bitcoin block headers; empty for none.
        bitcoin_sources: who is asked for blocks, as `canary.core.dating.anchor_source` spells them.
        ping: a URL that is asked for after every completed run, so that somebody else notices when none comes; or
            where that URL is read from; empty for none.
        channels: the channels, at least one.
        routes: which alerts go where; none for every alert to every channel.
    """

    memory: str
    every: timedelta = timedelta(hours=6)
    threads: int = 16
    per_host: int = 2
    seconds: float = 60
    patience: Patience = Patience()
    telling: TellingPolicy = TellingPolicy()
    tsa_roots: tuple[str, ...] = ()
    bitcoin_headers: str = ""
    bitcoin_sources: tuple[str, ...] = ()
    ping: Secret | str = ""
    channels: tuple[ChannelSettings, ...] = (ChannelSettings("stdout", Stream()),)
    routes: tuple[Route, ...] = ()
