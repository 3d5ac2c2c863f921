"""Single values of a watcher's configuration: paths, secrets, e-mail addresses, hosts, URLs, times and their zones.

- A **path** is whole, begins with `~/`, or is counted from the folder in which the configuration lies.
- A **secret** is named by a file (`…_file`) or an environment variable (`…_environment`), and never stands here:
  configurations are copied, shown and kept under version control.
- An **e-mail address** is ASCII, without a name beside it (RFC 5321, section 4.1.2, `Dot-string@Domain`).
"""

from __future__ import annotations

import ipaddress
import re
from datetime import time
from zoneinfo import available_timezones

import msgspec

from canary.core.judging.fetched import shown
from canary.core.judging.origin import origin
from canary.core.watching.watch_settings import Secret
from canary.errors import MalformedError
from canary.formats.settings.toml_table import Table, nearest

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_MAIL = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>.+)")
_LOCAL_PART = 64
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class Places(msgspec.Struct, frozen=True):
    """What paths are counted from.

    Attributes:
        folder: the folder in which the configuration lies, by its whole path; empty where it lies in none.
        home: the user's home; empty where there is none.
    """

    folder: str = ""
    home: str = ""

    def path(self, text: str) -> str:
        """Returns the whole path that a text names.

        Raises:
            MalformedError: it is counted from a place that is not known.
        """
        if text.startswith("/"):
            return text
        base, rest = (self.home, text[2:]) if text.startswith("~/") else (self.folder, text)
        if text.startswith("~") and not text.startswith("~/"):
            raise MalformedError("a path begins with ~/ or without ~; write another user's home out")
        if not base:
            raise MalformedError("a whole path is needed here, from / on")
        return f"{base.rstrip('/')}/{rest}"

    def program(self, text: str) -> str:
        """Returns the whole path of a program.

        Raises:
            MalformedError: it is not named by its whole path, or one from `~/` on.
        """
        if not text.startswith(("/", "~/")):
            raise MalformedError(f"the program needs its whole path, like /usr/local/bin/page, not {shown(text)}")
        return self.path(text)


def read_secret(table: Table, key: str, places: Places) -> Secret | None:
    """Returns where a secret is read from; None where the table does not say.

    Args:
        table: the table.
        key: what the secret is called there; `_file` or `_environment` is added to it.
        places: what paths are counted from.

    Raises:
        MalformedError: the secret itself stands there, or it is named in two ways, or in none that can be.
    """
    file, environment = f"{key}_file", f"{key}_environment"
    if key in table:
        raise table.fault(
            key,
            "a secret does not belong into this file, which is copied and shown",
            hint=f'Put it into a file of its own and name that, {file} = "…", or name a variable, {environment} = "…".',
        )
    if file in table and environment in table:
        raise table.fault(environment, f"{file} is there too, and one of them is enough", hint="Take one of them out.")
    if file in table:
        return Secret(file=table.parsed(file, places.path, takes="the path of a file"))
    if environment in table:
        return Secret(environment=table.parsed(environment, parse_variable, takes="the name of a variable"))
    return None


def parse_variable(text: str) -> str:
    """Returns `text` if an environment variable can be called that.

    Raises:
        MalformedError: it cannot.
    """
    if not _VARIABLE.fullmatch(text):
        raise MalformedError("a variable is called by A-Z, a-z, 0-9 and _, at most 128 of them, and no digit first")
    return text


def parse_host(text: str) -> str:
    """Returns the name or the IP address of a host.

    Raises:
        MalformedError: it is neither.
    """
    if _HOST.fullmatch(text) or is_address(text):
        return text
    raise MalformedError(f"a host is a name in ASCII or an IP address, without port or scheme, not {shown(text)}")


def is_address(host: str) -> bool:
    """Tells whether a host is named by its IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_this_machine(host: str) -> bool:
    """Tells whether a host is this very machine, by its name or its address."""
    return host.lower() == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def parse_mail_address(text: str) -> str:
    """Returns an e-mail address.

    Raises:
        MalformedError: it is none.
    """
    matched = _MAIL.fullmatch(text)
    if not matched or len(matched["local"]) > _LOCAL_PART or not _HOST.fullmatch(matched["domain"]):
        raise MalformedError(
            f"an address is written like name@example.net, without a name beside it, not {shown(text)}"
        )
    return text


def parse_url(text: str) -> str:
    """Returns an http or https URL. It may hold a token, so no message shows it.

    Raises:
        MalformedError: it is none, or holds credentials or a fragment.
    """
    try:
        origin(text)
    except ValueError as error:
        raise MalformedError(f"an address {error}") from error
    if "#" in text:
        raise MalformedError("an address holds a fragment (#), which no server sees")
    return text


def is_open(url: str) -> bool:
    """Tells whether what goes to a URL can be read on the way: http, and not to this very machine."""
    found = origin(url)
    return found.scheme == "http" and not found.is_loopback


def parse_clock(text: str) -> time:
    """Reads a time on a wall clock, like `22:00`.

    Raises:
        MalformedError: another spelling.
    """
    matched = _CLOCK.fullmatch(text)
    if not matched:
        raise MalformedError(f"a time is written like 07:00 or 22:30, not {shown(text)}")
    return time(int(matched[1]), int(matched[2]))


def parse_zone(text: str) -> str:
    """Returns `text` if a time zone of the IANA database is called that.

    Raises:
        MalformedError: none is.
    """
    # Not by opening it: whatever else lies where the system keeps its zones would be taken for one.
    zones = available_timezones()
    if text not in zones:
        near = nearest(text, zones) or "; one is called like Europe/Berlin, or UTC"
        raise MalformedError(f"there is no time zone {shown(text)}{near}")
    return text
