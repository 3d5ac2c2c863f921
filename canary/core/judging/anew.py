"""A stored verdict judged anew by time alone: a canary expires whether anybody looked or not.

DUE, OVERDUE and EXPIRED are taken out and found again by the newest release's, or edition's, own `next` and `expires`;
everything else stands as it was found. What has RETIRED stays so.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from canary.core.judging.findings import Code
from canary.core.judging.freshness import time_findings
from canary.core.judging.verdict import Verdict, in_order

BY_TIME = {Code.DUE, Code.OVERDUE, Code.EXPIRED}
"""What is found again at each moment."""


def judged_anew(verdict: Verdict, now: datetime) -> Verdict:
    """Returns a verdict as it stands at `now`, with nothing else looked at.

    Args:
        verdict: what a look came to.
        now: the watcher's clock, aware; not before the verdict was made.
    """
    promise = verdict.promise
    if promise is None or any(each.code is Code.RETIRED for each in verdict.findings):
        return replace(verdict, judged_at=now)
    kept, found = [each for each in verdict.findings if each.code not in BY_TIME], time_findings(promise, now)
    if not found and len(kept) == len(verdict.findings):
        return replace(verdict, judged_at=now)
    return replace(verdict, judged_at=now, findings=in_order([*kept, *found]))
