"""What every command that looks at a canary makes of its options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from canary.core.dating.evidence import Checkers
from canary.core.judging.proxy import parse_proxy
from canary.errors import MalformedError
from canary.library import evidence_checkers
from canary.limits import FETCH_SECONDS

if TYPE_CHECKING:
    from canary.core.dating.anchor_source import ChainPlace

T = TypeVar("T")


class Reach(NamedTuple):
    """How a canary is reached, and whose word on its timestamps counts.

    Attributes:
        timeout: the most seconds for the whole look.
        allow_http: whether http:// is taken for another host than this machine.
        ca_file: certificates to trust for TLS in the place of the usual ones.
        proxy: the proxy that every request goes through; None for none.
        tsa_roots: files of roots of timestamp authorities, besides the shipped list.
        bitcoin_headers: the watcher's own block headers.
        bitcoin_sources: who is asked about blocks, as they were spelt.
    """

    timeout: float
    allow_http: bool
    ca_file: Path | None
    proxy: str | None
    tsa_roots: tuple[Path, ...]
    bitcoin_headers: Path | None
    bitcoin_sources: tuple[str, ...]

    def checkers(self) -> Checkers:
        """Returns the ports that check evidence; the time for asking others is counted from here.

        Raises:
            CanaryError: an option names something that cannot be used.
        """
        if self.proxy is not None:
            parsed("--proxy", parse_proxy, self.proxy)
        return evidence_checkers(
            self.tsa_roots, self.bitcoin_headers, self._places(), seconds=self.timeout, proxy=self.proxy
        )

    def words(self) -> list[str]:
        """Returns the same options as they are typed."""
        pairs: list[tuple[str, object]] = [
            ("--timeout", None if self.timeout == FETCH_SECONDS else f"{self.timeout:g}"),
            ("--ca-file", self.ca_file),
            ("--proxy", self.proxy),
            *(("--tsa-root", root) for root in self.tsa_roots),
            ("--bitcoin-headers", self.bitcoin_headers),
            *(("--bitcoin-source", place) for place in self.bitcoin_sources),
        ]
        return [*typed(pairs), *(["--allow-http"] if self.allow_http else [])]

    def _places(self) -> list[ChainPlace]:
        if not self.bitcoin_sources:
            return []
        # Imported here: most looks ask nobody.
        from canary.core.dating.anchor_source import parse_chain_place  # noqa: PLC0415

        return [parsed("--bitcoin-source", parse_chain_place, each) for each in self.bitcoin_sources]


def typed(pairs: Sequence[tuple[str, object]]) -> list[str]:
    """Returns options and their values as they are typed; those without a value are left out."""
    return [word for option, value in pairs if value is not None for word in (option, str(value))]


def parsed(name: str, parse: Callable[[str], T], value: str) -> T:
    """Returns the value of an option, read.

    Raises:
        MalformedError: it cannot be; the error names the option.
    """
    try:
        return parse(value)
    except MalformedError as error:
        raise error.within(name) from error
