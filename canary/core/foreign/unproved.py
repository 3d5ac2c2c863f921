"""What a foreign edition leaves unproved, what could not be read in it, and what its quotes are worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from canary.core.foreign.edition import Edition, Remark
from canary.core.foreign.promise import ForeignPromise
from canary.core.foreign.read import Quote, Read
from canary.core.foreign.state import KeptEdition, KeptQuote
from canary.core.foreign.told import told
from canary.core.judging.findings import Code, Finding
from canary.core.text.strict import digest
from canary.core.text.times import format_date_range
from canary.limits import BLOCK_AHEAD, FOREIGN_KEPT_QUOTES

BITCOIN: Final = "bitcoin"
"""The kind of quote that is the hash of a block of Bitcoin."""

_CODES: Final = {
    Remark.NOT_SIGNED: Code.NOT_SIGNED,
    Remark.FIELDS_NOT_BOUND: Code.FIELDS_NOT_BOUND,
    Remark.NO_SEQUENCE: Code.NO_SEQUENCE,
    Remark.NO_TIME: Code.NO_SIGNED_TIME,
    Remark.OTHER_TEXT: Code.OTHER_TEXT,
    Remark.OTHER_KEYS: Code.OTHER_KEYS,
}
_SHOWN_CHARACTERS = 80

BlockTime = Callable[[str], datetime | None]
"""Returns when the block with a hash (64 hexadecimal digits) was mined, by headers that prove it; None if unknown."""


def remark_findings(edition: Edition, read: Read) -> Iterator[Finding]:
    """Returns what is to be said of how an edition was published; the panic key is told elsewhere.

    Args:
        edition: the edition.
        read: what was read in it.
    """
    for remark, words in dict.fromkeys(edition.remarks):
        if remark is not Remark.PANIC:
            yield told(_CODES.get(remark, Code.FORMAT_REMARK), f"{remark}" + (f": {words}" if words else ""))
    unordered = read.number is None and read.issued is None and read.period is None
    if unordered and all(remark is not Remark.NO_SEQUENCE for remark, _ in edition.remarks):
        yield told(Code.NO_SEQUENCE, Remark.NO_SEQUENCE)


def panic_findings(edition: Edition) -> list[Finding]:
    """Returns a finding for each way in which the panic key was used.

    Args:
        edition: the edition.
    """
    words = [words for remark, words in edition.remarks if remark is Remark.PANIC]
    return [told(Code.PANIC, f"the panic key of {edition.name} was used: {each}", sticky=True) for each in words]


def reading_findings(read: Read, promise: ForeignPromise | None, *, own: bool) -> Iterator[Finding]:
    """Returns what the profile did not find, and what stands for it.

    Args:
        read: what was read.
        promise: what follows for the next edition.
        own: whether it follows from this one, and not from one before it.
    """
    for each in dict.fromkeys(read.missing):
        yield told(Code.NOT_READ, f"not read: {each}")
    if promise is None:
        yield told(Code.NO_SCHEDULE, "nothing says when the next edition is to come, so this one never goes stale")
    elif not own:
        days = format_date_range((promise.window.opens, promise.window.last))
        message = f"not read: when the next edition is to come; what an earlier one promised, {days}, goes on counting"
        yield told(Code.NOT_READ, message)
    elif promise.assumed:
        message = "nothing that can be read promises the next edition; it is expected after the profile's own interval"
        yield told(Code.SCHEDULE_ASSUMED, message)


def quote_findings(
    edition: Edition, quotes: Iterable[Quote], kept: Iterable[KeptQuote], editions: Iterable[KeptEdition]
) -> Iterator[Finding]:
    """Returns a finding for each quote that stood in an earlier edition.

    Args:
        edition: the edition that quotes.
        quotes: what it quotes.
        kept: what was quoted before.
        editions: the editions that were accepted, for their names and dates.
    """
    here = digest(edition.text.encode())
    first = {(each.kind, each.sha256): each.edition for each in kept}
    names = {each.text_sha256: each for each in editions}
    for each in quotes:
        earlier = first.get((each.kind, digest(each.words.encode())), here)
        if earlier == here:
            continue
        line = names.get(earlier)
        when = f" of {line.issued:%Y-%m-%d}" if line and line.issued else ""
        name = f"the edition {line.name}{when}" if line else "an earlier edition"
        shown = " ".join(each.words.split())[:_SHOWN_CHARACTERS]
        yield told(Code.STALE_QUOTE, f"what it quotes for freshness ({each.kind}) stood in {name} already: {shown}")


def claim_findings(quotes: Iterable[Quote], block_time: BlockTime | None) -> tuple[list[Finding], datetime | None]:
    """Returns a finding for what was not checked, and the moment before which the edition was not written.

    Args:
        quotes: what is quoted.
        block_time: knows blocks; None where nothing does. A header's time lies at most `limits.BLOCK_AHEAD` ahead.
    """
    bounds: list[datetime] = []
    unchecked: Counter[str] = Counter()
    for each in quotes:
        mined = block_time(each.words) if block_time is not None and each.kind == BITCOIN else None
        if mined is None:
            unchecked[each.kind] += 1
        else:
            bounds.append(mined - BLOCK_AHEAD)
    if not unchecked:
        return [], max(bounds, default=None)
    kinds = ", ".join(f"{kind} ({number})" for kind, number in unchecked.items())
    found = [told(Code.QUOTE_CLAIM, f"what it quotes for freshness was not checked: {kinds}")]
    return found, max(bounds, default=None)


def with_quotes(kept: tuple[KeptQuote, ...], edition: Edition, quotes: Iterable[Quote]) -> tuple[KeptQuote, ...]:
    """Returns the quotes to keep after an edition was accepted: the newest `limits.FOREIGN_KEPT_QUOTES`.

    Args:
        kept: those that were kept.
        edition: the edition.
        quotes: what it quotes.
    """
    here = digest(edition.text.encode())
    known = {(each.kind, each.sha256) for each in kept}
    more = [KeptQuote(each.kind, digest(each.words.encode()), here) for each in quotes]
    return (*kept, *(each for each in more if (each.kind, each.sha256) not in known))[-FOREIGN_KEPT_QUOTES:]
