from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.core.dating.anchor_drand import CHAIN_HASH, DrandRound
from canary.core.dating.anchor_source import BlockSource, ChainInterface, ChainPlace
from canary.edges.times.anchor_sources import ask_all, open_chains, open_relays
from canary.edges.times.bitcoin_chain import CHAIN_REPORT
from canary.edges.web import service
from canary.edges.web.service import read_json, read_line
from canary.errors import CanaryError, FetchError, MalformedError
from tests.chain_simulator import SECRET, serve_chain
from tests.loopback import Loopback, Wire, answer, drip, says
from tests.simulator import EXAMPLE_ANCHOR
from tests.strategies import mutated

SECONDS = 5.0
NUMBER, SIGNATURE = EXAMPLE_ANCHOR.value.split(" ")
ROUND = {"round": int(NUMBER), "signature": SIGNATURE, "randomness": "00", "previous_signature": ""}
LATEST = f"/{CHAIN_HASH}/public/latest"

BLOCKS = {height: BitcoinHeader(height, bytes([height]) * 80) for height in (97, 100)}
"""Nobody has worked for these; whether a header holds work is not the sources' matter."""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback({}) as running:
        yield running


def serve(server: Loopback, interface: ChainInterface, *, chain: str = "main") -> None:
    """Lets a server know two blocks."""
    serve_chain(server, interface, list(BLOCKS.values()), tip=100, chain=chain)


def place(server: Loopback, interface: ChainInterface, credentials: Path) -> ChainPlace:
    return ChainPlace(interface, server.url, str(credentials) if interface is ChainInterface.CORE_RPC else "")


@pytest.fixture
def cookie(tmp_path: Path) -> Path:
    path = tmp_path / "home" / ".cookie"
    path.parent.mkdir()
    path.write_text(SECRET, "utf-8")
    return path


def opened(where: ChainPlace, tmp_path: Path, *, seconds: float = SECONDS) -> BlockSource:
    (source,) = open_chains([where], outside=tmp_path / "workspace", seconds=seconds)
    return source


def asked_of(server: Loopback) -> DrandRound:
    (relay,) = open_relays([server.url], seconds=SECONDS)
    return relay.latest()


# --- drand ----------------------------------------------------------------------------------------------


def test_a_relay_tells_its_newest_round(server: Loopback) -> None:
    server.files = {LATEST: json.dumps(ROUND).encode()}
    assert asked_of(server) == DrandRound(int(NUMBER), bytes.fromhex(SIGNATURE))
    assert [each.target for each in server.asked] == [LATEST]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>captive portal</html>",
        b"[]",
        b"{}",
        b'{"round": 1}',
        json.dumps(ROUND | {"round": NUMBER}).encode(),
        json.dumps(ROUND | {"round": 1.5}).encode(),
        json.dumps(ROUND | {"round": -1}).encode(),
        json.dumps(ROUND | {"round": 10**400}).encode(),
        json.dumps(ROUND | {"signature": SIGNATURE.upper()}).encode(),
        json.dumps(ROUND | {"signature": SIGNATURE[:-2]}).encode(),
        json.dumps(ROUND | {"signature": None}).encode(),
        b'{"x":' + b"[" * 4_000,
        b'{"round": 1, "signature": "\xff"}',
        b'{"round": 1, "signature": "\\ud800"}',
    ],
)
def test_what_is_no_round_is_refused(server: Loopback, body: bytes) -> None:
    server.files = {LATEST: body}
    with pytest.raises(MalformedError):
        asked_of(server)


def test_a_relay_that_is_not_there_is_named(server: Loopback) -> None:
    with pytest.raises(FetchError, match=rf"127\.0\.0\.1:{server.port} answered with status 404"):
        asked_of(server)
    server.files = {LATEST: b"x" * 5_000}
    with pytest.raises(FetchError, match="larger than"):
        asked_of(server)


# --- blocks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interface", ChainInterface)
def test_every_interface_tells_the_tip_and_a_block(
    server: Loopback, interface: ChainInterface, cookie: Path, tmp_path: Path
) -> None:
    serve(server, interface)
    source = opened(place(server, interface, cookie), tmp_path)
    assert source.name == f"127.0.0.1:{server.port}"
    assert source.tip() == 100
    assert source.block(97) == BLOCKS[97]


@pytest.mark.parametrize("interface", [ChainInterface.CORE_REST, ChainInterface.CORE_RPC])
def test_a_node_of_another_chain_is_none(
    server: Loopback, interface: ChainInterface, cookie: Path, tmp_path: Path
) -> None:
    serve(server, interface, chain="test")
    with pytest.raises(MalformedError, match="another chain"):
        opened(place(server, interface, cookie), tmp_path).tip()


@pytest.mark.parametrize("interface", [ChainInterface.ESPLORA, ChainInterface.CORE_REST])
@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"-1", b"1\n2", b"0" * 64, b"10000001", b'{"chain":"main"}'])
def test_what_is_no_height_is_refused(
    server: Loopback, interface: ChainInterface, body: bytes, cookie: Path, tmp_path: Path
) -> None:
    server.files = {"/blocks/tip/height": body, "/rest/chaininfo.json": body}
    with pytest.raises(MalformedError):
        opened(place(server, interface, cookie), tmp_path).tip()


@pytest.mark.parametrize("told", ["", "../../secret", "A" * 64, "0" * 63, f"{'0' * 64} "])
def test_what_is_no_hash_is_not_asked_for(server: Loopback, told: str, tmp_path: Path) -> None:
    server.files = {"/block-height/97": told.encode()}
    with pytest.raises(MalformedError, match="not the hash of a block"):
        opened(ChainPlace(ChainInterface.ESPLORA, server.url), tmp_path).block(97)
    assert [each.target for each in server.asked] == ["/block-height/97"]


def test_a_header_of_another_block_is_refused(server: Loopback, tmp_path: Path) -> None:
    serve(server, ChainInterface.ESPLORA)
    server.files |= {f"/block/{BLOCKS[97].hash}/header": BLOCKS[100].header.hex().encode()}  # type: ignore[operator]  # it is a dict
    with pytest.raises(MalformedError, match=f"not that of block {BLOCKS[97].hash}"):
        opened(ChainPlace(ChainInterface.ESPLORA, server.url), tmp_path).block(97)


# --- user and password ----------------------------------------------------------------------------------


def test_a_wrong_password_is_told_by_its_file_and_shown_nowhere(server: Loopback, cookie: Path, tmp_path: Path) -> None:
    serve(server, ChainInterface.CORE_RPC)
    cookie.write_text("canary:another secret", "utf-8")
    with pytest.raises(FetchError, match="status 401") as caught:
        opened(place(server, ChainInterface.CORE_RPC, cookie), tmp_path).tip()
    assert str(cookie) in caught.value.what
    assert "another secret" not in f"{caught.value.what} {caught.value.hint}"


def test_a_file_without_user_and_password_is_named(server: Loopback, cookie: Path, tmp_path: Path) -> None:
    where = place(server, ChainInterface.CORE_RPC, cookie)
    cookie.write_text("secret alone\n", "utf-8")
    with pytest.raises(CanaryError, match="does not hold user:password") as caught:
        opened(where, tmp_path).tip()
    assert "secret alone" not in caught.value.what
    cookie.unlink()
    with pytest.raises(CanaryError, match="cannot be read"):
        opened(where, tmp_path).tip()
    assert server.asked == []


def test_a_password_lies_outside_of_the_workspace(server: Loopback, tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "password").write_text(SECRET, "utf-8")
    (tmp_path / "link").symlink_to(root / "password")
    for file in (root / "password", tmp_path / "link", root / "later"):
        with pytest.raises(CanaryError, match="lies in the workspace"):
            opened(ChainPlace(ChainInterface.CORE_RPC, server.url, str(file)), tmp_path)


def test_a_home_folder_is_known_by_its_sign(
    server: Loopback, cookie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(cookie.parent))
    serve(server, ChainInterface.CORE_RPC)
    assert opened(ChainPlace(ChainInterface.CORE_RPC, server.url, "~/.cookie"), tmp_path).tip() == 100


# --- time -----------------------------------------------------------------------------------------------


def test_every_request_to_a_source_is_bounded(server: Loopback, tmp_path: Path) -> None:
    serve(server, ChainInterface.ESPLORA)
    server.faults[f"/block/{BLOCKS[97].hash}/header"] = drip(answer(200, b"0" * 160))
    source = opened(ChainPlace(ChainInterface.ESPLORA, server.url), tmp_path, seconds=0.8)
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"did not answer within 0\.8 s"):
        source.block(97)
    assert time.monotonic() - began < SECONDS


def test_one_that_hangs_takes_no_time_from_the_others(server: Loopback, tmp_path: Path) -> None:
    serve(server, ChainInterface.ESPLORA)
    with Loopback({}) as stuck:
        stuck.faults = {LATEST: Wire.hang, "/blocks/tip/height": Wire.hang}
        places = [ChainPlace(ChainInterface.ESPLORA, each.url) for each in (stuck, server)]
        chains = open_chains(places, outside=tmp_path, seconds=0.8)
        first = ask_all([open_relays([stuck.url], seconds=0.8)[0].latest, *(chain.tip for chain in chains)])
        assert [isinstance(each, FetchError) for each in first] == [True, True, False]
        assert chains[1].block(97) == BLOCKS[97]


def test_everyone_is_asked_at_once_and_answers_keep_their_order() -> None:
    def slow(number: int) -> int:
        time.sleep(0.3)
        if number == 2:
            raise FetchError("two is away")
        return number

    began = time.monotonic()
    answers: Sequence[Any] = ask_all([lambda n=n: slow(n) for n in range(8)])  # type: ignore[misc]  # bound at once
    assert time.monotonic() - began < 2
    assert [each for each in answers if isinstance(each, int)] == [0, 1, 3, 4, 5, 6, 7]
    assert isinstance(answers[2], FetchError)
    assert ask_all([]) == []


# --- whatever comes -------------------------------------------------------------------------------------

bodies = st.binary(max_size=300) | st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["round", "chain", "blocks", "result"]), inner),
).map(lambda value: json.dumps(value).encode())


@given(bodies)
def test_no_answer_raises_anything_but_the_projects_own_errors(body: bytes) -> None:
    for read in (read_line, lambda data: read_json(data, CHAIN_REPORT)):
        try:
            read(body)
        except MalformedError as error:
            assert error.what.isprintable()  # noqa: PT017  # there may be none


JSON_ANSWERS = (ROUND, {"chain": "main", "blocks": 100, "warnings": []}, {"result": BLOCKS[97].hash}, {"result": 100})
answers = (
    bodies
    | mutated(st.sampled_from([json.dumps(each).encode() for each in JSON_ANSWERS]))
    | mutated(st.sampled_from([b"100", BLOCKS[97].hash.encode(), BLOCKS[97].header.hex().encode() + b"\n"]))
    | st.sampled_from([b"[" * 4_000, b'{"result": ' * 300, b'{"blocks": ' + b"9" * 900 + b"}", b'{"round": 1e999}'])
)


@given(st.lists(answers, min_size=1, max_size=3))
def test_no_answers_make_a_source_raise_anything_but_the_projects_own_errors(said: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder, patch.object(service, "request") as request:
        credentials = Path(folder) / "cookie"
        credentials.write_text("canary:secret")
        places = [
            ChainPlace(interface, "http://127.0.0.1:1", str(credentials) if interface == "core-rpc" else "")
            for interface in ChainInterface
        ]
        chains = open_chains(places, outside=Path(folder) / "workspace", seconds=1)
        relay = open_relays(["http://127.0.0.1:1"], seconds=1)[0]
        asking: list[Callable[[], object]] = [relay.latest, *(chain.tip for chain in chains)]
        asking += [partial(chain.block, 97) for chain in chains]
        for ask in asking:
            request.side_effect = [(200, each) for each in (said * 3)[:3]]
            try:
                assert ask() is not None
            except MalformedError as error:
                assert error.what.isprintable() and len(error.what) < 300  # noqa: PT017, PT018  # there may be none


def test_a_relay_that_says_junk_is_told_plainly(server: Loopback) -> None:
    server.faults[LATEST] = says(b"junk\r\n\r\n")
    with pytest.raises(FetchError, match="not HTTP"):
        asked_of(server)
