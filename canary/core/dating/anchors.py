"""Anchors: public values in a release's signed text that did not exist before some moment.

An anchor line is a kind, a space and what that kind says:

| kind | value | bound |
| --- | --- | --- |
| `drand-quicknet` | `ROUND SIGNATURE` (`canary.core.dating.anchor_drand`) | the round's time |
| `bitcoin` | `HEIGHT HEADER` (`canary.core.dating.anchor_bitcoin`) | the header's time less two hours |
| `headline` | `DATE SOURCE "TITLE"` | none: nothing here can check it |

Any other kind is shown and trusted for nothing. What an anchor says is checked offline, from the bytes alone, so every
watcher who knows the kind comes to the same result, but for headers that are dated after the end of the watcher's own
table of difficulty: to that watcher they are claims.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import msgspec

from canary.core.documents.release import Anchor
from canary.core.text.strict import digest
from canary.errors import MalformedError

DRAND = "drand-quicknet"
BITCOIN = "bitcoin"
HEADLINE = "headline"
_TEXT_CHARACTERS = 64
"""Characters of a SHA-256."""


class AnchorOutcome(StrEnum):
    """What checking one anchor came to."""

    PROVED = "proved"
    """It holds, so the text did not exist before its bound."""

    CLAIMED = "claimed"
    """It may be true, and nothing here proves it."""

    BAD = "bad"
    """It is not what it says it is."""

    UNKNOWN = "unknown kind"
    """This version does not know the kind."""


class CheckedAnchor(msgspec.Struct, frozen=True):
    """One anchor, checked.

    Attributes:
        anchor: the anchor as it stands in the text.
        outcome: what came of it.
        identity: what makes two anchors the same, whatever is written around it; of an anchor that does not read, its
            kind and value, or their SHA-256 (64 hexadecimal digits, and no space) where they are longer than 64
            characters.
        moment: when it came to be, by its own account (UTC); what its age is counted from. None where it says nothing.
        bound: the text did not exist before this; None unless it is proved.
        words: what it says, what that rests on, or what is wrong with it, for people; no full stop.
    """

    anchor: Anchor
    outcome: AnchorOutcome
    identity: str
    moment: datetime | None
    bound: datetime | None
    words: str

    @property
    def newer(self) -> bool:
        """Whether a newer version of this program may know it to be proof: an unknown kind, or a newer block."""
        if self.outcome is not AnchorOutcome.CLAIMED or self.moment is None:
            return self.outcome is AnchorOutcome.UNKNOWN
        from canary.core.dating.difficulty import ENDS  # noqa: PLC0415  # a release with such an anchor has the table already

        return self.moment.date() >= ENDS


def check_anchor(anchor: Anchor) -> CheckedAnchor:
    """Checks one anchor. Never raises for any value."""
    check = _CHECKS.get(anchor.kind)
    if check is None:
        return CheckedAnchor(
            anchor, AnchorOutcome.UNKNOWN, _text_identity(anchor), None, None, "this version does not know it"
        )
    try:
        return check(anchor)
    except MalformedError as error:
        return CheckedAnchor(anchor, AnchorOutcome.BAD, _text_identity(anchor), None, None, error.rule)


def anchor_identity(anchor: Anchor) -> str:
    """Returns what makes two anchors the same (`CheckedAnchor.identity`), without checking what it says."""
    from canary.core.dating.anchor_bitcoin import parse_bitcoin  # noqa: PLC0415  # as below
    from canary.core.dating.anchor_drand import parse_drand  # noqa: PLC0415

    try:
        if anchor.kind == DRAND:
            return parse_drand(anchor.value).identity
        if anchor.kind == BITCOIN:
            return parse_bitcoin(anchor.value).identity
    except MalformedError:
        pass
    return _text_identity(anchor)


def _text_identity(anchor: Anchor) -> str:
    """Returns the text itself, or its SHA-256 where that is shorter: states keep it for every anchor of a log."""
    text = f"{anchor.kind} {anchor.value}"
    return text if len(text) <= _TEXT_CHARACTERS else digest(text.encode("utf-8", "surrogatepass"))


def _drand(anchor: Anchor) -> CheckedAnchor:
    # Imported here, like the other kinds: a release without such an anchor needs no pairings.
    from canary.core.dating.anchor_drand import parse_drand, verify_drand  # noqa: PLC0415

    drand = parse_drand(anchor.value)
    if not verify_drand(drand):
        words = f"the signature of drand round {drand.round} is wrong"
        return CheckedAnchor(anchor, AnchorOutcome.BAD, drand.identity, drand.moment, None, words)
    words = f"drand round {drand.round}, which the League of Entropy's threshold network could not sign before"
    return CheckedAnchor(anchor, AnchorOutcome.PROVED, drand.identity, drand.moment, drand.moment, words)


def _bitcoin(anchor: Anchor) -> CheckedAnchor:
    from canary.core.dating.anchor_bitcoin import parse_bitcoin, without_floor, work_fault  # noqa: PLC0415

    block = parse_bitcoin(anchor.value)
    fault = work_fault(block)
    if fault:
        return CheckedAnchor(anchor, AnchorOutcome.BAD, block.identity, block.moment, None, fault)
    doubt = without_floor(block)
    if doubt:
        return CheckedAnchor(anchor, AnchorOutcome.CLAIMED, block.identity, block.moment, None, doubt)
    words = f"a Bitcoin block (height {block.height} by its own account), which cost a block's work to make"
    return CheckedAnchor(anchor, AnchorOutcome.PROVED, block.identity, block.moment, block.bound, words)


def _headline(anchor: Anchor) -> CheckedAnchor:
    words = "a headline: look it up; nothing here can check it"
    return CheckedAnchor(anchor, AnchorOutcome.CLAIMED, _text_identity(anchor), None, None, words)


_CHECKS: dict[str, Callable[[Anchor], CheckedAnchor]] = {DRAND: _drand, BITCOIN: _bitcoin, HEADLINE: _headline}
