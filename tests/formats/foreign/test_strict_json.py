"""JSON from strangers: one reading or none, in time that grows with its length."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary import limits
from canary.errors import MalformedError
from canary.formats.foreign.strict_json import parse_json

MOST = 8 * 1024 * 1024

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-limits.MAX_NUMBER, limits.MAX_NUMBER)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)


def parse(data: bytes) -> object:
    return parse_json(data, what="it", most=MOST)


@given(VALUES, st.booleans())
def test_what_was_written_is_read(value: object, ascii_only: bool) -> None:  # noqa: FBT001  # drawn
    depth = json.dumps(value).count("[") + json.dumps(value).count("{")
    if depth <= limits.JSON_DEPTH:
        assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    with contextlib.suppress(MalformedError):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "\\u0062": 2}}',
        b"NaN",
        b"[Infinity, -Infinity]",
        b"1.5",
        b"1e999",
        b"9007199254740992",
        b"1" * 5_000_000,
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b"",
        b"{}{}",
        b"{'a': 1}",
        b'"a\nb"',
        b"[1,]",
        b"[" * 17 + b"]" * 17,
        b"[" * 4_000_000,
        b'{"a":' * 1_000_000,
        b"]" * 4_000_000 + b"[" * 17,
        b'"' + b'\\"' * 4_000_000,
        b'["' * 2_000_000,
        b" " * (MOST + 1),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_no_strict_json_is_one_malformed_error(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse(data)


def test_brackets_in_texts_are_no_levels() -> None:
    assert parse(json.dumps(['[{"\\' * 100]).encode()) == ['[{"\\' * 100]
