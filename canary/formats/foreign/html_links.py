"""The links of a web page, by a parser that builds the tree as browsers do (WHATWG HTML)."""

from __future__ import annotations

from itertools import islice
from urllib.parse import urljoin

from canary.formats.foreign.page_encoding import as_utf8
from canary.limits import FOREIGN_LINKS


def links_in(data: bytes) -> tuple[str, ...]:
    """Returns what the links of a page name, each once and in order; the first 10,000 of them.

    Args:
        data: the page.

    Returns:
        The links as they stand there, or put behind what the page itself says that they are relative to (`<base>`).
    """
    # Imported here: the parser takes 50 ms to load, and only pages need it.
    from turbohtml import parse  # noqa: PLC0415

    text = as_utf8(data)
    document = parse(data if text is None else text, positions=False, allow_declarative_shadow_roots=False)
    bases = (each.attrs.get("href") for each in document.find_all("base"))
    base = next((each.strip() for each in bases if isinstance(each, str)), "")
    links = (each.attrs.get("href") for each in islice(document.find_all("a"), FOREIGN_LINKS))
    return tuple(dict.fromkeys(_joined(base, each.strip()) for each in links if isinstance(each, str)))


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return link
