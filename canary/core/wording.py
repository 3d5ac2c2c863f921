"""Differences between two wordings, word by word, in plain text."""

from __future__ import annotations

_MOST_WORDS = 400
"""Words in both texts together beyond which no diff is made: difflib is quadratic on hostile input."""


def word_diff(before: str, after: str) -> str:
    """Returns `after` with what was removed as [-words-] and what was added as {+words+}.

    Words are what white space parts. Where both texts together have more than 400 words, both are shown whole.
    """
    old, new = before.split(), after.split()
    if len(old) + len(new) > _MOST_WORDS:
        return f"[-{before}-] {{+{after}+}}"
    # Imported here: most looks find nothing reworded.
    from difflib import SequenceMatcher  # noqa: PLC0415

    parts: list[str] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.extend(old[i1:i2])
            continue
        if i2 > i1:
            parts.append(f"[-{' '.join(old[i1:i2])}-]")
        if j2 > j1:
            parts.append(f"{{+{' '.join(new[j1:j2])}+}}")
    return " ".join(parts)
