"""What an edition quotes to show that it was not written earlier: headlines, the hash or the height of a block.

A quote that stood in an earlier edition already proves nothing any more: it was not fresh when it was signed again.
Whether a block with a hash was ever found is for a source of headers to say; headlines remain a claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from canary.core.foreign.dates import NumericDates, read_date
from canary.core.foreign.lines import Lines, paragraphs
from canary.core.foreign.patterns import Pattern, find_all
from canary.core.foreign.profile import QuoteRule, Quoting
from canary.core.foreign.read import Quote
from canary.limits import FOREIGN_QUOTE_CHARACTERS, FOREIGN_QUOTES

_BLOCK_HASH = re.compile(r"(?<![0-9A-Za-z])0{8}[0-9a-f]{56}(?![0-9A-Za-z])")


def read_quotes(
    lines: Lines, rules: Sequence[QuoteRule], numeric: NumericDates | None = None
) -> tuple[tuple[Quote, ...], tuple[str, ...]]:
    """Returns what a text quotes, and what was looked for and not found, in words.

    Publishers change what they quote, so one kind of quote is enough, and it is missing where there is none at all.

    Args:
        lines: the text.
        rules: how it is found.
        numeric: how dates in numbers are meant.
    """
    quotes: dict[Quote, None] = {}
    for rule in rules:
        section = lines.section(rule.section) or ()
        says = _date_among(section, numeric)
        found = (Quote(rule.kind, words[:FOREIGN_QUOTE_CHARACTERS], says) for words in _words(section, rule, numeric))
        quotes |= dict.fromkeys(islice(found, FOREIGN_QUOTES + 1))
    if len(quotes) > FOREIGN_QUOTES:
        return tuple(quotes)[:FOREIGN_QUOTES], (f"there are more than {FOREIGN_QUOTES} quotes; the rest was not read",)
    if rules and not quotes:
        return (), ("nothing is quoted that would prove freshness",)
    return tuple(quotes), ()


def repeated_quotes(before: Sequence[Quote], after: Sequence[Quote]) -> tuple[Quote, ...]:
    """Returns the quotes of an edition that stood in an earlier one already, the date beside them aside.

    Args:
        before: the quotes of an earlier edition, or of all of them.
        after: the quotes of the edition.
    """
    known = {(each.kind, each.words) for each in before}
    return tuple(each for each in after if (each.kind, each.words) in known)


def _words(section: Sequence[str], rule: QuoteRule, numeric: NumericDates | None) -> Iterator[str]:
    if rule.quoting is Quoting.BLOCKS:
        yield from _blocks(section, rule.skips, numeric)
    elif rule.quoting is Quoting.HASHES:
        yield from (found[0] for line in section for found in _BLOCK_HASH.finditer(line))
    else:
        whole = " ".join(filter(None, section))
        for pattern in rule.text:
            yield from _filled(pattern, whole, numeric)


def _blocks(section: Sequence[str], skips: tuple[str, ...], numeric: NumericDates | None) -> Iterator[str]:
    for paragraph in paragraphs(section):
        kept = [
            line
            for line in paragraph
            if not (skips and line.startswith(skips))
            and any(each.isalpha() for each in line)
            and _whole_date(line, numeric) is None
            and not _BLOCK_HASH.search(line)
        ]
        if kept:
            yield "\n".join(kept)


def _filled(pattern: Pattern, text: str, numeric: NumericDates | None) -> Iterator[str]:
    begin = len(str(pattern.parts[0]))
    after = sum(len(part) for part in pattern.parts[2:])
    for found in find_all(pattern, text, numeric):
        yield text[found.start + begin : found.end - after]


def _date_among(section: Sequence[str], numeric: NumericDates | None) -> date | None:
    return next((found for line in section if (found := _whole_date(line, numeric))), None)


def _whole_date(line: str, numeric: NumericDates | None) -> date | None:
    """Returns the date that a line is, and nothing else."""
    found = read_date(line, 0, numeric)
    return found[0].day if found and found[1] == len(line) else None
