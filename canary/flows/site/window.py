"""When the newest release was signed, as its pages tell it: what its proofs come to under the checkers passed in.

They are checked as a watcher checks them (`canary.core.dating.bounding`), with two differences. OpenTimestamps proofs
are shown and never counted: they rest on the reader's own view of the Bitcoin chain, and what reads them may or may not
be installed, while the pages have to be the same on every machine. And the bounds are put in whole minutes, rounded
outwards, so that the sentence never says more than is proved.

Only the newest release is told of. A watcher judges no other, what an old token is worth changes with the roots that a
version of this program trusts, and a long log would be checked again at every rendering.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from canary.core.dating.anchors import BITCOIN, DRAND, AnchorOutcome, CheckedAnchor
from canary.core.dating.bounding import Bounding
from canary.core.dating.evidence import OTS, TSR, CheckedEvidence, Checkers, EvidenceOutcome, evidence_names
from canary.core.documents.layout import evidence_folder, release_folder
from canary.core.documents.release import Release
from canary.core.judging.observation import SeenEvidence
from canary.core.log.admitted import Admitted
from canary.core.text.times import minute_after, minute_before
from canary.flows.site.paths import TEXT, File

_CALLED: Mapping[str, str] = {BITCOIN: "a Bitcoin block", DRAND: "a drand round"}


class Proof(msgspec.Struct, frozen=True):
    """An anchor or a timestamp, and what checking it came to.

    Attributes:
        called: what it is called in a sentence: `a drand round`, or the authority's name.
        file: where it lies.
        words: what it says and rests on, or what is wrong with it; no full stop.
        claimed: whether it may be true, and nobody whom a watcher trusts says so.
        moment: the time that it gives itself (UTC); None where it gives none.
        bound: what it proves, in whole minutes (UTC): nothing was signed before it, or nothing after it; None where it
            proves nothing.
    """

    called: str
    file: File
    words: str
    claimed: bool
    moment: datetime | None
    bound: datetime | None


class SigningWindow(msgspec.Struct, frozen=True):
    """What is proved of when a release was signed.

    Attributes:
        not_before: the lower bound, exact (UTC); None where nothing proves one.
        not_after: the upper bound, likewise.
        anchors: its anchors, in their order.
        timestamps: the RFC 3161 tokens that watchers read.
        chain_proofs: the OpenTimestamps proofs that they read.
    """

    not_before: datetime | None
    not_after: datetime | None
    anchors: tuple[Proof, ...]
    timestamps: tuple[Proof, ...]
    chain_proofs: tuple[File, ...]

    @property
    def opens(self) -> datetime | None:
        """The lower bound in whole minutes, no later than it is."""
        return _opening(self.not_before)

    @property
    def closes(self) -> datetime | None:
        """The upper bound in whole minutes, no earlier than it is."""
        return _closing(self.not_after)

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """All that was checked."""
        return self.anchors + self.timestamps

    @property
    def proving_anchors(self) -> list[Proof]:
        """The anchors that prove a lower bound."""
        return [each for each in self.anchors if each.bound is not None]

    @property
    def proving_timestamps(self) -> list[Proof]:
        """The timestamps that prove an upper bound; of one authority only its first."""
        found: dict[str, Proof] = {}
        for each in self.timestamps:
            if each.bound is not None:
                found.setdefault(each.called, each)
        return list(found.values())

    @property
    def claims(self) -> list[Proof]:
        """The timestamps of authorities that are not trusted here."""
        return [each for each in self.timestamps if each.claimed]


def signing_window(
    newest: Admitted, release: Release, evidence: Sequence[tuple[str, bytes]], checkers: Checkers
) -> SigningWindow:
    """Returns when a release was signed.

    Args:
        newest: the newest release's entry.
        release: the release.
        evidence: the timestamps over that entry (name, bytes).
        checkers: the ports that check evidence.
    """
    files = dict(evidence)
    bounding = Bounding(None, checkers, now=None)
    bounding.take([SeenEvidence(name, files[name], None) for name in _read_by_watchers(files, TSR)])
    timing = bounding.timing(newest, release)
    folder = evidence_folder(timing.entry)
    text = f"{release_folder(release.number)}/{TEXT}"
    return SigningWindow(
        not_before=timing.not_before,
        not_after=timing.not_after,
        anchors=tuple(_anchor(each, text) for each in timing.anchors),
        timestamps=tuple(_timestamp(each, folder, counts=each in timing.counting) for each in timing.evidence),
        chain_proofs=tuple(File(name, f"{folder}/{name}") for name in _read_by_watchers(files, OTS)),
    )


def _read_by_watchers(files: Mapping[str, bytes], ending: str) -> Iterator[str]:
    """Returns the names of one kind of file, up to the first that is missing."""
    for name in evidence_names(ending):
        if name not in files:
            return
        yield name


def _anchor(checked: CheckedAnchor, text: str) -> Proof:
    called = _CALLED.get(checked.anchor.kind, f"the anchor {checked.anchor.kind}")
    claimed = checked.outcome is AnchorOutcome.CLAIMED
    return Proof(called, File(TEXT, text), checked.words, claimed, checked.moment, _opening(checked.bound))


def _timestamp(checked: CheckedEvidence, folder: str, *, counts: bool) -> Proof:
    called, file = checked.by or checked.name, File(checked.name, f"{folder}/{checked.name}")
    words = f"{checked.by or 'It counts for nothing'}: {checked.words}"
    claimed = checked.outcome is EvidenceOutcome.CLAIMED
    return Proof(called, file, words, claimed, checked.moment, _closing(checked.bound if counts else None))


def _opening(bound: datetime | None) -> datetime | None:
    return None if bound is None else minute_before(bound)


def _closing(bound: datetime | None) -> datetime | None:
    return None if bound is None else minute_after(bound)
