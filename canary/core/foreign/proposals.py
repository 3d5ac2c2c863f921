"""Sentences of a page that look like statements, for a person to choose from when the page's canary is added.

A *statement* says what has not happened: "has never", "have not", "never", "has received no", "no … has been". A
*commitment* says what will be done, or will not: "would", "will not", "shall not", "it is our policy to". A sentence
with both is a statement ("we have never done what we would have to tell"), but for "will never".

Only whole sentences are offered, and items of lists without a full stop: a heading ("Some things we have never done")
says nothing. A question is none, and nothing is understood: "we would like to set cookies" is offered too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from canary.core.foreign.lines import cut, marked_items
from canary.limits import FOREIGN_SENTENCES, FOREIGN_STATEMENTS, SENTENCE_CHARACTERS

_END = re.compile(r"""[.!?]["')\]]{0,2} (?=["'(\[]{0,2}[A-Z0-9])""")
_FINAL = re.compile(r"""[.!]["')\]]{0,2}""")
_TAIL_CHARACTERS = 12
_NO_END = re.compile(
    r"(?:^|[ (\"'])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|Nos|Art|Sec|Inc|Ltd|Corp|Co|LLC|vs?|cf|e\.g|i\.e|etc|approx|U\.S|"
    r"U\.K|E\.U|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$"
)
"""What ends with a full stop, and is an abbreviation as a rule."""

_HAS_NOT = re.compile(
    r"\b(?:(?:has|have|had)(?:n't| not| never)|(?:has|have) (?:been |received |had )?(?:no|none)|"
    r"(?<!will )(?<!would )never|(?:no|none)\b.{1,200}\b(?:has|have) (?:ever )?been)\b",
    re.IGNORECASE,
)
_WILL = re.compile(
    r"\b(?:would|wouldn't|will not|won't|will never|shall not|shall never|(?:it is|it's) our policy (?:not )?to)\b",
    re.IGNORECASE,
)


class Kind(StrEnum):
    """What a sentence says."""

    STATEMENT = "statement"
    COMMITMENT = "commitment"


class Proposal(msgspec.Struct, frozen=True):
    """A sentence that could be pinned.

    Attributes:
        kind: what it says.
        words: its words, as they are compared (`canary.core.foreign.words`).
    """

    kind: Kind
    words: str


def propose_sentences(text: str) -> tuple[Proposal, ...]:
    """Returns the sentences that look like statements or commitments, each once, in the order of the page.

    Args:
        text: a page's text; of very long ones the first sentences are looked at.
    """
    found: dict[str, Proposal] = {}
    for number, words in enumerate(_sentences(text)):
        if number >= FOREIGN_SENTENCES or len(found) >= FOREIGN_STATEMENTS:
            break
        kind = _kind(words)
        if kind is not None:
            found.setdefault(words, Proposal(kind, words))
    return tuple(found.values())


def _kind(words: str) -> Kind | None:
    if _HAS_NOT.search(words):
        return Kind.STATEMENT
    return Kind.COMMITMENT if _WILL.search(words) else None


def _sentences(text: str) -> Iterator[str]:
    """Returns whole sentences, and whole items of lists."""
    for item, marked in marked_items(cut(text).lines):
        begin = 0
        for end in _END.finditer(item):
            if not _NO_END.search(item[max(begin, end.start() - _TAIL_CHARACTERS) : end.start() + 1]):
                yield from _whole(item[begin : end.end() - 1], listed=False)
                begin = end.end()
        yield from _whole(item[begin:], listed=marked and begin == 0)


def _whole(words: str, *, listed: bool) -> Iterator[str]:
    if len(words) <= SENTENCE_CHARACTERS and (_FINAL.search(words, max(0, len(words) - 3)) or listed):
        yield words
