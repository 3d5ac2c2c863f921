"""Reads the pages of a site strictly: every tag is closed in order, nothing runs, nothing comes from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=y>&amp;"
"""What a text may hold to become markup."""

VOID = {"br", "meta", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """One page, read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.metas: list[dict[str, str | None]] = []
        self.tags: list[str] = []
        self.shown = ""
        self.inside: dict[str, str] = {}
        self.scopes: list[str | None] = []
        self.feed(data.decode())
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        assert "src" not in found
        assert "style" not in found
        assert not [name for name in found if name.startswith("on")]
        if tag == "meta":
            self.metas.append(found)
        if tag == "th":
            self.scopes.append(found.get("scope"))
        if found.get("id"):
            self.ids.append(found["id"] or "")
        if "href" in found:
            self.links.append(found["href"] or "")
        if tag not in VOID:
            self.open.append((tag, found.get("id") or ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.shown += data
        for _, name in self.open:
            if name:
                self.inside[name] = self.inside.get(name, "") + data

    def said(self, name: str) -> str:
        """Returns the words in the element of that id, as a browser shows them."""
        return " ".join(self.inside[name].split())

    @property
    def words(self) -> str:
        return " ".join(self.shown.split())


def pages(site: Mapping[str, bytes]) -> Iterator[tuple[str, Page]]:
    for path, data in site.items():
        if path.endswith(".html"):
            yield path, Page(data)


def page(site: Mapping[str, bytes], path: str = "index.html") -> Page:
    return Page(site[path])
