"""What a watcher keeps of one canary between two looks: a value that the rules take and return.

Rejected bytes never change the pin, the entries or the checkpoint; they may add a sticky finding with its proof, or
the moment since which an older copy is served.

- A state begins when a log was taken in under a pin. Then, and at every look after it, it keeps the latest moment at
  which the canary was judged, since when an older copy is served, and the sticky findings.
- When a log was taken in, it keeps the log, the checkpoint, its entity tag, and which attachments were found intact.
  Where something beside the log is wrong the tag is not kept, so that the next look finds it again. Where only further
  entries were taken in (`canary.core.judging.judge`, step 4), it keeps them, and neither a new checkpoint nor a tag.
- An entry's signatures are checked once. Only one that could not be checked is checked again at the next look.
- A sticky finding is kept once: two are the same if code and entry are, and for those that cause WITHDRAWN or CHANGED
  also what they say. At most 50 are kept, and 50 forks beside them; one more takes the place of one that a person has
  acknowledged, and is not kept if there is none.
- **Acknowledging** moves the last acknowledged entry to the length of the stored log. Sticky findings with a proof stay,
  marked as read; those without are dropped. It covers what earlier looks found, not the one that it comes with.
- **Trusting the clock** makes now the latest moment at which the canary was judged.
"""  # noqa: E501  an example or a row stands on one line

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from canary.core.dating.timing import Timing
from canary.core.judging.findings import Code, Finding
from canary.core.log.admitted import Admitted
from canary.core.log.standing import Standing
from canary.limits import STICKY_FINDINGS

FORKS = {Code.TEXT_FORK, Code.LOG_FORK}


class Sticky(msgspec.Struct, frozen=True):
    """A finding that valid signatures prove; it stays until a person acknowledges it.

    Attributes:
        code: the finding's code.
        message: the finding's message.
        entry: the entry it is about.
        seen_at: when it was first found.
        proof: the conflicting bytes, as they were served: checkpoints first, then entries; none for a change that
            the log itself shows.
        acknowledged: whether a person has read it; its proof is kept all the same.
    """

    code: Code
    message: str
    entry: int | None
    seen_at: datetime
    proof: tuple[bytes, ...] = ()
    acknowledged: bool = False

    @property
    def key(self) -> tuple[Code, int | None, str]:
        """What makes two sticky findings the same."""
        return self.finding().key

    def finding(self) -> Finding:
        """Returns it as a finding."""
        return Finding(self.code, self.message, self.entry, sticky=True, found=self.seen_at)


class State(msgspec.Struct, frozen=True):
    """What is kept of one canary.

    Attributes:
        canary: its id.
        pin: SHA-256 of roster 1's text, 64 hexadecimal digits.
        first_use: whether the pin was taken from the first look instead of given.
        entries: the log as it was last verified.
        standing: what those entries leave behind for the next one.
        checkpoint: the checkpoint over those entries.
        etag: the entity tag that came with it.
        acknowledged: entries up to this number raise no statement or roster finding any more.
        high_water: the latest moment at which this canary was judged.
        stale_since: since when only an older copy is served.
        sticky: findings that stay until they are acknowledged.
        attachments: SHA-256 of the newest release's attachments that were found intact.
        timing: what is known of when the newest release was signed.
    """

    canary: str
    pin: str
    first_use: bool
    entries: tuple[Admitted, ...]
    standing: Standing
    checkpoint: bytes
    etag: str | None
    acknowledged: int
    high_water: datetime
    stale_since: datetime | None = None
    sticky: tuple[Sticky, ...] = ()
    attachments: tuple[str, ...] = ()
    timing: Timing | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes, nearly."""
        return sum(len(each.data) for each in self.entries)

    def acknowledge(self) -> State:
        """Returns the state after a person has read what the last look found. Proofs are kept."""
        read = tuple(replace(each, acknowledged=True) for each in self.sticky if each.proof)
        return replace(self, acknowledged=len(self.entries), sticky=read)

    def judged_at(self, moment: datetime | None) -> State:
        """Returns the state after the canary was judged at one more moment, with nothing new; None for no moment."""
        return self if moment is None or moment <= self.high_water else replace(self, high_water=moment)

    def trust_clock(self, now: datetime) -> State:
        """Returns the state for a clock that is right now, though an earlier look was later."""
        return replace(self, high_water=now)


def with_more(
    kept: list[Sticky], found: Iterable[Finding], *, now: datetime, proof: tuple[bytes, ...] = ()
) -> list[Sticky]:
    """Returns sticky findings with those of `found` that stick, once each.

    Args:
        kept: the ones so far.
        found: what was found.
        now: when it was found.
        proof: the conflicting bytes.
    """
    known = {each.key for each in kept}
    for each in found:
        if each.sticky and each.key not in known:
            kept = with_one_more(kept, Sticky(each.code, each.message, each.entry, now, proof))
    return kept


def with_one_more(kept: list[Sticky], new: Sticky) -> list[Sticky]:
    """Returns sticky findings with one more of them, bounded.

    What was acknowledged goes first when there are too many. Forks have room of their own: nobody who can make
    other findings stick may keep a fork from sticking.

    Args:
        kept: the ones so far.
        new: one that is not among them.
    """
    alike = [each for each in kept if (each.code in FORKS) is (new.code in FORKS)]
    if len(alike) < STICKY_FINDINGS:
        return [*kept, new]
    read = next((each for each in alike if each.acknowledged), None)
    return kept if read is None else [*(each for each in kept if each is not read), new]
