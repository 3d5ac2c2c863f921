"""Differences between two wordings, word by word, in plain text.

What was removed stands as [-words-] and what was added as {+words+}. Where a wording itself has `[-`, `-]`, `{+` or
`+}`, a backslash parts the two characters, so that every mark is one of a difference.
"""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

LEGEND = "([-removed-], {+added+})"
"""What a message says of the marks before it shows a difference."""

SAID = "; it said"
"""What a message says before the words of a statement that is gone."""

_MOST_WORDS = 400
"""Words in both texts together beyond which no diff is made: difflib is quadratic on hostile input."""

_UNSPACED = "\u2e80-\ua4cf\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
"""Characters of writing that has no spaces between words: Chinese and Japanese."""

# Patterns that `re` compiles, and remembers, when they are first used: most looks find nothing reworded.
_MARK = r"\[(?=-)|-(?=\])|\{(?=\+)|\+(?=\})"
_TOKEN = rf"(?:[{_UNSPACED}]|[^\s{_UNSPACED}]+)\s*"
_PASSAGE = r"(?s:\[-(.*?)(?:-\]|\Z)|\{\+(.*?)(?:\+\}|\Z))"


class Mark(StrEnum):
    """What became of some words."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


class Passage(msgspec.Struct, frozen=True):
    """Words of a difference that stand together.

    Attributes:
        mark: what became of them.
        words: the words, parted by spaces.
    """

    mark: Mark
    words: str

    def render(self) -> str:
        """Returns the words with their marks."""
        if self.mark is Mark.SAME:
            return self.words
        return f"[-{self.words}-]" if self.mark is Mark.REMOVED else f"{{+{self.words}+}}"


def word_diff(before: str, after: str) -> str:
    """Returns `after` with what was removed as [-words-] and what was added as {+words+}.

    Words are what white space parts. Where both texts together have more than 400 words, both are shown whole.
    """
    return " ".join(each.render() for each in _compared(_words(before), _words(after)))


def compare_words(before: str, after: str) -> tuple[Passage, ...]:
    """Returns the passages of a difference, for whoever marks them otherwise: joined, they read as they stand.

    A passage ends with a space where one follows in the text. Chinese and Japanese, which have none between words, are
    compared character by character. Where both texts together have more than 400 words, both are whole passages.
    """
    old, new = ([re.sub(r"\s+", " ", each) for each in re.findall(_TOKEN, text)] for text in (before, after))
    if old:
        old[-1] += " "  # what is removed from the end does not run into what was added there
    if len(old) + len(new) > _MOST_WORDS:
        return (Passage(Mark.REMOVED, "".join(old)), Passage(Mark.ADDED, "".join(new)))
    from difflib import SequenceMatcher  # noqa: PLC0415  # as below

    found: list[Passage] = []
    a, b = ([each.rstrip() for each in tokens] for tokens in (old, new))
    for kind, i1, i2, j1, j2 in SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        if kind == "equal":
            _add(found, Mark.SAME, "".join(new[j1:j2]))
            continue
        _add(found, Mark.REMOVED, "".join(old[i1:i2]))
        _add(found, Mark.ADDED, "".join(new[j1:j2]))
    return tuple(found)


def passages(difference: str) -> tuple[Passage, ...]:
    """Returns the passages of what `word_diff` returned, even if the end of it was cut off."""
    found: list[Passage] = []
    begins = 0
    for match in re.finditer(_PASSAGE, difference):
        _add(found, Mark.SAME, difference[begins : match.start()].strip())
        removed, added = match.groups()
        _add(found, Mark.ADDED if removed is None else Mark.REMOVED, added if removed is None else removed)
        begins = match.end()
    _add(found, Mark.SAME, difference[begins:].strip())
    return tuple(found)


def _add(found: list[Passage], mark: Mark, words: str) -> None:
    if words:
        found.append(Passage(mark, words))


def _words(text: str) -> list[str]:
    return [re.sub(_MARK, r"\g<0>\\", each) for each in text.split()]


def _compared(old: list[str], new: list[str]) -> list[Passage]:
    found: list[Passage] = []
    if len(old) + len(new) > _MOST_WORDS:
        _add(found, Mark.REMOVED, " ".join(old))
        _add(found, Mark.ADDED, " ".join(new))
        return found
    # Imported here: most looks find nothing reworded.
    from difflib import SequenceMatcher  # noqa: PLC0415

    for kind, i1, i2, j1, j2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            _add(found, Mark.SAME, " ".join(old[i1:i2]))
            continue
        _add(found, Mark.REMOVED, " ".join(old[i1:i2]))
        _add(found, Mark.ADDED, " ".join(new[j1:j2]))
    return found
