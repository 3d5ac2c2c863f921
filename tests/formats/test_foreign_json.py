"""What is pinned and what is kept of a foreign canary, as bytes: the same value comes back, nothing else is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from canary.core.foreign.edition import Edition, Remark, Signed
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner, PinnedStatement
from canary.core.foreign.splices import FieldSignature, Seen
from canary.core.foreign.state import ForeignState, KeptEdition, KeptFile, KeptQuote
from canary.core.judging.findings import Code
from canary.core.judging.state import Sticky
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest, hash_field
from canary.errors import MalformedError
from canary.formats.foreign.pinned_json import parse_pinned, pin_of, render_pinned
from canary.formats.foreign.state_json import parse_foreign_state, render_foreign_state
from tests.strategies import hashes, moments, mutated

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
statements = st.lists(st.builds(PinnedStatement, words.filter(bool), words), max_size=3, unique_by=lambda each: each.id)
signed = st.builds(
    Signed,
    words,
    words,
    st.sampled_from(Outcome),
    st.none() | moments,
    words,
    words,
    st.none() | moments,
    st.booleans(),
)
editions = st.builds(
    Edition,
    words,
    hashes,
    words,
    st.lists(signed, max_size=2).map(tuple),
    st.lists(st.tuples(st.sampled_from(Remark), words), max_size=2).map(tuple),
    st.lists(st.builds(FieldSignature, hashes, words, hashes, hashes, moments), max_size=2).map(tuple),
)
states = st.builds(
    ForeignState,
    pin=hashes,
    first_use=st.booleans(),
    newest=st.none() | editions,
    files=st.lists(st.builds(KeptFile, words, st.none() | hashes, st.none() | words), max_size=2).map(tuple),
    editions=st.lists(
        st.builds(KeptEdition, words, hashes, st.none() | st.integers(0, 99), st.none() | moments, moments), max_size=2
    ).map(tuple),
    quotes=st.lists(st.builds(KeptQuote, words, hashes, hashes), max_size=2).map(tuple),
    fields=st.lists(st.builds(Seen, hashes, words, hashes, hashes, moments, moments), max_size=2).map(tuple),
    acknowledged=statements.map(tuple),
    high_water=moments,
    added=statements.map(tuple),
    stale_since=st.none() | moments,
    unproved_since=st.none() | moments,
    sticky=st.lists(
        st.builds(
            Sticky,
            st.sampled_from(Code),
            words,
            st.none(),
            moments,
            st.lists(st.binary(max_size=9), max_size=2).map(tuple),
            st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
)


@st.composite
def pinneds(draw: st.DrawFn) -> Pinned:
    """Returns what can be pinned, of every format."""
    kind = draw(st.sampled_from(Format))
    digits = {Format.DETACHED: 20, Format.CLEARSIGNED: 20, Format.PAGE: 0}.get(kind, 32)
    keys = draw(
        st.lists(st.binary(min_size=digits, max_size=digits).map(bytes.hex), min_size=1, max_size=3, unique=True)
    )
    key_ids = st.just("") | st.binary(min_size=8, max_size=8).map(bytes.hex)
    signers = tuple(
        PinnedSigner(f"signer {n}", key, draw(st.binary(max_size=9)), draw(key_ids), draw(st.booleans()))
        for n, key in enumerate(keys)
        if digits
    )
    return Pinned(
        kind,
        draw(words),
        draw(words),
        signers,
        draw(st.integers(1, len(signers))) if signers else 0,
        tuple(draw(statements)),
        draw(words),
    )


@given(states)
def test_a_state_comes_back_as_it_was(state: ForeignState) -> None:
    assert parse_foreign_state(render_foreign_state(state)) == state


@given(pinneds())
def test_what_is_pinned_comes_back_as_it_was(pinned: Pinned) -> None:
    assert parse_pinned(render_pinned(pinned)) == pinned
    assert pin_of(pinned) == digest(render_pinned(pinned))


@given(mutated(states.map(render_foreign_state)))
def test_other_bytes_of_a_state_are_refused(data: bytes) -> None:
    try:
        state = parse_foreign_state(data)
    except MalformedError:
        return
    assert render_foreign_state(state) == data


@given(mutated(pinneds().map(render_pinned)))
def test_other_bytes_of_what_is_pinned_are_refused(data: bytes) -> None:
    try:
        pinned = parse_pinned(data)
    except MalformedError:
        return
    assert render_pinned(pinned) == data


@given(pinneds(), pinneds())
def test_two_things_have_two_pins(one: Pinned, other: Pinned) -> None:
    assert (pin_of(one) == pin_of(other)) is (one == other)


SIGNER = PinnedSigner("legal", "ab" * 20, b"certificate")
PINNED = Pinned(Format.DETACHED, "qubes", "about", (SIGNER,), 1, (PinnedStatement("1", "We have never."),))
STORED = (
    '{\n "version": 1,\n "format": "openpgp-detached",\n "profile": "qubes",\n "profile_text": "about",\n'
    ' "threshold": 1,\n "signers": [\n  {\n   "name": "legal",\n   "key": "abababababababababababababababababababab",\n'
    '   "certificate": "Y2VydGlmaWNhdGU=",\n   "key_id": "",\n   "required": false\n  }\n ],\n'
    ' "statements": [\n  {\n   "id": "1",\n   "words": "We have never."\n  }\n ],\n "panic_key": "",\n'
    ' "checksum": "CHECKSUM"\n}\n'
)
"""What lies in watchers' memories, and what their pins are hashes of; other bytes for it need another version."""


def checked(document: str) -> bytes:
    """Returns a document with its checksum, as any program can make it."""
    return document.replace("CHECKSUM", hash_field(digest(document.replace("CHECKSUM", "").encode()))).encode()


def test_what_was_pinned_once_is_read_for_ever() -> None:
    assert render_pinned(PINNED) == checked(STORED)
    assert parse_pinned(checked(STORED)) == PINNED
    assert pin_of(PINNED) == digest(checked(STORED))


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 0},
        {"threshold": 2},
        {"signers": ()},
        {"signers": (SIGNER, replace(SIGNER, key="cd" * 20))},
        {"signers": (SIGNER, replace(SIGNER, name="other"))},
        {"signers": (replace(SIGNER, key="ab" * 32),)},
        {"signers": (replace(SIGNER, key="AB" * 20),)},
        {"signers": (replace(SIGNER, key_id="ab"),)},
        {"signers": (replace(SIGNER, certificate=bytes(65_537)),)},
        {"format": Format.PAGE},
        {"format": Format.SIGNIFY},
        {"statements": PINNED.statements * 2},
        {"statements": (PinnedStatement("", "We have never."),)},
        {"profile_text": "x" * 16_385},
    ],
    ids=str,
)
def test_what_cannot_be_pinned_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError, match="damaged"):
        parse_pinned(render_pinned(replace(PINNED, **change)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace('"version": 1', '"version": 2'), "another version"),
        (lambda text: text.replace('"panic_key": ""', '"panic_key": "",\n "more": 1'), "another version"),
        (lambda text: text.replace("We have never", "We have often"), "damaged"),
        (lambda text: text.replace('"threshold": 1,', '"threshold": 1,\n "threshold": 1,'), "damaged"),
        (lambda text: text.replace('"threshold": 1', '"threshold": NaN'), "damaged"),
        (lambda text: "[" * 10 * len(text), "damaged"),
        (lambda text: text + " " * 4 * 1024 * 1024, "more than"),
    ],
    ids=["version", "field", "words", "twice", "nan", "deep", "long"],
)
def test_damage_and_other_versions_are_told_apart(change: Callable[[str], str], says: str) -> None:
    whole = change(STORED)
    data = checked(whole) if says == "another version" else whole.replace("CHECKSUM", json.dumps("")[1:-1]).encode()
    with pytest.raises(MalformedError, match=says):
        parse_pinned(data)


@pytest.mark.parametrize("moment", ["2026-01-01T00:00:00", "2026-01-01T01:00:00+01:00"])
def test_a_time_that_is_not_in_utc_is_refused(moment: str) -> None:
    state = ForeignState("ab" * 32, False, None, (), (), (), (), (), datetime(2026, 1, 1, tzinfo=UTC))  # noqa: FBT003
    data = render_foreign_state(state)
    assert b"2026-01-01T00:00:00Z" in data
    with pytest.raises(MalformedError, match="UTC"):
        parse_foreign_state(data.replace(b"2026-01-01T00:00:00Z", moment.encode()))
