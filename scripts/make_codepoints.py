"""Writes `canary/core/text/codepoints.py`: the frozen table of code points that a text may hold.

Run it with a Python whose `unicodedata` is Unicode 14.0.0 (CPython 3.11), so that the table never moves:

    python3.11 scripts/make_codepoints.py > canary/core/text/codepoints.py

`unicodedata` does not carry the property Default_Ignorable_Code_Point. By UAX #44 it is derived from the
format characters (general category Cf, refused anyway), the variation selectors, and the short list
Other_Default_Ignorable_Code_Point of PropList.txt, all three of which are below as of Unicode 14.
"""

from __future__ import annotations

import sys
import unicodedata

REFUSED_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
OTHER_DEFAULT_IGNORABLE = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x2065, 0x2065),
    (0x3164, 0x3164),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)
VARIATION_SELECTORS = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
SPACE = 0x20
BRAILLE_BLANK = 0x2800

HEADER = '''"""The code points that a text may hold. Made by `scripts/make_codepoints.py`; never edited.

A pair is the first and the last code point of a run. Assigned in Unicode 14; none that is default-ignorable,
control, format, private or surrogate; no space but U+0020; not U+2800, which looks like one. The line end
U+000A is no part of the table: lines are split before they are checked.
"""

from __future__ import annotations

from typing import Final

# fmt: off
ALLOWED: Final[tuple[tuple[int, int], ...]] = (
'''


def allowed(code_point: int) -> bool:
    """Tells whether `code_point` may stand in a text."""
    if code_point == SPACE:
        return True
    if code_point == BRAILLE_BLANK or unicodedata.category(chr(code_point)) in REFUSED_CATEGORIES:
        return False
    ignorable = OTHER_DEFAULT_IGNORABLE + VARIATION_SELECTORS
    return not any(first <= code_point <= last for first, last in ignorable)


def runs() -> list[tuple[int, int]]:
    """Returns the allowed code points as runs of first and last."""
    found: list[tuple[int, int]] = []
    for code_point in filter(allowed, range(sys.maxunicode + 1)):
        if found and found[-1][1] == code_point - 1:
            found[-1] = (found[-1][0], code_point)
        else:
            found.append((code_point, code_point))
    return found


def module() -> str:
    """Returns the text of the module."""
    pairs = [f"(0x{first:04X}, 0x{last:04X})," for first, last in runs()]
    lines = ["    " + " ".join(pairs[i : i + 5]) for i in range(0, len(pairs), 5)]
    return HEADER + "\n".join(lines) + "\n)\n# fmt: on\n"


if __name__ == "__main__":
    if unicodedata.unidata_version != "14.0.0":
        sys.exit(f"Unicode 14.0.0 is needed; this Python has {unicodedata.unidata_version}")
    sys.stdout.write(module())
