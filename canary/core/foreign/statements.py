"""Statements in a text, as a profile says that they stand there.

- `numbered`: within the section a line that begins with a number and a full stop begins a statement, if the number is
  larger than the one before; its words go on to the next one or to the section's end. So a second statement under a
  number that was there becomes a part of the statement before, and changes its words.
- `list`: a line that begins with `*`, `-` or a bullet begins one, which ends at a blank line.
- `sentences`, `pinned`: a statement is there where its words begin and end with a sentence or a paragraph. "It is no
  longer true that we have never ..." does not hold "we have never ...".
- `codes`: the codes in a field, each once.

A sentence or a statement of a list that is not there as it was, while a very similar one is that is none of the others,
is read with its new words, so that whoever compares them sees a rewording, and otherwise is not read: withdrawn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice

from canary.core.foreign.dates import NumericDates
from canary.core.foreign.lines import BULLET, Lines, items
from canary.core.foreign.patterns import Pattern, find_all
from canary.core.foreign.pinned import PinnedStatement
from canary.core.foreign.profile import StatementKind, StatementRule
from canary.limits import FOREIGN_SENTENCES, FOREIGN_STATEMENTS, PATTERN_PLACES, VARYING_PLACES

_NUMBERED = re.compile(r"([0-9]{1,3})\.(?: |$)")
_SENTENCE_END = re.compile(r"""[.!?]["')\]]{0,2} """)
_BEFORE_A_SENTENCE = re.compile(_SENTENCE_END.pattern + r"\Z")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SIMILAR = 0.6
"""How much of two statements' words must be the same for one to count as the other reworded: two sentences of one page
that have little but their subject in common share less than half."""

Statements = tuple[PinnedStatement, ...]


def read_statements(
    lines: Lines, rule: StatementRule, pinned: Statements, numeric: NumericDates | None = None
) -> tuple[Statements, tuple[str, ...]]:
    """Returns the statements of a text, and what was looked for and not found, in words.

    Args:
        lines: the text.
        rule: how they stand there.
        pinned: the statements as they were pinned, for the kinds that have no ids of their own; may be empty.
        numeric: how dates in numbers are meant.
    """
    section = lines.section(rule.section)
    if section is None:
        return (), (f"no line begins with {_either(rule.section.begins)}, after which the statements stand",)
    missing: list[str] = []
    if rule.kind is StatementKind.NUMBERED:
        found = _numbered(section)
    elif rule.kind is StatementKind.CODES:
        found = _codes(section, rule)
    elif rule.kind is StatementKind.LIST:
        found = _known(_listed(section)[: FOREIGN_STATEMENTS + 1], pinned)
    else:
        wanted = _sentences_of(rule, pinned)
        found = _sentences(items(section), wanted, numeric)
        there = {each.id for each in found}
        missing += [f"there is no sentence like {words[:200]!a}" for name, words, _ in wanted if name not in there]
    if len(found) > FOREIGN_STATEMENTS:
        missing.append(f"there are more than {FOREIGN_STATEMENTS} statements; the rest was not read")
    if not found and not missing:
        missing.append("there are no statements where the profile looks for them")
    kept = found[:FOREIGN_STATEMENTS]
    return tuple(PinnedStatement(each.id, compared(each.words, rule, numeric)) for each in kept), tuple(missing)


def compared(words: str, rule: StatementRule, numeric: NumericDates | None = None) -> str:
    """Returns a statement's words as they are compared: what varies by design replaced by its placeholders.

    Args:
        words: its words, with single spaces.
        rule: what varies.
        numeric: how dates in numbers are meant.
    """
    for group in rule.varies:
        for pattern in group:
            pieces, end = [], 0
            for found in find_all(pattern, words, numeric, most=VARYING_PLACES):
                pieces += [words[end : found.start], group[0].text]
                end = found.end
            words = "".join([*pieces, words[end:]])
            if end:
                break
    return words


def _numbered(section: Sequence[str]) -> list[PinnedStatement]:
    found: list[tuple[int, list[str]]] = []
    for line in section:
        number = _NUMBERED.match(line)
        if number and int(number[1]) > (found[-1][0] if found else -1):
            found.append((int(number[1]), [line[number.end() :]]))
        elif found:
            found[-1][1].append(line)
    return [PinnedStatement(str(number), " ".join(filter(None, words))) for number, words in found]


def _codes(section: Sequence[str], rule: StatementRule) -> list[PinnedStatement]:
    meanings = dict(rule.meanings)
    start = f"{rule.field}:"
    codes = {code: None for line in section if line.startswith(start) for code in _CODE.findall(line[len(start) :])}
    return [PinnedStatement(code, meanings.get(code, code)) for code in codes]


def _listed(section: Sequence[str]) -> list[str]:
    found: list[list[str]] = []
    inside = False
    for line in section:
        if bullet := BULLET.match(line):
            found.append([line[bullet.end() :]])
        elif inside and line:
            found[-1].append(line)
        inside = bool(bullet) or (inside and bool(line))
    return [" ".join(each) for each in found]


def _known(found: Sequence[str], pinned: Statements) -> list[PinnedStatement]:
    """Returns statements under the ids under which they are known; new ones get the next numbers."""
    ids = {each.words: each.id for each in pinned}
    unknown = _Counted(words for words in found if words not in ids)
    for statement in pinned:
        near = unknown.take_nearest(statement.words) if statement.words not in found else None
        if near is not None:
            ids[near] = statement.id
    taken = {each.id for each in pinned}
    free = (name for name in (f"s{number}" for number in count(1)) if name not in taken)
    for words in found:
        if words not in ids:
            ids[words] = next(free)
    return [PinnedStatement(ids[words], words) for words in dict.fromkeys(found)]


_Wanted = tuple[str, str, Pattern | None]
"""A sentence's id, its words, and its pattern where it has placeholders."""


def _sentences_of(rule: StatementRule, pinned: Statements) -> list[_Wanted]:
    if rule.kind is StatementKind.PINNED:
        return [(each.id, each.words, None) for each in pinned]
    return [(f"s{number}", each.text, each) for number, each in enumerate(rule.sentences, 1)]


def _sentences(found: Sequence[str], wanted: Sequence[_Wanted], numeric: NumericDates | None) -> list[PinnedStatement]:
    whole = "\n".join(found)
    # Searching the whole text at once is much quicker than each of its items, and most that are not there end here.
    likely = [each for each in wanted if _may_stand_in(whole, each)]
    there = {each for each in likely if any(_stands_in(item, each, numeric) for item in found)}
    others = _Counted(())
    if len(there) < len(wanted):
        sentences = islice((each for item in found for each in _split(item)), FOREIGN_SENTENCES)
        others = _Counted(each for each in sentences if not any(_stands_in(each, known, numeric) for known in there))
    statements = []
    for each in wanted:
        words = each[1] if each in there else others.take_nearest(each[1])
        if words is not None:
            statements.append(PinnedStatement(each[0], words))
    return statements


def _may_stand_in(whole: str, wanted: _Wanted) -> bool:
    _, words, pattern = wanted
    if pattern is None:
        return words in whole
    # A text that repeats a sentence's first words without end does not hold the look up.
    return 0 < whole.count(str(pattern.parts[0])) <= PATTERN_PLACES


def _stands_in(item: str, wanted: _Wanted, numeric: NumericDates | None) -> bool:
    _, words, pattern = wanted
    if pattern is not None and pattern.holes():
        return any(_is_whole(item, each.start, each.end) for each in find_all(pattern, item, numeric))
    place = item.find(words)
    while place >= 0:
        if _is_whole(item, place, place + len(words)):
            return True
        place = item.find(words, place + 1)
    return False


def _is_whole(item: str, start: int, end: int) -> bool:
    """Tells whether a stretch of a paragraph begins and ends with a sentence, or with the paragraph."""
    begins = start == 0 or _BEFORE_A_SENTENCE.search(item[max(0, start - 4) : start]) is not None
    return begins and (end == len(item) or (item[end] == " " and _ends_sentence(item[max(0, end - 3) : end])))


def _ends_sentence(tail: str) -> bool:
    return tail.rstrip("\"')]").endswith((".", "!", "?"))


def _split(item: str) -> Iterator[str]:
    """Returns the sentences of a paragraph."""
    begin = 0
    for end in _SENTENCE_END.finditer(item):
        yield item[begin : end.end() - 1]
        begin = end.end()
    if begin < len(item):
        yield item[begin:]


class _Counted:
    """Sentences that nobody has claimed yet, their words counted."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self._counted = {each: Counter(each.lower().split()) for each in sentences}

    def take_nearest(self, words: str) -> str | None:
        """Takes the most similar one out (Dice's coefficient over words); None where none is similar enough."""
        wanted = Counter(words.lower().split())
        best: tuple[float, str] = (0.0, "")
        for sentence, counted in self._counted.items():
            # The words in common are found first, at the speed of sets: most sentences have few or none.
            shared = sum(min(wanted[word], counted[word]) for word in wanted.keys() & counted.keys())
            likeness = 2 * shared / (wanted.total() + counted.total() or 1)
            best = max(best, (likeness, sentence), key=lambda each: each[0])
        if best[0] < _SIMILAR:
            return None
        del self._counted[best[1]]
        return best[1]


def _either(words: Sequence[str]) -> str:
    return " or ".join(f"{each!a}" for each in words)
