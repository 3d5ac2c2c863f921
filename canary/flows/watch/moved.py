"""Where a canary lies that is about to be followed, if its host redirects to another one.

Looks follow no redirect to another origin (RFC 6454, section 4): whoever could make a host redirect once could move a
canary for ever. Only when somebody begins to follow one, and is shown where it lies, is one such redirect followed:

1. `checkpoint` is asked for as in any look, with the hint (`canary.core.documents.hint`) where the location is a host's
   root. What does not answer, or redirects to its own origin alone, has not moved.
2. A redirect is followed to an https address without user, password, query and fragment, whose path ends in the name
   of the file that was asked for: `checkpoint`, or `.well-known/warrant-canary`. What is before that name is the new
   base. It has at most 1,000 characters.
3. From a host in public it is not followed into a private network, nor to this very machine. Through a proxy that is
   seen only where the address says so itself.
4. There `checkpoint` is asked for again. It is there, with status 200 and no redirect to yet another origin.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol
from urllib.parse import urlsplit

from canary.core.documents.layout import CHECKPOINT, HINT
from canary.core.judging.fetched import ElsewhereError, Fetched, Source, segments, shown
from canary.core.judging.origin import is_public, origin
from canary.errors import FetchError
from canary.limits import CHECKPOINT_BYTES

_LONGEST_BASE = 1_000
_OK = 200


class Opens(Protocol):
    """Opens a location: a site's base, perhaps only where it lies in public."""

    def __call__(self, base: str, /, *, public_only: bool) -> AbstractContextManager[Source]:
        """Opens the location `base`; raises CanaryError where it is none that can be looked at."""


def find_base(location: str, opened: Opens) -> str:
    """Returns the base of the canary at `location`, which is another one where its host redirects.

    Args:
        location: the URL that somebody gave.
        opened: opens a URL.

    Raises:
        FetchError: it redirects to where no canary's file can be taken from.
        CanaryError: a URL is none that can be looked at.
    """
    try:
        _checkpoint(location, opened, public_only=False)
    except ElsewhereError as error:
        base, public = _base_of(location, error), error.public
    except FetchError:
        return location
    else:
        return location
    try:
        found = _checkpoint(base, opened, public_only=public)
    except ElsewhereError as error:
        raise FetchError(
            f"{location} redirects to {base}, and that to yet another host",
            hint="Name the address at the end of that, if it is the publisher's.",
        ) from error
    if found.status != _OK:
        raise FetchError(f"{location} redirects to {base}, where no canary is (status {found.status})")
    return base


def _checkpoint(base: str, opened: Opens, *, public_only: bool) -> Fetched:
    with opened(base, public_only=public_only) as source:
        return source.get(CHECKPOINT, limit=CHECKPOINT_BYTES)


def _base_of(location: str, error: ElsewhereError) -> str:
    """Returns the base that a redirect moves a canary to.

    Raises:
        FetchError: it leads to where no canary's file can be taken from.
    """
    name = HINT if error.path == HINT else CHECKPOINT
    refused = f"{location} redirects to {shown(error.target)}, which is not followed"
    hint = "Find out from the publisher where the canary is, and name that address."
    try:
        place = origin(error.target)
    except ValueError as problem:
        raise FetchError(f"{refused}: the address {problem}", hint=hint) from None
    base = error.target.removesuffix(f"/{name}")
    rule = ""
    if place.scheme != "https":
        rule = "it is not https"
    elif base == error.target or {"?", "#"} & set(base) or not _is_plain(base):
        rule = f"it does not lead to a file {name}"
    elif len(base) > _LONGEST_BASE:
        rule = f"it has more than {_LONGEST_BASE} characters"
    elif error.public and not is_public(place.host):
        rule = "it leads into a private network"
    if rule:
        raise FetchError(f"{refused}: {rule}", hint=hint)
    return base if urlsplit(base).path else f"{base}/"


def _is_plain(base: str) -> bool:
    """Tells whether every name in the path of a URL can be one of a canary's."""
    path = urlsplit(base).path
    try:
        return not path or bool(segments(path.removeprefix("/")))
    except FetchError:
        return False
