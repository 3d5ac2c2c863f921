"""Those who know the Bitcoin chain: block explorers, and nodes of one's own. Each is a `BlockSource`.

- Esplora's HTTP interface (its `API.md`): `/blocks/tip/height`, `/block-height/N`, `/block/HASH/header`.
- Bitcoin Core's REST interface (`doc/REST-interface.md`): `/rest/chaininfo.json`, `/rest/blockhashbyheight/N.hex`,
  `/rest/headers/HASH.hex?count=1`; needs version 24 or newer, started with `-rest`.
- Bitcoin Core's JSON-RPC (`doc/JSON-RPC-interface.md`): `getblockchaininfo`, `getblockhash`, `getblockheader`.

A header that is not the block with the hash that was told for its height is refused here; whether it holds work is not
this module's matter.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Protocol

import msgspec

from canary.core.dating.anchor_bitcoin import BitcoinHeader, parse_bitcoin
from canary.core.dating.anchor_source import BlockSource, ChainInterface, ChainPlace
from canary.core.text.strict import is_hex, parse_number
from canary.edges.disk.files import read_file
from canary.edges.web.service import Service, read_json, read_line
from canary.errors import CanaryError, FetchError, MalformedError

_LINE_BYTES = 1_024
"""Bytes in an answer of one line; a header has 160."""

_INFO_BYTES = 65_536
"""Bytes in a node's report on its chain; it grows with the rule changes and warnings that it lists."""

_CREDENTIALS_BYTES = 1_024
_HASH_DIGITS = 64
_MOST_HEIGHT = 10_000_000
_MAIN = "main"


class ChainReport(msgspec.Struct):
    """What a node says of its chain, as far as it matters here."""

    chain: str
    blocks: int


CHAIN_REPORT = msgspec.json.Decoder(ChainReport)
"""Reads what a node says of its chain."""


class _Interface(Protocol):
    """How blocks are asked for at one kind of interface."""

    def tip(self) -> int: ...

    def block_hash(self, height: int) -> str: ...

    def header(self, block_hash: str) -> str: ...


class _Esplora:
    def __init__(self, service: Service) -> None:
        self._service = service

    def tip(self) -> int:
        return parse_number(self._line("/blocks/tip/height"), most=_MOST_HEIGHT)

    def block_hash(self, height: int) -> str:
        return self._line(f"/block-height/{height}")

    def header(self, block_hash: str) -> str:
        return self._line(f"/block/{block_hash}/header")

    def _line(self, path: str) -> str:
        return read_line(self._service.get(path, limit=_LINE_BYTES))


class _CoreRest:
    def __init__(self, service: Service) -> None:
        self._service = service

    def tip(self) -> int:
        return _height(read_json(self._service.get("/rest/chaininfo.json", limit=_INFO_BYTES), CHAIN_REPORT))

    def block_hash(self, height: int) -> str:
        return self._line(f"/rest/blockhashbyheight/{height}.hex")

    def header(self, block_hash: str) -> str:
        return self._line(f"/rest/headers/{block_hash}.hex?count=1")

    def _line(self, path: str) -> str:
        return read_line(self._service.get(path, limit=_LINE_BYTES))


class _Report(msgspec.Struct):
    result: ChainReport


class _Line(msgspec.Struct):
    result: str


_REPORT, _LINE = msgspec.json.Decoder(_Report), msgspec.json.Decoder(_Line)


class _CoreRpc:
    def __init__(self, service: Service, credentials: Path, *, own: bool) -> None:
        self._service = service
        self._credentials = credentials
        self._own = own

    def tip(self) -> int:
        return _height(read_json(self._call("getblockchaininfo", limit=_INFO_BYTES), _REPORT).result)

    def block_hash(self, height: int) -> str:
        return read_json(self._call("getblockhash", height), _LINE).result

    def header(self, block_hash: str) -> str:
        return read_json(self._call("getblockheader", block_hash, False), _LINE).result  # noqa: FBT003  # JSON-RPC has no names here

    def _call(self, method: str, *parameters: str | int | bool, limit: int = _LINE_BYTES) -> bytes:
        body = msgspec.json.encode({"jsonrpc": "1.0", "id": "canary", "method": method, "params": parameters})
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {self._secret()}"}
        try:
            return self._service.post("/", body, headers, limit=limit)
        except FetchError as error:
            raise FetchError(
                f"{error.what} (user and password come from {self._credentials})", hint=error.hint
            ) from error

    def _secret(self) -> str:
        """Returns what the file holds, as HTTP sends it (RFC 7617); it stands in no message."""
        data = read_file(self._credentials, limit=_CREDENTIALS_BYTES, own=self._own)
        line = data.split(b"\n")[0].removesuffix(b"\r")
        if b":" not in line:
            raise CanaryError(f"{self._credentials} does not hold user:password in its first line")
        return base64.b64encode(line).decode("ascii")


class ChainSource:
    """A `canary.core.dating.anchor_source.BlockSource` at one interface."""

    def __init__(self, name: str, interface: _Interface) -> None:
        self._name = name
        self._interface = interface

    @property
    def name(self) -> str:
        """Its host."""
        return self._name

    def tip(self) -> int:
        """Returns the height of the newest block; see `BlockSource.tip`."""
        return self._interface.tip()

    def block(self, height: int) -> BitcoinHeader:
        """Returns the header at a height; see `BlockSource.block`."""
        block_hash = self._interface.block_hash(height)
        if not is_hex(block_hash, _HASH_DIGITS):
            raise MalformedError("it is not the hash of a block", what="the answer")
        block = parse_bitcoin(f"{height} {self._interface.header(block_hash)}")
        if block.hash != block_hash:
            raise MalformedError(f"the header is not that of block {block_hash}", what="the answer")
        return block


def open_chain(place: ChainPlace, *, seconds: float, outside: Path | None, proxy: str | None = None) -> BlockSource:
    """Returns the source at a place.

    Args:
        place: where and how to ask.
        seconds: what each request may take; a tip needs one, a block two.
        outside: the workspace, which no file with a password may lie in; None where there is none, and the file has to
            belong to the user who runs this.
        proxy: the proxy to ask through, unless the place is on this very machine; None for none.

    Raises:
        CanaryError: the file with user and password lies in the workspace.
    """
    service = Service(place.url, seconds=seconds, proxy=proxy)
    match place.interface:
        case ChainInterface.ESPLORA:
            return ChainSource(service.name, _Esplora(service))
        case ChainInterface.CORE_REST:
            return ChainSource(service.name, _CoreRest(service))
        case ChainInterface.CORE_RPC:
            file = Path(place.credentials).expanduser()
            if outside is not None:
                _check_outside(file, outside)
            return ChainSource(service.name, _CoreRpc(service, file, own=outside is None))


def _check_outside(path: Path, outside: Path) -> None:
    if path.resolve().is_relative_to(outside.resolve()):
        raise CanaryError(
            f"{path} lies in the workspace, which signers share, and it holds a password",
            hint="Move it elsewhere, readable for you alone, and name that place in canary.toml.",
        )


def _height(report: ChainReport) -> int:
    if report.chain != _MAIN:
        raise MalformedError("this node follows another chain than Bitcoin's main one", what="the answer")
    if not 0 <= report.blocks <= _MOST_HEIGHT:
        raise MalformedError("this is no height", what="the answer")
    return report.blocks
