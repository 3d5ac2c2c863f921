"""Characters beyond ASCII: which of them a text may hold, and in which form.

Only code points that Unicode 14 assigns pass, so Python 3.11 and every later one normalise alike (Unicode's
normalization stability policy).
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

from canary.core.text.codepoints import ALLOWED
from canary.errors import MalformedError

_FIRST = tuple(first for first, _ in ALLOWED)


def allowed(character: str) -> bool:
    """Tells whether a text may hold `character` (the line end aside)."""
    code_point = ord(character)
    run = bisect_right(_FIRST, code_point) - 1
    return run >= 0 and code_point <= ALLOWED[run][1]


def check_characters(line: str, *, number: int | None = None) -> None:
    """Checks every character of one line, without its line end.

    Raises:
        MalformedError: a code point outside the table, or the line is not in Normalization Form C.
    """
    for character in sorted(set(line)):
        if not allowed(character):
            raise MalformedError(
                f"the character U+{ord(character):04X} is not allowed ({unicodedata.name(character, 'no name')})",
                line=number,
            )
    if not unicodedata.is_normalized("NFC", line):
        raise MalformedError("a line is not in Unicode Normalization Form C", line=number)
