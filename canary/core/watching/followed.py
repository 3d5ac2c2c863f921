"""A canary that a watcher follows: what it is called here, where it lies, and what this watcher has said about it.

- A **name** is 1 to 128 of `A-Z`, `a-z`, `0-9`, `.`, `_`, `/`, `~` and `-`, beginning with a letter or digit. Without
  one, a canary is called by its id. No two in one list have the same.
- A **tag** is 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, beginning with a letter or digit.
- A **location** and a **file of certificates** are printable characters alone.
- An **interval** is `30m`, `6h` or `7d`: a number of minutes, hours or days, from 5 minutes to 30 days.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import msgspec

from canary.core.foreign.pinned import Format
from canary.core.judging.fetched import shown
from canary.core.text.strict import parse_number
from canary.errors import MalformedError
from canary.limits import LONGEST_INTERVAL, SHORTEST_INTERVAL, TAGS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/~-]{0,127}")
_TAG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_INTERVAL = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class Followed(msgspec.Struct, frozen=True):
    """One canary of the list.

    Attributes:
        name: what it is called here.
        location: its URL, or a folder.
        pin: SHA-256 of roster 1's text, 64 hexadecimal digits; None until a first look is trusted.
        tags: what it is filed under.
        every: how often it is looked at when nothing is due.
        added_at: since when it is followed (UTC).
        proxy: the proxy that its requests go through; empty for none.
        allow_http: whether http:// is taken for another host than this machine.
        ca_file: a file of certificates to trust for TLS in the place of the usual ones; empty for those.
        first_use: whether the pin was taken, or is to be taken, from the first look instead of given.
        format: the foreign format that is pinned; None for a canary of this project's own. What else is pinned of a
            foreign one lies in the memory beside it (`canary.core.foreign.pinned.Pinned`); `pin` is its hash then.
    """

    name: str
    location: str
    pin: str | None
    tags: tuple[str, ...]
    every: timedelta
    added_at: datetime
    proxy: str = ""
    allow_http: bool = False
    ca_file: str = ""
    first_use: bool = False
    format: Format | None = None


def check_name(text: str) -> str:
    """Returns `text` if a canary can be called that in a list.

    Raises:
        MalformedError: it cannot.
    """
    if not _NAME.fullmatch(text):
        raise MalformedError(
            "a name is 1 to 128 letters, digits, '.', '_', '/', '~' and '-', beginning with a letter or digit, "
            f"not {shown(text)}"
        )
    return text


def check_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Returns `tags` if a canary can be filed under them.

    Raises:
        MalformedError: one is misspelt or stands twice, or there are too many.
    """
    for tag in tags:
        if not _TAG.fullmatch(tag):
            raise MalformedError(f"a tag is 1 to 64 of a-z, 0-9, '.', '_' and '-', not {shown(tag)}")
    if len(set(tags)) != len(tags) or len(tags) > TAGS:
        raise MalformedError(f"a canary has at most {TAGS} tags, each once")
    return tags


def check_place(text: str) -> str:
    """Returns `text`, an address or a path, if it can be kept and shown: printable characters, none of them half ones.

    Raises:
        MalformedError: it cannot.
    """
    if not text.isprintable():
        raise MalformedError(f"an address or a path is of printable characters, not {shown(text)}")
    return text


def parse_interval(text: str) -> timedelta:
    """Returns the interval that `text` spells.

    Raises:
        MalformedError: it is misspelt, or too short or too long.
    """
    matched = _INTERVAL.fullmatch(text)
    if not matched:
        raise MalformedError(f"an interval is written like 30m, 6h or 7d, not {shown(text)}")
    interval = parse_number(matched[1]) * _UNITS[matched[2]]
    if not SHORTEST_INTERVAL <= interval <= LONGEST_INTERVAL:
        raise MalformedError(
            f"an interval lies between {format_interval(SHORTEST_INTERVAL)} and {format_interval(LONGEST_INTERVAL)}"
        )
    return interval


def format_interval(interval: timedelta) -> str:
    """Returns how an interval of whole minutes is spelt, in the largest unit that fits."""
    minutes = int(interval / _UNITS["m"])
    for unit, length in (("d", 1_440), ("h", 60)):
        if minutes % length == 0:
            return f"{minutes // length}{unit}"
    return f"{minutes}m"
