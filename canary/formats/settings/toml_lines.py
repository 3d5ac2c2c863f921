"""Lines of a TOML text: which one sets a key, since the standard library's reader keeps none, and which is too deep.

A key stands where the shortest beginning of the text that is TOML, and has the key, ends. Nothing is guessed from how
a line looks, so that a text in quotes, or a comment, that looks like a key misleads nobody.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence

_DEEPEST = 16
"""Dots in one line outside of quotes and comments: a key of a configuration has two."""

_LINE = re.compile(r"[^\n]*\n?")
_NO_KEYS = re.compile(r"""\"[^"\\\n]*(?:\\.[^"\\\n]*)*\"|'[^'\n]*'|\#[^\n]*""")
"""What stands in quotes, and comments."""

_TRIES = 100
"""Beginnings that are read: each costs as much as the text, and lines within one long value are tried one by one."""


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """Returns the first line of what sets a key, counted from 1; None where it cannot be told with little work.

    Args:
        text: a TOML text.
        path: the names of the tables and the key, and the places in arrays, counted from 0.
    """
    lines = [f"{line}\n" for line in text.split("\n")]
    without, having, tries = 0, len(lines), _TRIES
    while having - without > 1:
        middle = (without + having) // 2
        for end in (*range(middle, without, -1), *range(middle + 1, having)):
            if not tries:
                return None
            tries -= 1
            found = _has("".join(lines[:end]), path)
            if found is not None:
                without, having = (without, end) if found else (end, having)
                break
        else:
            break
    return without + 1


def _has(text: str, path: Sequence[str | int]) -> bool | None:
    """Tells whether a text has a key; None where it is no TOML."""
    try:
        value: object = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    for step in path:
        places = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}
        if step not in places:
            return False
        value = places[step]
    return True


def deep_line(text: str) -> int | None:
    """Returns the first line, counted from 1, with keys that lie deeper in keys than any text here has them.

    tomllib takes memory and time with the square of a key's parts: one line of 40,000 bytes takes more than a gigabyte.

    Args:
        text: a TOML text, or none.
    """
    # A text over several lines can hide a quote that begins outside of it, so where there is one every dot counts.
    all_count = '"""' in text or "'''" in text
    # Found one by one: a list of the lines of a text of line ends would be many times its size.
    for number, found in enumerate(_LINE.finditer(text), 1):
        line = found[0]
        if line.count(".") > _DEEPEST and (all_count or _NO_KEYS.sub("", line).count(".") > _DEEPEST):
            return number
    return None
