"""The channels of a watcher's configuration: one table each, `[channels.NAME]`.

Every table has `kind`, and may have `timeout`, `digest` and `quiet`; the other keys depend on the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum

from msgspec.structs import replace

from canary.core.watching.quiet_hours import check_quiet
from canary.core.watching.watch_settings import (
    Apprise,
    ChannelSettings,
    Command,
    Quiet,
    Security,
    Smtp,
    Stream,
    Webhook,
)
from canary.errors import MalformedError
from canary.formats.settings.toml_table import Table
from canary.formats.settings.watch_values import (
    Places,
    is_open,
    is_this_machine,
    parse_clock,
    parse_host,
    parse_mail_address,
    parse_url,
    parse_zone,
    read_secret,
)
from canary.limits import CONFIG_LIST, LOOK_LONGEST

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MOST_PORT = 65_535
_PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
_COMMON = ("kind", "timeout", "digest", "quiet")
_TIMEOUT = timedelta(seconds=30)


class _Kind(StrEnum):
    SMTP = "smtp"
    WEBHOOK = "webhook"
    COMMAND = "command"
    STDOUT = "stdout"
    APPRISE = "apprise"


def read_channels(table: Table, places: Places) -> tuple[ChannelSettings, ...]:
    """Returns the channels; none where there are none.

    Raises:
        MalformedError: one is not as it must be, or there are too many.
    """
    names = table.names()
    for name in names:
        if not _NAME.fullmatch(name):
            raise table.fault(name, "a channel is called by 1 to 64 of a-z, 0-9, _ and -, a letter or digit first")
    if len(names) > CONFIG_LIST:
        raise table.fault(names[CONFIG_LIST], f"there are at most {CONFIG_LIST} channels")
    return tuple(_read_channel(name, table.table(name), places) for name in names)


def _read_channel(name: str, table: Table, places: Places) -> ChannelSettings:
    kind = table.choice("kind", _Kind)
    how = _READERS[kind](table, places)
    seconds = table.length("timeout", _TIMEOUT, least=timedelta(seconds=1), most=LOOK_LONGEST)
    return ChannelSettings(
        name,
        how,
        digest=table.flag("digest", default=True),
        quiet=_read_quiet(table.table("quiet")) if "quiet" in table else None,
        seconds=seconds.total_seconds(),
    )


def _read_smtp(table: Table, places: Places) -> Smtp:
    server = read_mail_server(table, places, beside=(*_COMMON, "to", "html"), html=table.flag("html", default=True))
    to = table.texts("to", parse_mail_address, least=1, most=CONFIG_LIST, takes="addresses like name@example.net")
    return replace(server, to=to)


def read_mail_server(table: Table, places: Places, *, beside: Sequence[str], html: bool) -> Smtp:
    """Returns what it takes to send e-mail, without the recipients.

    Args:
        table: the table.
        places: what paths are counted from.
        beside: which keys there may be besides those of a mail server.
        html: whether an HTML part goes with the plain text.

    Raises:
        MalformedError: something is not as it must be.
    """
    password = read_secret(table, "password", places)
    table.only(
        *beside,
        *("host", "port", "security", "from", "user", "password_file", "password_environment", "ca_file"),
    )
    security = table.choice("security", Security, Security.STARTTLS)
    smtp = Smtp(
        host=table.parsed("host", parse_host, takes="the name of the mail server"),
        port=table.number("port", _PORTS[security], least=1, most=_MOST_PORT),
        security=security,
        sender=table.parsed("from", parse_mail_address, takes="an address like canary@example.net"),
        to=(),
        user=table.text("user", ""),
        password=password,
        ca_file=_read_ca_file(table, places),
        html=html,
    )
    if bool(smtp.user) != bool(password):
        missing, there = ("password_file", "user") if smtp.user else ("user", "a password")
        raise table.fault(missing, f"it is missing; {there} is there, and a login takes both")
    if security is Security.NONE and password and not is_this_machine(smtp.host):
        raise table.fault(
            "security", 'it would send a password to another machine unencrypted; "starttls" and "tls" do not'
        )
    if security is Security.NONE and smtp.ca_file:
        raise table.fault("ca_file", 'it is of no use with security = "none"')
    return smtp


def _read_webhook(table: Table, places: Places) -> Webhook:
    secret = read_secret(table, "secret", places)
    table.only(*_COMMON, "url", "secret_file", "secret_environment", "ca_file", "allow_http")
    webhook = Webhook(
        url=table.parsed("url", parse_url, takes="an address like https://example.net/hook"),
        secret=secret,
        ca_file=_read_ca_file(table, places),
        allow_http=table.flag("allow_http", default=False),
    )
    if is_open(webhook.url) and not webhook.allow_http:
        raise table.fault(
            "url",
            "it is not encrypted; http:// is for this very machine (127.0.0.1)",
            hint="Use https://, or set allow_http = true where everybody on the way may read it.",
        )
    return webhook


def _read_command(table: Table, places: Places) -> Command:
    return read_command(table, places, beside=_COMMON)


def read_command(table: Table, places: Places, *, beside: Sequence[str]) -> Command:
    """Returns a program to run.

    Args:
        table: the table.
        places: what paths are counted from.
        beside: which keys there may be besides `run`.

    Raises:
        MalformedError: something is not as it must be.
    """
    table.only(*beside, "run")
    run = table.words("run", least=1, most=CONFIG_LIST, takes="texts: the program's whole path and its arguments")
    return Command((table.named("run", places.program, run[0]), *run[1:]))


def _read_stdout(table: Table, _: Places) -> Stream:
    table.only(*_COMMON)
    return Stream()


def _read_apprise(table: Table, places: Places) -> Apprise:
    urls = read_secret(table, "urls", places)
    table.only(*_COMMON, "urls_file", "urls_environment")
    if urls is None:
        raise table.fault("urls_file", "it is missing; it is the path of a file with one URL a line")
    return Apprise(urls)


_READERS: dict[_Kind, Callable[[Table, Places], Smtp | Webhook | Command | Stream | Apprise]] = {
    _Kind.SMTP: _read_smtp,
    _Kind.WEBHOOK: _read_webhook,
    _Kind.COMMAND: _read_command,
    _Kind.STDOUT: _read_stdout,
    _Kind.APPRISE: _read_apprise,
}


def _read_ca_file(table: Table, places: Places) -> str:
    return table.parsed("ca_file", places.path, "", takes="the path of a file of certificates")


def _read_quiet(table: Table) -> Quiet:
    table.only("from", "to", "zone")
    quiet = Quiet(
        begins=table.parsed("from", parse_clock, takes='a time like "22:00"'),
        ends=table.parsed("to", parse_clock, takes='a time like "07:00"'),
        zone=table.parsed("zone", parse_zone, takes='a time zone like "Europe/Berlin" or "UTC"'),
    )
    try:
        return check_quiet(quiet)
    except MalformedError as error:
        raise table.fault("to", error.rule) from error
