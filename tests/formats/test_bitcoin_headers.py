from __future__ import annotations

import json
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.dating.anchor_bitcoin import HEADER_BYTES, BitcoinHeader, parse_bitcoin
from canary.errors import MalformedError
from canary.formats.times import bitcoin_headers
from canary.formats.times.bitcoin_headers import parse_headers, source_of
from canary.limits import HEADERS_BYTES
from tests.simulator import EXAMPLE_BLOCK
from tests.strategies import mutated

BLOCK = parse_bitcoin(EXAMPLE_BLOCK.value)

headers = st.lists(
    st.builds(BitcoinHeader, st.integers(0, 10_000_000), st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES)),
    max_size=4,
)


def lines(known: list[BitcoinHeader]) -> bytes:
    return "".join(f"{each.render()}\n" for each in known).encode()


def rows(known: list[BitcoinHeader]) -> bytes:
    return json.dumps([{"height": each.height, "header": each.header.hex(), "x": None} for each in known]).encode()


@given(headers)
def test_both_forms_read_back_as_they_were_written(known: list[BitcoinHeader]) -> None:
    assert list(parse_headers(lines(known))) == list(parse_headers(rows(known))) == known


@given(st.binary(max_size=200) | mutated(headers.map(lines)) | mutated(headers.map(rows)))
def test_no_file_raises_anything_but_the_projects_own_errors(data: bytes) -> None:
    try:
        found = parse_headers(data)
        source = source_of(found)
    except MalformedError as error:
        assert error.rule.isprintable()  # noqa: PT017  # either it reads or it says why
    else:
        assert [source(each.height).header for each in found] == list(found)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 500_000,
        b'[{"height": ' * 100_000,
        b'[{"x": ' + b"[" * 500_000 + b'], "height": 1, "header": ""}]',
        b'[{"height": ' + b"9" * 500_000 + b', "header": ""}]',
        b'[{"height": 1e400, "header": ""}]',
        b"9" * 500_000 + b" " + b"0" * 160,
        b"1 " + b"0" * 500_000,
        b"[{}" + b",{}" * 500_000 + b"]",
    ],
    ids=lambda data: data[:14].decode(),
)
def test_what_is_deep_or_long_is_told_in_a_sentence(data: bytes) -> None:
    assert len(data) <= HEADERS_BYTES
    with pytest.raises(MalformedError) as caught:
        parse_headers(data)
    assert len(caught.value.what) < 200


def test_of_a_file_that_is_wrong_nothing_is_read_behind_the_first_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = Mock(wraps=parse_bitcoin)
    monkeypatch.setattr(bitcoin_headers, "parse_bitcoin", parse)
    with pytest.raises(MalformedError, match="line 2"):
        parse_headers(lines([BLOCK]) + b"wrong\n" + lines([BLOCK]) * 1_000)
    assert parse.call_count == 2
