"""The links of a web page, by a parser that builds the tree as browsers do (WHATWG HTML)."""

from __future__ import annotations

from itertools import islice

from canary.formats.foreign.page_encoding import as_utf8
from canary.limits import FOREIGN_LINKS


def links_in(data: bytes) -> tuple[str, ...]:
    """Returns what the links of a page name, as they stand there, each once and in order; the first 10,000 of them."""
    # Imported here: the parser takes 50 ms to load, and only pages need it.
    from turbohtml import parse  # noqa: PLC0415

    text = as_utf8(data)
    document = parse(data if text is None else text, positions=False, allow_declarative_shadow_roots=False)
    links = (each.attrs.get("href") for each in islice(document.find_all("a"), FOREIGN_LINKS))
    return tuple(dict.fromkeys(each.strip() for each in links if isinstance(each, str)))
