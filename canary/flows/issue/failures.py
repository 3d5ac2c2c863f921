"""Who was asked for a timestamp and gave none, and why; told by the reason, so that one cause is one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

import msgspec

from canary.errors import CanaryError, MalformedError

_SHOWN_CHARACTERS = 200


class Failure(msgspec.Struct, frozen=True):
    """What brought no timestamp.

    Attributes:
        source: the address of who was asked, or the path of a file in the workspace; it may come from a file.
        error: what went wrong.
    """

    source: str
    error: CanaryError

    @property
    def reason(self) -> str:
        """What went wrong, without the host in front and without a full stop."""
        told = self.error.rule if isinstance(self.error, MalformedError) else self.error.what
        bare = told.removeprefix(self.source).removeprefix(host_of(self.source))
        return bare.lstrip(":, ") if bare != told else told


class Reason(msgspec.Struct, frozen=True):
    """Why something failed, and what did so.

    Attributes:
        names: who was asked, each by its host, or by its whole address where others at that host were asked too.
        words: what went wrong, without a full stop.
    """

    names: tuple[str, ...]
    words: str


def by_reason(failures: Iterable[Failure], asked: Collection[str]) -> list[Reason]:
    """Returns the reasons, each once.

    Args:
        failures: what failed.
        asked: the addresses of everyone who was to be asked.
    """
    hosts = Counter(host_of(address) for address in asked)
    names: dict[str, dict[str, None]] = {}
    for failure in failures:
        host = host_of(failure.source)
        name = host if hosts[host] <= 1 else failure.source
        names.setdefault(failure.reason, {})[name[:_SHOWN_CHARACTERS]] = None
    return [Reason(tuple(each), words) for words, each in names.items()]


def host_of(source: str) -> str:
    """Returns the host of an address; what is no address comes back as it is."""
    return urlsplit(source).netloc or source
