"""Where the links of an index lead: to other addresses of the same origin, or nowhere that matters."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

from canary.core.judging.fetched import Source

_FOLDER = "https://folder.invalid/"
"""What stands for a folder or a repository where links are resolved: only of the web's schemes is known how that goes.
The name is one that no host has (RFC 6761, section 6.4)."""

_PORTS = {"http": 80, "https": 443}


def path_of_link(source: Source, path: str, link: str) -> str | None:
    """Returns where in a source a link leads; None where it leads elsewhere, upwards, or holds a query.

    Args:
        source: where the page lies.
        path: where in it.
        link: what the link says.
    """
    base = source.describe() if source.describe().startswith(("https://", "http://")) else _FOLDER
    try:
        found = urlsplit(urljoin(base + path, link))
        if _origin(found) != _origin(urlsplit(base)) or found.query or {".", ".."} & set(found.path.split("/")):
            return None
    except ValueError:
        return None
    return found.path.removeprefix("/")


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    """Returns a URL's origin (RFC 6454, section 4).

    Raises:
        ValueError: its port is none.
    """
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)
