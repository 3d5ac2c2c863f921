"""What a status means to a person, and what it does not: facts, and never their reason."""

from __future__ import annotations

from typing import Final

from canary.core.judging.findings import Status
from canary.core.judging.verdict import Verdict

MEANINGS: Final = {
    Status.UNKNOWN: "it could not be judged",
    Status.INVALID: "what is published is not what the signers may publish; do not rely on it",
    Status.WITHDRAWN: "a statement that was made before is not made any more",
    Status.RETIRED: "the canary was ended by its own last release",
    Status.EXPIRED: "no release came in time; the last one does not count any more",
    Status.MISSING: "the host answers that the canary is not there",
    Status.OVERDUE: "the release is late; the last one still counts for now",
    Status.CHANGED: "it is valid and fresh, and something changed that a person should read",
    Status.UNREACHABLE: "one could not look; what was seen before is still fresh",
    Status.DUE: "it is valid and fresh, and the next release is due now",
    Status.OK: "it is valid, complete and fresh",
}
"""What each status means, in one sentence without a full stop."""

NOT_MEANT: Final = {
    Status.UNKNOWN: "it says nothing about the canary, neither good nor bad",
    Status.INVALID: "it does not say who did it, or why",
    Status.WITHDRAWN: "it does not say why: no reason is given, and none is guessed here",
    Status.RETIRED: "an ending that the signers signed is no warning",
    Status.EXPIRED: "it does not say why nothing came: an oversight looks the same",
    Status.MISSING: "it does not say that somebody took it down: a host that was moved or set up badly says the same",
    Status.OVERDUE: "late is not silent: it is over when the release comes, and stale when none comes in time",
    Status.CHANGED: "it does not say that the change is bad: the signers signed it",
    Status.UNREACHABLE: "it says nothing about the canary: the network, the host or this machine can be at fault",
    Status.DUE: "it does not say that what was signed is true: nobody can find out that signers were made to sign",
    Status.OK: "it does not say that what was signed is true: nobody can find out that signers were made to sign",
}
"""What nobody should read into it, likewise."""

_UNSIGNED_MEANINGS: Final = {
    Status.WITHDRAWN: "a pinned sentence is not there any more; nothing of the page is signed",
    Status.CHANGED: "a person should read what changed on the page; nothing of it is signed",
    Status.DUE: "every pinned sentence is there, and the next edition is due now; nothing of the page is signed",
    Status.OK: "every pinned sentence is there, and the page is fresh; nothing of it is signed",
}

_UNSIGNED_NOT_MEANT: Final = {
    Status.WITHDRAWN: "it does not say why, or who did it: without signatures a page that was redone looks the same",
    Status.CHANGED: "it does not say who changed it: without signatures anybody may have who controls the page",
    Status.DUE: "it does not say that the publisher wrote it: whoever controls the page can keep it as it is",
    Status.OK: "it does not say that the publisher wrote it: whoever controls the page can keep it as it is",
}


def meaning_of(status: Status, verdict: Verdict | None) -> str:
    """Returns what a status means, in one sentence without a full stop.

    Args:
        status: the status.
        verdict: the verdict that it is of; None where there is none.
    """
    return (_UNSIGNED_MEANINGS if _is_unsigned(verdict) else {}).get(status, MEANINGS[status])


def not_meant_by(status: Status, verdict: Verdict | None) -> str:
    """Returns what nobody should read into a status, likewise."""
    return (_UNSIGNED_NOT_MEANT if _is_unsigned(verdict) else {}).get(status, NOT_MEANT[status])


def _is_unsigned(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.edition is not None and verdict.edition.threshold == 0
