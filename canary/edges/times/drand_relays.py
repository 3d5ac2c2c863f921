"""drand's public relays, asked over their documented HTTP interface (version 1: `/CHAIN-HASH/public/latest`)."""

from __future__ import annotations

import msgspec

from canary.core.dating.anchor_drand import CHAIN_HASH, DrandRound, parse_drand
from canary.edges.web.service import Service, read_json

_ROUND_BYTES = 4_096
"""Bytes in the JSON of one round; it has some 250."""


class _Latest(msgspec.Struct):
    round: int
    signature: str


_LATEST = msgspec.json.Decoder(_Latest)


class DrandRelay:
    """A `canary.core.dating.anchor_source.RoundSource`.

    Args:
        url: the relay's address.
        seconds: what asking it may take.
    """

    def __init__(self, url: str, *, seconds: float) -> None:
        self._service = Service(url, seconds=seconds)

    @property
    def name(self) -> str:
        """Its host."""
        return self._service.name

    def latest(self) -> DrandRound:
        """Returns the newest round that it knows, not verified; see `RoundSource.latest`."""
        told = read_json(self._service.get(f"/{CHAIN_HASH}/public/latest", limit=_ROUND_BYTES), _LATEST)
        return parse_drand(f"{told.round} {told.signature}")
