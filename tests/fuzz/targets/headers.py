"""Block headers in files, in both forms, and what web services answer when they are asked for blocks and rounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Final

from canary.core.dating.anchor_bitcoin import HEADER_BYTES, BitcoinHeader, parse_bitcoin
from canary.edges.times.bitcoin_chain import CHAIN_REPORT
from canary.edges.web.service import read_json, read_line
from canary.errors import MalformedError
from canary.formats.times.bitcoin_headers import parse_headers, source_of
from tests.fuzz.harness import Scramble, Target, attempt, check_message
from tests.fuzz.mutation import mutate_lines
from tests.fuzz.targets.state import mutate as mutate_json
from tests.simulator import EXAMPLE_BLOCK

BLOCK: Final = parse_bitcoin(EXAMPLE_BLOCK.value)
_LATER: Final = BitcoinHeader(BLOCK.height + 1, bytes(range(HEADER_BYTES)))


def check(data: bytes) -> None:
    headers = attempt(parse_headers, data)
    if headers is not None:
        _check_headers(headers)
        assert all(each.header.hex().encode() in data for each in headers) or b"\\" in data, (
            "JSON can be spelt otherwise"
        )
    line = attempt(read_line, data)
    if line is not None:
        assert line.isprintable()
        assert line.isascii()
        assert line == data.decode().removesuffix("\n")
    report = attempt(lambda each: read_json(each, CHAIN_REPORT), data)
    if report is not None:
        assert str(report.blocks).encode() in data


def _check_headers(headers: tuple[BitcoinHeader, ...]) -> None:
    written = "".join(f"{each.render()}\n" for each in headers).encode()
    assert parse_headers(written) == headers
    try:
        source = source_of(headers)
    except MalformedError as error:
        check_message(str(error))
        assert len({each.height for each in headers}) < len(set(headers))
        return
    assert all(source(each.height).header == each for each in headers)
    assert source(-1).header is None


def mutate(data: bytes, limit: int, random: Random, scramble: Scramble) -> bytes:
    if data.lstrip()[:1] in (b"[", b"{") and random.random() < 0.6:
        return mutate_json(data, limit, random, scramble)
    return mutate_lines(data, limit, random, scramble)


def seeds() -> Mapping[str, bytes]:
    both = (BLOCK, _LATER)
    lines = "".join(f"{each.render()}\n" for each in both)
    rows = [{"height": each.height, "header": each.header.hex(), "hash": each.hash} for each in both]
    return {
        "lines": f"# mine\n\n{lines}".encode(),
        "json": json.dumps(rows).encode(),
        "two-of-one-height": f"{lines}{BLOCK.height} {_LATER.header.hex()}\n".encode(),
        "height": b"800000",
        "header": f"{BLOCK.header.hex()}\n".encode(),
        "chain": json.dumps({"chain": "main", "blocks": 800_000, "headers": 800_000, "warnings": []}).encode(),
        "nested": b"[" * 500,
    }


TARGET = Target(check=check, seeds=seeds, mutate=mutate, max_bytes=2_048)
