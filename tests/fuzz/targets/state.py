"""A watcher's state file: what is read is written again byte for byte, and no damaged file gets past the reader."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, timedelta
from random import Random
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from canary.core.dating.anchors import check_anchor
from canary.core.dating.evidence import CheckedEvidence, EvidenceOutcome
from canary.core.dating.timing import Timing
from canary.core.documents.release import Anchor
from canary.core.judging.findings import Code
from canary.core.judging.state import State, Sticky, with_one_more
from canary.core.log.admitted import Admitted
from canary.core.log.standing import Standing
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest, hash_field
from canary.formats.state_json import parse_state, render_state
from canary.limits import STICKY_FINDINGS
from tests.fuzz.harness import Scramble, Target, attempt
from tests.fuzz.mutation import TOKENS
from tests.simulator import EXAMPLE_BLOCK, Publisher, noon

_DEEPEST: Final = 8
_LONGEST_TEXT: Final = 200
_VALUES: Final = (
    *(None, True, False, 0, 1, -1, 2**53, 2**63, 2**64, 1.0, 1e300, "", "\x00", "\u2028", "\U0001f600", "e\u0301"),
    *("1970-01-01T00:00:00Z", "2999-12-31T23:59:59Z", "2026-02-29T00:00:00Z", "0001-01-01T00:00:00Z"),
    *([], {}, "AA==", "AB==", "AA", *(code.spelling for code in Code), *(str(outcome) for outcome in Outcome)),
)


def check(data: bytes) -> None:
    state = attempt(parse_state, data)
    if state is None:
        return
    assert render_state(state) == data
    assert state.high_water.tzinfo is UTC
    assert json.loads(data)["pin"] == state.pin
    _check_reading_goes_on(state)


def _check_reading_goes_on(state: State) -> None:
    """Whatever a person can do to a state that was read gives a state that can be read."""
    later = state.acknowledge().trust_clock(state.high_water)
    assert later.acknowledged == len(state.entries)
    assert all(each.acknowledged and each.proof for each in later.sticky)
    new = Sticky(Code.TEXT_FORK, "two texts", 2, state.high_water, (b"one", b"other"))
    sticky = with_one_more(list(later.sticky), new)
    assert new in sticky or len(sticky) >= STICKY_FINDINGS
    later = replace(later, sticky=tuple(sticky))
    assert parse_state(render_state(later)) == later


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    if random.random() < 0.4:
        return scramble(data, limit)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return scramble(data, limit)
    for _ in range(random.choice((1, 1, 2, 3))):
        document = _changed(document, random, scramble, depth=0)
    try:
        written = _written(document)
        if isinstance(document, dict) and random.random() < 0.7:
            written = _written({**document, "checksum": hash_field(digest(_written({**document, "checksum": ""})))})
    except (UnicodeEncodeError, OverflowError, RecursionError, msgspec.MsgspecError):
        return scramble(data, limit)
    return written[:limit]


def _written(document: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _changed(value: Any, random: Random, scramble: Scramble, *, depth: int) -> Any:  # noqa: ANN401  JSON, of any shape
    """Returns a document with one value in it changed, dropped or repeated."""
    if value and depth < _DEEPEST and random.random() < 0.9:
        if isinstance(value, dict):
            name = random.choice(list(value))
            return {**value, name: _changed(value[name], random, scramble, depth=depth + 1)}
        if isinstance(value, list):
            place = random.randrange(len(value))
            inner = [_changed(value[place], random, scramble, depth=depth + 1)]
            middle = random.choice((inner, inner, [], [value[place]] * 2))
            return [*value[:place], *middle, *value[place + 1 :]]
    if isinstance(value, str) and random.random() < 0.75:
        return _changed_text(value, random, scramble)
    if isinstance(value, int) and random.random() < 0.5:
        return value + random.choice((1, -1))
    return random.choice(_VALUES)


def _changed_text(value: str, random: Random, scramble: Scramble) -> str:
    kind = random.randrange(3)
    if kind == 0:
        place = random.randrange(len(value) + 1)
        return value[:place] + random.choice(TOKENS).decode(errors="replace") + value[place + 1 :]
    scrambled = scramble(value.encode(errors="replace") or b"x", _LONGEST_TEXT)
    return base64.b64encode(scrambled).decode() if kind == 1 else scrambled.decode(errors="replace")


def seeds() -> Mapping[str, bytes]:
    sim = Publisher(("legal",), threshold=1, openpgp=("legal",))
    sim.roster()
    sim.release(attachments={"a": b"x"})
    looked = sim.watched(noon("2025-02-03"))
    sim.gpg.missing = True
    unchecked = replace(looked.entries[0].tally.checked[0], outcome=Outcome.UNCHECKED, detail="no gpg — “none”")
    entry = Admitted(b"\x00\xff", replace(looked.entries[0].tally, checked=(unchecked,)), None)
    standing = replace(looked.standing, release=None, wordings={}, unchecked=[1])
    small = replace(looked, entries=(entry,), standing=standing, checkpoint=b"checkpoint\n", etag=None)
    nothing = replace(small, entries=(), standing=Standing(), attachments=(), acknowledged=0)
    moment = looked.high_water + timedelta(days=1)
    found = (
        Sticky(Code.TEXT_FORK, "two texts — “quoted”", 2, moment, (b"\x00", b"")),
        Sticky(Code.ROOT_MISMATCH, "", None, moment, (), acknowledged=True),
    )
    evidence = [
        CheckedEvidence(f"{number}.tsr", digest(b"a token"), outcome, moment, moment, "someone", "the reason")
        for number, outcome in enumerate(EvidenceOutcome)
    ]
    anchors = tuple(map(check_anchor, (EXAMPLE_BLOCK, Anchor("comet", "1P"), Anchor("bitcoin", "1 00"))))
    timing = Timing(digest(b"an entry"), anchors, tuple(evidence), {"3.tsr": '"a tag"'})
    return {
        "dated": render_state(replace(small, timing=timing)),
        "looked-once": render_state(looked),
        "small": render_state(small),
        "with-findings": render_state(replace(small, stale_since=moment, sticky=found, first_use=True)),
        "nothing-verified": render_state(nothing),
    }


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=8_192)
