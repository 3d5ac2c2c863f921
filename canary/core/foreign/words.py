"""Words of foreign statements, made comparable: line breaks, wider spaces and typographic quotes change nothing."""

from __future__ import annotations

import unicodedata

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
    visible = "".join(each for each in unicodedata.normalize("NFC", text) if unicodedata.category(each) != "Cf")
    return " ".join(visible.translate(_QUOTES).split())
