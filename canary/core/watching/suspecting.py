"""Looks that failed: what of them is believed at once, and what is only suspected.

A **failure** is a finding that a host, or a network, can cause without any signature: one that causes UNREACHABLE or
MISSING, and NEVER-FETCHED. A look that has one, and not as a remark, **failed**. There are two kinds: it came to
MISSING, or to anything else.

- The failure itself is believed only when it has lasted (`canary.core.watching.agenda`). Until then it is set aside.
- Everything else that such a look found is believed at once: what signatures prove, and what time alone proves.
- A look that failed denies nothing. What an earlier look found at the host and no signature proves (a forged entry, a
  newer format, a failure that is believed) stands until a look brings the log again. What a state keeps is found again
  at every look, and so needs no such rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from canary.core.judging.findings import Cause, Code, Finding
from canary.core.judging.verdict import Verdict, in_order

_FAILURES = {Cause.UNREACHABLE, Cause.MISSING}
_BROUGHT_NOTHING = {
    Code.UNREACHABLE,
    Code.MISSING,
    Code.NOT_A_CANARY,
    Code.INCONSISTENT,
    Code.STALE_COPY,
    Code.NEVER_FETCHED,
}
_SEEN_AT_HOST = {Cause.INVALID, Cause.UNDECIDED}
_OF_THIS_CLOCK = {Code.CLOCK_BACKWARDS, Code.CLOCK_BEHIND}


def failure_of(verdict: Verdict) -> Cause | None:
    """Returns which kind of failure a look came to: MISSING, or UNREACHABLE for any other; None where it held."""
    if not any(_is_failure(each) for each in verdict.findings):
        return None
    missing = any(each.cause is Cause.MISSING for each in verdict.findings)
    return Cause.MISSING if missing else Cause.UNREACHABLE


def brought_log(verdict: Verdict) -> bool:
    """Tells whether a look brought the whole log, or that it is unchanged."""
    return not any(each.code in _BROUGHT_NOTHING for each in verdict.findings)


def believed_of(look: Verdict, before: Verdict | None, failure: Verdict | None) -> Verdict:
    """Returns what is believed after a look that failed.

    Args:
        look: what it came to.
        before: what was believed before; None before the first look.
        failure: the look whose failure is believed now; None where it is set aside.
    """
    undenied = before if before is not None and not brought_log(look) else None
    kept = [each for each in look.findings if not _is_failure(each)]
    known = {each.key for each in kept}
    if undenied is not None:
        kept += [each for each in _seen_at_host(undenied) if each.key not in known]
    failures = _failures(failure or undenied)
    never = look.log_size == 0 and look.edition is None
    if never and not failures and not any(each.cause in _SEEN_AT_HOST for each in kept):
        kept.append(_never_fetched(look))
    return replace(look, findings=in_order([*kept, *failures]))


def _is_failure(finding: Finding) -> bool:
    return finding.cause in _FAILURES or finding.code is Code.NEVER_FETCHED


def _failures(verdict: Verdict | None) -> list[Finding]:
    return [] if verdict is None else [each for each in verdict.findings if each.cause in _FAILURES]


def _seen_at_host(before: Verdict) -> Iterator[Finding]:
    """Returns what an earlier look found that no signature proves and no state keeps, with the day of that look."""
    for each in before.findings:
        if each.cause in _SEEN_AT_HOST and not each.sticky and each.code not in _OF_THIS_CLOCK:
            yield replace(each, found=each.found or before.judged_at)


def _never_fetched(look: Verdict) -> Finding:
    """Returns the finding that nothing was ever fetched: what is gone may never have been there."""
    for each in look.findings:
        if each.code is Code.NEVER_FETCHED:
            return each
    why = next((each.message for each in look.findings if _is_failure(each)), "nothing came back")
    return Finding(Code.NEVER_FETCHED, f"this canary has never been fetched from here: {why}")
