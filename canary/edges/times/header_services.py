"""Somebody's own sources of Bitcoin block headers on the network, asked when a proof names a block, and only then.

They are those that a publisher takes anchors from (`canary.edges.times.bitcoin_chain`): a watcher confirms proofs by
them, and a publisher looks up what a calendar tells. Each is asked for its newest height first, which also tells a node
of another chain. A block is confirmed if every source that answers has it at that height; one that says that there is
no such block yet has answered too. One that cannot be asked is left out, named, and not asked again.

Whoever is asked learns which heights somebody is interested in, and from which address. So no watcher asks by default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from canary.core.dating.anchor_bitcoin import BitcoinHeader
from canary.core.dating.anchor_source import ChainPlace
from canary.errors import CanaryError, MalformedError
from canary.formats.times.bitcoin_headers import HeaderAnswer
from canary.limits import ANCHOR_SECONDS, ANCHOR_SOURCES

_REQUESTS = 3
"""For one block: the newest height, the block's hash, its header."""


class HeaderServices:
    """A `canary.formats.times.bitcoin_headers.HeaderSource` that asks several who know the chain, all at once.

    Make one for each look: it remembers what it was told, and who did not answer.

    Args:
        places: where to ask.
        left: returns the seconds that are left for all of it, 0 or less when none are.
        outside: the workspace, which no file with a password may lie in; None for a watcher, who has none.
        proxy: the proxy that every place is asked through but those on this very machine; None for none.

    Raises:
        MalformedError: a place stands twice, or there are more than ten.
    """

    def __init__(
        self,
        places: Sequence[ChainPlace],
        *,
        left: Callable[[], float],
        outside: Path | None = None,
        proxy: str | None = None,
    ) -> None:
        if len({place.url for place in places}) != len(places):
            raise MalformedError("an address stands twice, and would agree with itself", what="sources of blocks")
        if len(places) > ANCHOR_SOURCES:
            raise MalformedError(f"there are at most {ANCHOR_SOURCES}", what="sources of blocks")
        self._places = list(places)
        self._left = left
        self._outside = outside
        self._proxy = proxy
        self._answers: dict[int, HeaderAnswer] = {}
        self._left_out: list[str] = []

    def __call__(self, height: int) -> HeaderAnswer:
        """Answers for a height; see `canary.formats.times.bitcoin_headers.HeaderSource`."""
        if height not in self._answers:
            self._answers[height] = self._asked(height)
        return self._answers[height]

    def _asked(self, height: int) -> HeaderAnswer:
        # Imported here: most looks find no proof with a block in it, and this takes longer than all the rest.
        from canary.edges.times.anchor_sources import ask_all  # noqa: PLC0415

        left = self._left()
        if self._places and left <= 0:
            return HeaderAnswer(None, f"no source was asked about block {height}, because the time for it was over")
        each = min(ANCHOR_SECONDS, left / _REQUESTS)
        ask = partial(_block_of, height=height, seconds=each, outside=self._outside, proxy=self._proxy)
        answers = ask_all([partial(ask, place) for place in self._places])
        told: dict[BitcoinHeader | None, list[str]] = {}
        for place, answer in zip(list(self._places), answers, strict=True):
            name = urlsplit(place.url).netloc
            if isinstance(answer, CanaryError):
                self._places.remove(place)
                self._left_out.append(answer.what if name in answer.what else f"{name}: {answer.what}")
            else:
                told.setdefault(answer, []).append(name)
        return _together(height, told, self._left_out)


def _block_of(
    place: ChainPlace, *, height: int, seconds: float, outside: Path | None, proxy: str | None
) -> BitcoinHeader | None:
    """Returns the block that a source has at a height; None where its chain is not that long.

    Raises:
        CanaryError: it could not be asked, or what it answers is none.
    """
    # Imported here: see above.
    from canary.edges.times.bitcoin_chain import open_chain  # noqa: PLC0415

    chain = open_chain(place, seconds=seconds, outside=outside, proxy=proxy)
    return chain.block(height) if chain.tip() >= height else None


def _together(height: int, told: Mapping[BitcoinHeader | None, Sequence[str]], left_out: Sequence[str]) -> HeaderAnswer:
    """Returns what all of them together say of a height."""
    aside = f"; left out: {'; '.join(left_out)}" if left_out else ""
    if not told:
        return HeaderAnswer(None, f"no source could be asked about block {height}{aside}")
    if len(told) > 1:
        said = ", ".join(f"{' and '.join(names)}: {_hash_of(header)}" for header, names in told.items())
        return HeaderAnswer(None, f"the sources disagree about block {height} ({said}){aside}")
    ((header, names),) = told.items()
    who = f"{' and '.join(names)} {'says' if len(names) == 1 else 'say'}"
    if header is None:
        return HeaderAnswer(None, f"there is no block {height} yet, as {who}{aside}")
    return HeaderAnswer(header, f"as {who}{aside}")


def _hash_of(header: BitcoinHeader | None) -> str:
    return "no such block yet" if header is None else header.hash
