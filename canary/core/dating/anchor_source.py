"""Where anchors come from: the ports to drand's relays and to those who know the Bitcoin chain, and their spelling.

A relay is a URL. Whoever knows the chain is written as a kind, a space and a URL:

    esplora https://blockstream.info/api
    core-rest http://127.0.0.1:8332
    core-rpc http://127.0.0.1:8332 /home/canary/.bitcoin/.cookie

`esplora` is a block explorer's HTTP interface; `core-rest` and `core-rpc` are those of a Bitcoin Core node. The last
one names a file, by its whole path or one that begins with `~/`, that holds `user:password` in its first line, as the
node's own cookie file does.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.core.dating.anchor_drand import DrandRound
from canary.core.judging.origin import origin
from canary.errors import MalformedError


class RoundSource(Protocol):
    """Someone who tells the newest round of drand's quicknet."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    def latest(self) -> DrandRound:
        """Returns the newest round that it knows, not verified.

        Raises:
            FetchError: nothing came back in time.
            MalformedError: what came back is no round.
        """


class BlockSource(Protocol):
    """Someone who knows the Bitcoin chain."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    def tip(self) -> int:
        """Returns the height of the newest block that it knows.

        Raises:
            FetchError: nothing came back in time.
            MalformedError: what came back is no height.
        """

    def block(self, height: int) -> BitcoinHeader:
        """Returns the header of the block at a height, not verified.

        Raises:
            FetchError: nothing came back in time.
            MalformedError: what came back is no header.
        """


class ChainInterface(StrEnum):
    """The HTTP interface at which someone is asked for blocks."""

    ESPLORA = "esplora"
    CORE_REST = "core-rest"
    CORE_RPC = "core-rpc"


class ChainPlace(msgspec.Struct, frozen=True):
    """Where the Bitcoin chain can be asked about.

    Attributes:
        interface: how it is asked.
        url: where; no slash at its end.
        credentials: the file with `user:password`; empty but for `core-rpc`.
    """

    interface: ChainInterface
    url: str
    credentials: str = ""


def parse_service_url(text: str) -> str:
    """Reads the URL of a service: https, or http on this very machine; returns it without a slash at its end.

    Raises:
        MalformedError: it is another one, or holds credentials, a query or a fragment.
    """
    try:
        found = origin(text)
    except ValueError as error:
        raise MalformedError(f"an address {error}") from error
    if {"?", "#"} & set(text):
        raise MalformedError("an address holds a query or a fragment")
    if found.scheme == "http" and not found.is_loopback:
        raise MalformedError(f"{text} is not encrypted; http:// is for this very machine (127.0.0.1)")
    return text.rstrip("/")


def parse_chain_place(text: str) -> ChainPlace:
    """Reads a kind, a URL, and for `core-rpc` a file.

    Raises:
        MalformedError: another spelling.
    """
    interface, _, rest = text.partition(" ")
    if interface not in set(ChainInterface):
        kinds = ", ".join(ChainInterface)
        raise MalformedError(f"a source of blocks is one of {kinds}, a space and an address, not {text[:80]!r}")
    url, _, credentials = rest.partition(" ")
    if (interface == ChainInterface.CORE_RPC) != bool(credentials):
        raise MalformedError(
            "core-rpc, and nothing else, names a file with user:password after the address, parted by a space"
        )
    if credentials and not credentials.startswith(("/", "~/")):
        raise MalformedError(f"the file {credentials[:80]!a} needs its whole path, or one that begins with ~/")
    return ChainPlace(ChainInterface(interface), parse_service_url(url), credentials)
