"""Words of foreign statements, made comparable: line breaks, wider spaces and typographic quotes change nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_MARKS = 30
"""Combining marks on one character that are brought into order together (Unicode Standard Annex 15, Stream-Safe Text
Format): no language needs as many, and putting a run of them in order takes the square of its length."""

_QUOTES = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201b": "'",
        "\u2032": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2033": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u00a0": " ",
        "\u2026": "...",
    }
)


def normalised(text: str) -> str:
    """Returns text in NFC with plain quotes and dashes, nothing invisible, and single spaces for any white space."""
    if text.isascii():
        return " ".join(text.split())
    # What is invisible goes first: between a letter and its accent it would keep the two apart.
    visible = "".join(each for each in text if unicodedata.category(each) != "Cf")
    composed = "".join(unicodedata.normalize("NFC", piece) for piece in _stream_safe(visible))
    return " ".join(composed.translate(_QUOTES).split())


def _stream_safe(text: str) -> Iterator[str]:
    """Returns the pieces of a text, none of which has a longer run of combining marks than can be put in order."""
    begin, run = 0, 0
    for place, each in enumerate(text):
        # One that decomposes may end, or even begin, with marks of its own.
        run = run + 1 if unicodedata.combining(unicodedata.normalize("NFD", each)[-1]) else 0
        if run > _MARKS:
            yield text[begin:place]
            begin, run = place, 1
    yield text[begin:]
