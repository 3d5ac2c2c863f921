"""Forks: two logs of one canary that cannot both be.

Two different texts of one entry that both carry enough signatures prove that the quorum signed both (TEXT-FORK). Two
checkpoints, or two logs, that only the log key signed prove that whoever holds that key did (LOG-FORK). The conflicting
bytes are kept with the state: whoever has them can show them to anyone.

A log that was served is compared with the stored one:

1. Where both have an entry n that differs, for the first such n:
   - entry n as it was served holds (`canary.core.judging.reading`), and its text is another: TEXT-FORK of entry n. Two spellings of the
     same text with other signature lines are no TEXT-FORK.
   - otherwise, if the served checkpoint is signed, has the canary's id as its origin, and the entries hash to its root:
     LOG-FORK of entry n.
2. Otherwise the served checkpoint, if it is signed as in `canary.core.judging.reading`, is compared as below.

A checkpoint alone is compared if its origin is the canary's id, it is signed by the log key of the newest stored roster,
and it counts no more entries than are stored: another root than that of as many stored entries is LOG-FORK, of no
entry.

Forks are sticky. The proof is the stored checkpoint, the served one, and under 1 the stored and the served entry.
"""  # noqa: E501  an example or a row stands on one line

from __future__ import annotations

from canary.core.documents.release import Release
from canary.core.judging.findings import Code, Finding
from canary.core.judging.observation import Seen
from canary.core.judging.reading import Reading, signed_by
from canary.core.judging.state import State
from canary.core.log.checkpoint import parse_signed_checkpoint
from canary.core.log.history import History
from canary.core.log.merkle import leaf_hash, root_hash

Fork = tuple[Finding, tuple[bytes, ...]]
"""The finding, and its proof: the two checkpoints, then the two entries if there are two."""


def fork_of_log(state: State, stored: History, seen: Seen, reading: Reading) -> Fork | None:
    """Returns how a served log contradicts the stored one; None where it does not.

    Args:
        state: what is stored.
        stored: the stored entries.
        seen: what was served.
        reading: the same, read.
    """
    index = reading.common
    if index < min(len(stored.admitted), len(seen.entries)):
        known = stored.admitted[index].entry
        content = known.content
        kind = "release" if isinstance(content, Release) else "roster"
        proof = (state.checkpoint, seen.checkpoint, known.data, seen.entries[index])
        served = reading.history.admitted[index].entry if len(reading.history.admitted) > index else None
        if served is not None and served.text != known.text:
            message = f"two different texts of entry {index + 1} ({kind} {content.number}) carry enough signatures"
            return Finding(Code.TEXT_FORK, message, index + 1, sticky=True), proof
        if reading.signed and reading.rooted and reading.checkpoint.origin == state.canary:
            message = f"the log key signed two logs that differ from entry {index + 1} ({kind} {content.number}) on"
            return Finding(Code.LOG_FORK, message, index + 1, sticky=True), proof
    return fork_of_checkpoint(state, stored, seen.checkpoint) if reading.signed else None


def fork_of_checkpoint(state: State, stored: History, served: bytes) -> Fork | None:
    """Returns how a served checkpoint alone contradicts the stored log; None where it does not.

    Args:
        state: what is stored.
        stored: the stored entries.
        served: the checkpoint's bytes; it parses.
    """
    signed = parse_signed_checkpoint(served)
    checkpoint = signed.checkpoint
    # Under another origin the log key says nothing of this log.
    if checkpoint.origin != state.canary or not signed_by(signed, stored.roster):
        return None
    if checkpoint.size > len(stored.admitted):
        return None
    leaves = [leaf_hash(each.data) for each in stored.admitted[: checkpoint.size]]
    if root_hash(leaves) == checkpoint.root:
        return None
    message = f"the log key signed two roots over the first {checkpoint.size} entries"
    return Finding(Code.LOG_FORK, message, sticky=True), (state.checkpoint, served)
