"""Any address of one web server, for canaries that are no site of ours: a page, a text, what lies beside it."""

from __future__ import annotations

from urllib.parse import quote

from canary.core.judging.fetched import shown
from canary.edges.web.http import HttpSource
from canary.errors import FetchError

_AS_IN_ADDRESSES = "/%!$&'()*+,;=:@~"
"""What stays as it is (RFC 3986, section 3.3); a per cent sign because the path comes from an address."""


class AddressSource(HttpSource):
    """A `canary.core.judging.fetched.Source` over everything on one origin.

    Its paths are those of addresses, from the origin's root and without the first slash, already escaped where that
    was needed: they may be empty, and may end in a slash. Built with the root, it is otherwise an `HttpSource`.
    """

    def _quoted(self, path: str) -> str:
        if {".", ".."} & set(path.split("/")) or not path.isprintable():
            raise FetchError(f"{shown(path)} is no path of an address")
        return quote(path, safe=_AS_IN_ADDRESSES)
