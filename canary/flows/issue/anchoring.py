"""The anchors of a draft: read from a file, held to the rules, and told of in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from canary.core.dating.anchors import BITCOIN, DRAND, AnchorOutcome, CheckedAnchor, anchor_identity, check_anchor
from canary.core.documents.release import Anchor, Release, parse_anchor
from canary.core.documents.schedule import render_days
from canary.core.log.history import History
from canary.core.signed.profile import check_text
from canary.core.text.times import format_time
from canary.errors import MalformedError, RefusedError
from canary.limits import BLOCK_AHEAD, FUTURE_TOLERANCE

_PREFIX = "anchor: "
_MINUTES_TOLD = 120
_HOURS_TOLD = 48


def parse_anchor_file(data: bytes) -> tuple[Anchor, ...]:
    """Reads a file of anchors: a line each, as in a release, with or without `anchor: ` before it.

    Raises:
        MalformedError: a line is no anchor, is not what it says it is, or is of a kind that nothing here knows.
    """
    anchors = []
    for number, line in enumerate(check_text(data).removesuffix("\n").split("\n"), start=1):
        try:
            anchor = parse_anchor(line.removeprefix(_PREFIX))
        except MalformedError as error:
            raise MalformedError(error.rule, line=number) from error
        checked = check_anchor(anchor)
        if checked.outcome is AnchorOutcome.UNKNOWN:
            raise MalformedError(f"no kind of anchor is called {anchor.kind}", line=number)
        if checked.outcome is AnchorOutcome.BAD:
            raise MalformedError(checked.words, line=number)
        anchors.append(anchor)
    return tuple(anchors)


# --- the rules ----------------------------------------------------------------------------------------------


def not_used_before(history: History, anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    """Returns those anchors that no published release has: a correction soon after a release finds the same block."""
    used = _used(history)
    return tuple(each for each in anchors if anchor_identity(each) not in used)


def check_anchors(history: History, release: Release) -> None:
    """Checks a draft's anchors against what is published and what the roster asks for.

    Args:
        history: the log so far.
        release: the draft.

    Raises:
        RefusedError: one is wrong, comes after `issued`, or stood in a release before; or none is fresh enough.
    """
    used = _used(history)
    checked = [check_anchor(anchor) for anchor in release.anchors]
    for each in checked:
        if each.outcome is AnchorOutcome.BAD:
            raise RefusedError(f"an anchor is wrong: {each.words}", hint="Draft without it.")
        if each.identity in used:
            raise RefusedError(
                f"the anchor {_short(each)} {used[each.identity]}; what was known before proves nothing new",
                hint="Take a newer one.",
            )
        used[each.identity] = "is there twice"
        _check_not_after(release, each)
    _check_fresh(history, release, checked)


def _check_not_after(release: Release, checked: CheckedAnchor) -> None:
    latest = release.issued + FUTURE_TOLERANCE
    if checked.bound is not None and checked.bound > latest:
        raise RefusedError(
            f"the anchor {_short(checked)} was not there before {format_time(checked.bound)}, and this machine's clock "
            f"says {format_time(release.issued)}",
            hint="Set the clock right: it is behind a time that is proved.",
        )
    if checked.moment is not None and checked.moment > latest + BLOCK_AHEAD:
        raise RefusedError(
            f"the anchor {_short(checked)} claims to be of {format_time(checked.moment)}, and this machine's clock "
            f"says {format_time(release.issued)}",
            hint="Draft without it, if the clock is right.",
        )


def _check_fresh(history: History, release: Release, checked: Sequence[CheckedAnchor]) -> None:
    age = history.roster.anchor_age if history.roster is not None else None
    if age is None:
        return
    moments = [each.moment for each in checked if each.outcome is AnchorOutcome.PROVED and each.moment is not None]
    if any(release.issued - moment <= age for moment in moments):
        return
    asks = f"the roster asks for an anchor that is at most {render_days(age)} old"
    has = "this draft has none that is proved"
    if moments:
        has = f"the newest one of this draft is {age_in_words(release.issued - max(moments))} old"
    raise RefusedError(
        f"{asks}, and {has}",
        hint="Draft on a machine that reaches the sources under [anchors] in canary.toml, or bring anchors from one "
        "that does, in a file: canary draft --anchor FILE.",
    )


def _used(history: History) -> dict[str, str]:
    return {
        anchor_identity(anchor): f"stood in release {release.number} already"
        for release in history.releases_back()
        for anchor in release.anchors
    }


# --- in words -----------------------------------------------------------------------------------------------


def describe_anchor(checked: CheckedAnchor, issued: datetime) -> str:
    """Returns a sentence on an anchor for people: its kind, time, age at `issued`, and what it proves and rests on."""
    age = ""
    if checked.moment is not None:
        gap = issued - checked.moment
        side = "before" if gap >= timedelta() else "after"
        age = f", {format_time(checked.moment)}, {age_in_words(abs(gap))} {side} the text's own date"
    words = checked.words
    match checked.outcome:
        case AnchorOutcome.PROVED:
            bound = f"the text was not made before {format_time(checked.bound)}" if checked.bound else ""
            verdict = f"proves that {bound}: {words}"
        case AnchorOutcome.CLAIMED:
            verdict = f"a claim, which proves nothing: {words}"
        case AnchorOutcome.UNKNOWN:
            verdict = f"not checked: {words}"
        case AnchorOutcome.BAD:
            verdict = f"WRONG: {words}"
    return f"{_short(checked)}{age}; {verdict}."


def age_in_words(age: timedelta) -> str:
    """Returns a length of time, not negative, as people say it: in minutes, then in hours, from two days on in days."""
    minutes = int(age.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    if minutes < _MINUTES_TOLD:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    hours = minutes // 60
    return f"{hours} hours" if hours < _HOURS_TOLD else render_days(timedelta(days=hours // 24))


def _short(checked: CheckedAnchor) -> str:
    """Returns what an anchor is called in a sentence: its kind, and for a headline what it says."""
    known = checked.anchor.kind in (DRAND, BITCOIN)
    return checked.anchor.kind if known else f"{checked.anchor.kind} {checked.anchor.value}"
