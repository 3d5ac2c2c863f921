"""OpenTimestamps proofs as evidence: what they prove, and to whom.

A proof leads from the entry's SHA-256 to the Merkle root of a Bitcoin block, so the entry existed when that block was
found. Anybody can make up a block, and one with an old date needs little work; so a proof counts only where the
watcher's own source of headers has a block of that height and root, and the header holds its work.

The bound is the header's time and two hours. A header's time may lie behind the real one: the chain asks only that it
be later than the median of the eleven blocks before it, which is about an hour old. So it is allowed the same two hours
as an anchor's header, which may lie ahead.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime

from canary.core.dating.anchor_bitcoin import without_floor, work_fault
from canary.core.dating.difficulty import ENDS, FLOORS
from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.text.strict import digest, sha256
from canary.errors import MalformedError
from canary.formats.times.bitcoin_headers import HeaderAnswer, HeaderSource
from canary.formats.times.ots_proof import Attested, Notary, OtsUnreadableError, read_proof
from canary.limits import BLOCK_AHEAD, OTS_BLOCKS

_SHOWN = 3
"""Names of notaries that are put in words; a proof can have dozens."""

_SHOWN_CHARACTERS = 80


class ProofChecker:
    """A `canary.core.dating.evidence.EvidenceChecker` of `.ots` files.

    Args:
        headers: the watcher's own source of block headers.
    """

    def __init__(self, headers: HeaderSource) -> None:
        self._headers = headers

    def __call__(self, name: str, data: bytes, entry: bytes) -> CheckedEvidence:
        """Checks one proof; see `canary.core.dating.evidence.EvidenceChecker`.

        The earliest block that holds counts, of the ten lowest that it names.
        """
        answer = functools.partial(CheckedEvidence, name, digest(data))
        try:
            leaves = read_proof(data, sha256(entry))
        except MalformedError as error:
            return answer(EvidenceOutcome.BAD, None, None, "", error.rule)
        except OtsUnreadableError as error:
            hint = f"; {error.hint}" if error.hint else ""
            return answer(EvidenceOutcome.UNCHECKED, None, None, "", f"{error.what}{hint}")
        outcome, by, words, moment = self._judged(leaves)
        return answer(outcome, moment, None if moment is None else moment + BLOCK_AHEAD, by, words)

    def refutation(self, leaves: Sequence[Attested]) -> str:
        """Returns why the blocks that some leaves name do not hold them, without a full stop.

        Args:
            leaves: what a proof, or a part of one, leads to.

        Returns:
            Nothing where one of the blocks holds them, where the source cannot tell, and where they name none.
        """
        blocks = [each for each in leaves if each.notary is Notary.BITCOIN]
        if not blocks:
            return ""
        outcome, by, words, _ = self._judged_by_blocks(blocks)
        if outcome is not EvidenceOutcome.BAD:
            return ""
        return f"{by} does not hold it" if by else words

    def _judged(self, leaves: Sequence[Attested]) -> tuple[EvidenceOutcome, str, str, datetime | None]:
        """Returns the outcome, whose word it is, the words, and the time of the block that proves it."""
        blocks = [each for each in leaves if each.notary is Notary.BITCOIN]
        if blocks:
            return self._judged_by_blocks(blocks)
        promised = _names(leaves, Notary.CALENDAR)
        if promised:
            words = f"a calendar has promised a Bitcoin block, and the proof does not have it yet: {promised}"
            return EvidenceOutcome.PENDING, promised, words, None
        others = _names(leaves, Notary.OTHER)
        return EvidenceOutcome.CLAIMED, others, f"only Bitcoin blocks are checked, and this rests on {others}", None

    def _judged_by_blocks(self, blocks: Sequence[Attested]) -> tuple[EvidenceOutcome, str, str, datetime | None]:
        # The earliest block that holds counts, so the lowest heights are looked at, and the others would only be later.
        heights = sorted({each.height for each in blocks})[:OTS_BLOCKS]
        claims = {(each.height, each.message) for each in blocks}
        found = {height: self._headers(height) for height in heights}
        faults = {height: _fault(height, answer) for height, answer in found.items()}
        holding = [
            (answer.header, answer.words)
            for height, answer in found.items()
            if answer.header is not None and not faults[height] and (height, answer.header.merkle_root) in claims
        ]
        if holding:
            first, said = min(holding, key=lambda each: each[0].moment)
            words = f"this Bitcoin block holds it, {said}"
            return EvidenceOutcome.PROVED, f"Bitcoin block {first.height}", words, first.moment
        wrong = [height for height in heights if not faults[height]]
        if wrong:
            words = "it leads to another Merkle root than the block's in the watcher's own source of headers"
            return EvidenceOutcome.BAD, f"Bitcoin block {wrong[0]}", words, None
        return EvidenceOutcome.UNCHECKED, f"Bitcoin block {heights[0]}", faults[heights[0]], None


def _fault(height: int, answer: HeaderAnswer) -> str:
    """Returns why what the source said of a height cannot be used, without a full stop; empty where it can."""
    header = answer.header
    if header is None:
        return answer.words
    if header.height != height:
        return "the watcher's source of headers answered with another block"
    fault = work_fault(header)
    if fault is None and FLOORS[0][0] <= header.moment.date() < ENDS:
        # Before and after the table nothing is known of the work, and the source alone is trusted.
        fault = without_floor(header)
    return f"the watcher's source of headers is not to be trusted: {fault}" if fault else ""


def _names(leaves: Sequence[Attested], notary: Notary) -> str:
    """Returns the names of the attestations of a kind, in words; empty where there are none."""
    names = sorted({each.name[:_SHOWN_CHARACTERS] for each in leaves if each.notary is notary})
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
