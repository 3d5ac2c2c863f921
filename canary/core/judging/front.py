"""`canary.txt`, which people read, held against the log that was taken in.

It is served beside the log, so it may be older (a cache), newer (an upload that is not finished), junk, or cut short
without anybody lying. What claims to be a release of this canary and is none in its log is an alarm. The first of
these that applies:

1. It could not be read: UNREACHABLE.
2. It is not there: MISSING, if the log has a release; otherwise nothing.
3. It is the newest release, byte for byte: nothing.
4. INCONSISTENT, if it does not begin with the line `warrant-canary/release/v1`; if it is the beginning of the newest
   release; if it is another entry of the log or of the stored one; if it holds as the next entry of the log; or if it
   parses (`canary.core.signed.entry`) and its `entry` is greater than the next one's would be.
5. NOT-IN-LOG.

As of a past moment nothing is compared.
"""

from __future__ import annotations

from canary.core.documents.release import HEADER
from canary.core.judging.findings import Code, Finding
from canary.core.judging.observation import Seen
from canary.core.log.history import History, RejectedError
from canary.core.signed.entry import NewerFormatError, parse_entry
from canary.core.signed.outcome import OpenPGPVerifier
from canary.errors import MalformedError

_CLAIM = HEADER.encode() + b"\n"


def front_findings(seen: Seen, history: History, stored: History, verifier: OpenPGPVerifier) -> list[Finding]:
    """Compares `canary.txt` with the newest release of the log.

    Args:
        seen: what was fetched.
        history: the log that was served; it holds.
        stored: the log that is stored; it may be longer.
        verifier: the port to OpenPGP.
    """
    newest = history.newest
    if seen.front_fault:
        return [Finding(Code.UNREACHABLE, f"canary.txt could not be read: {seen.front_fault}")]
    if seen.front is None:
        return [Finding(Code.MISSING, "canary.txt is not there")] if newest else []
    if newest is not None and seen.front == newest.data:
        return []
    harmless = _harmless(seen.front, history, stored, verifier)
    if harmless:
        return [Finding(Code.INCONSISTENT, f"canary.txt {harmless}")]
    return [Finding(Code.NOT_IN_LOG, "canary.txt is not in the log: do not rely on what it says")]


def _harmless(front: bytes, history: History, stored: History, verifier: OpenPGPVerifier) -> str:
    """Returns how `canary.txt` can differ from the newest release without a lie; empty where it cannot."""
    newest = history.newest
    if not front.startswith(_CLAIM):
        return "is no release: do not rely on what it says"
    if newest is not None and newest.entry.data.startswith(front):
        return "is cut short"
    if any(front == each.data for each in (*history.admitted, *stored.admitted)):
        return "is another release than the newest one in the log"
    if _comes_next(front, history, verifier) or _claims_more(front, history):
        return "is newer than the log; the site may be between two uploads"
    return ""


def _claims_more(front: bytes, history: History) -> bool:
    """Tells whether `canary.txt` calls itself an entry that is not the next one but lies beyond it."""
    try:
        content = parse_entry(front).content
    except (MalformedError, NewerFormatError):
        return False
    return content.entry > history.next_entry


def _comes_next(front: bytes, history: History, verifier: OpenPGPVerifier) -> bool:
    try:
        history.copy().append(front, verifier)
    except (RejectedError, NewerFormatError):
        return False
    return True
