"""When a release was signed, told in order of time: what is proved, what is only said, and what comes after it.

Each event says what it rests on. An anchor or a piece of evidence stands at its bound, which is what it proves, and not
at the time that it states itself. What has no time of its own stands apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from canary.core.dating.anchors import BITCOIN, DRAND, HEADLINE, AnchorOutcome, CheckedAnchor
from canary.core.dating.evidence import TSR, CheckedEvidence, EvidenceOutcome
from canary.core.dating.timing import Timing, window_in_words
from canary.core.documents.release import Release
from canary.core.documents.roster import Roster
from canary.core.signed.kinds import Kind
from canary.core.signed.tally import CheckedSignature, Tally
from canary.core.text.times import midnight

_SHOWN_CHARACTERS = 300


class Footing(StrEnum):
    """What stands behind an event."""

    PROVED = "proved"
    CLAIM = "claim"
    SCHEDULE = "schedule"
    UNCHECKED = "not checked"
    WRONG = "does not hold"


class Event(msgspec.Struct, frozen=True):
    """One thing that happened, or will.

    Attributes:
        moment: when (UTC); None where it has no time of its own.
        footing: what stands behind it.
        what: a sentence for people, without a full stop.
        rests_on: what a proof rests on, likewise; empty for anything else.
    """

    moment: datetime | None
    footing: Footing
    what: str
    rests_on: str = ""


class Timeline(msgspec.Struct, frozen=True):
    """The events about one release.

    Attributes:
        events: those with a time, in its order.
        timeless: those without one.
        silent: the signers that count and whose signatures say nothing of their time.
    """

    events: tuple[Event, ...]
    timeless: tuple[Event, ...]
    silent: tuple[str, ...]


def timeline(release: Release, roster: Roster, tally: Tally, timing: Timing) -> Timeline:
    """Puts together what speaks of when a release was signed.

    Args:
        release: the release; it holds.
        roster: the roster it is judged by.
        tally: its signatures.
        timing: its anchors and evidence, checked.
    """
    events = [
        *map(_anchor, timing.anchors),
        Event(release.issued, Footing.CLAIM, "The release was issued then, says its own text"),
        *(_signature(each, each.signed_at) for each in tally.checked if each.signed_at is not None),
        *map(_evidence, timing.evidence),
        *_promised(release),
    ]
    timed = [(event.moment, event) for event in events if event.moment is not None]
    kinds = {signer.name: signer.kind for signer in roster.signers}
    return Timeline(
        tuple(event for _, event in sorted(timed, key=lambda each: each[0])),
        tuple(event for event in events if event.moment is None),
        tuple(name for name in tally.signed if kinds.get(name) is not Kind.OPENPGP),
    )


def _anchor(checked: CheckedAnchor) -> Event:
    kind, value = checked.anchor.kind, _shown(checked.anchor.value)
    match checked.outcome:
        case AnchorOutcome.PROVED:
            quoted, rests_on = _quoted(checked)
            return Event(checked.bound, Footing.PROVED, f"Not signed before this: the text quotes {quoted}", rests_on)
        case AnchorOutcome.CLAIMED if kind == HEADLINE:
            what = "The text quotes a headline, which a person can look up and no program can check"
            return Event(None, Footing.UNCHECKED, f"{what}: {value}")
        case AnchorOutcome.CLAIMED:
            what = f"The text quotes a {kind} value that is of this time by its own account, which proves nothing here"
            return Event(checked.moment, Footing.CLAIM, f"{what}: {checked.words}")
        case AnchorOutcome.UNKNOWN:
            what = f"The text quotes a value of the kind {kind}, which this version does not know and cannot check"
            return Event(None, Footing.UNCHECKED, f"{what}: {value}")
        case AnchorOutcome.BAD:
            what = f"The text quotes a {kind} value that is not what it says it is"
            return Event(None, Footing.WRONG, f"{what}: {checked.words}")


def _quoted(checked: CheckedAnchor) -> tuple[str, str]:
    """Returns what a proved anchor is, as the end of "the text quotes", and what that rests on."""
    first = checked.anchor.value.split(" ")[0]
    if checked.anchor.kind == DRAND:
        quoted = f"drand round {first}, a random number that nobody could know earlier"
        members = "enough of the League of Entropy's independent members would have to work together in secret"
        return quoted, f"a threshold network: to know it earlier, {members}"
    if checked.anchor.kind == BITCOIN:
        own = "" if checked.moment is None else f" and time {_second(checked.moment)}, which may be two hours ahead,"
        quoted = f"a Bitcoin block, which nobody could know earlier (height {first}{own} by its own account)"
        return quoted, "the cost of mining a block: one with a false date takes as much work as an honest one"
    return checked.words, ""


def _signature(checked: CheckedSignature, moment: datetime) -> Event:
    what = f"{checked.name} signed then, by the OpenPGP signature's own account"
    if not checked.counts:
        why = f"{checked.outcome}: {checked.detail}" if checked.detail else str(checked.outcome)
        what += f"; the signature does not count ({why})"
    return Event(moment, Footing.CLAIM, what)


def _evidence(checked: CheckedEvidence) -> Event:
    is_token = checked.name.endswith(TSR)
    if checked.outcome is EvidenceOutcome.PROVED:
        return _token(checked) if is_token else _block(checked)
    if checked.outcome is EvidenceOutcome.CLAIMED and is_token:
        return Event(checked.moment, Footing.CLAIM, f"It was there by then, says {checked.by}: {checked.words}")
    footing, what = _COUNTS_FOR_NOTHING[checked.outcome]
    return Event(None, footing, f"The timestamp {checked.name} {what}: {checked.words}")


_COUNTS_FOR_NOTHING = {
    EvidenceOutcome.CLAIMED: (Footing.UNCHECKED, "proves nothing here"),
    EvidenceOutcome.PENDING: (Footing.UNCHECKED, "is only promised yet"),
    EvidenceOutcome.UNCHECKED: (Footing.UNCHECKED, "could not be checked"),
    EvidenceOutcome.BAD: (Footing.WRONG, "counts for nothing"),
}


def _token(checked: CheckedEvidence) -> Event:
    at = "" if checked.moment is None else f" at {_second(checked.moment)}, by a clock that may be a little off"
    what = f"It was there by then, signatures and all: the authority {checked.by} signed its hash{at}"
    return Event(checked.bound, Footing.PROVED, what, f"{checked.words}, which is on your list of whom to trust")


def _block(checked: CheckedEvidence) -> Event:
    at = "" if checked.moment is None else f" and time {_second(checked.moment)}, which may be two hours behind"
    what = f"It was there by then, signatures and all: its hash is in {checked.by}{at}"
    rests_on = "the cost of mining a block, and your own source of blocks"
    return Event(checked.bound, Footing.PROVED, what, f"{rests_on}: {checked.words}")


def _promised(release: Release) -> Iterator[Event]:
    if release.next is None or release.expires is None:
        return
    opens = midnight(release.next.opens)
    yield Event(opens, Footing.SCHEDULE, "The window for the next release opens")
    yield Event(release.next.over, Footing.SCHEDULE, "That window is over; without a newer release the canary is late")
    yield Event(release.expires, Footing.SCHEDULE, "Without a newer release the canary is stale from then on")


# --- the sum of it --------------------------------------------------------------------------------------


def proved(timing: Timing) -> str:
    """Returns what is proved of when a release was signed, in one sentence without a full stop."""
    window = window_in_words(timing)
    return f"{window[0].upper()}{window[1:]}" if window else "Nothing proves when it was signed"


def not_proved(timing: Timing) -> str:
    """Returns what is not proved of it, likewise."""
    lower, upper = timing.not_before is not None, timing.not_after is not None
    if lower and upper:
        open_side = "at which moment in between"
    elif lower and not upper:
        open_side = "that it was not signed later than it says"
    elif upper and not lower:
        open_side = "that it was not signed earlier than it says, to be shown later"
    else:
        open_side = "the dates that it and its signatures state"
    return f"Not proved: {open_side}; and, whatever the time, that what it says is true"


def _second(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}…"
