"""The line of a key in a TOML text. The standard library's reader keeps none.

A key stands where the shortest beginning of the text that is TOML, and has the key, ends. Nothing is guessed from how
a line looks, so that a text in quotes, or a comment, that looks like a key misleads nobody.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

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
