"""The text of an HTML page that a reader sees, by a parser that builds the tree as browsers do (WHATWG HTML).

Left out are scripts, styles, templates, comments, the head, what is shown only without scripts or without a plug-in,
what is struck out (`<del>`, `<s>`: who strikes a sentence out no longer says it), drawings, lists to choose from, and
what the page hides: `hidden`, `popover`, a `<dialog>` that is not open, and styles (`html_hidden`). What is hidden from
programs that read aloud alone (`aria-hidden`) is seen, and so is what a click unfolds (`<details>`).

Words are joined as a browser shows them: tags within a word part nothing, a line break is a line break, and everything
that stands on lines of its own is a paragraph. An item of a list begins with `* `.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from canary.formats.foreign.html_hidden import Sheet, declarations, hides, is_block
from canary.formats.foreign.page_encoding import as_utf8, declared_wrongly, declares_encoding

if TYPE_CHECKING:
    from turbohtml import Document, Element, Node

_UNSEEN = frozenset(
    (
        *("head", "title", "meta", "link", "base", "script", "style", "template", "noscript", "noframes", "noembed"),
        *("iframe", "object", "embed", "video", "audio", "canvas", "svg", "map", "frameset", "param", "source"),
        *("select", "datalist", "option", "progress", "meter", "rp", "del", "s", "strike"),
    )
)
_PARAGRAPHS = frozenset(
    (
        *("html", "body", "address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "dir"),
        *("div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "search", "section"),
        *("summary", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "ul", "textarea"),
    )
)
_LINES_KEPT = ("pre", "textarea", "listing", "xmp", "plaintext")
_PARAGRAPH, _LINE, _ITEM = "\n\n", "\n", "* "

_SPACES = re.compile(r"[ \t\n\r\f]+")
_BLANKS = re.compile(r"[ \t]{2,}|\t")
_AROUND = re.compile(r" ?\n ?")
_EMPTY_LINES = re.compile(r"\n{3,}")

_NOT_UTF8 = "it is not UTF-8, and declares no encoding"


class _End(msgspec.Struct, frozen=True):
    """The end of an element that stands on lines of its own, and whether the line ends within it were kept."""

    keeps_lines: bool


def visible_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Returns the text that a reader of a page sees, and what is to be said of its encoding.

    Args:
        data: the page; time and memory grow with its length alone.
    """
    # Imported here: the parser takes 50 ms to load, and only pages need it.
    from turbohtml import parse  # noqa: PLC0415

    text = as_utf8(data)
    said = declared_wrongly(data) if text is not None else ()
    if text is None and not declares_encoding(data):
        said = (_NOT_UTF8,)
    document = parse(data if text is None else text, positions=False, allow_declarative_shadow_roots=False)
    pieces = "".join(_pieces(document))
    lines = _AROUND.sub("\n", _BLANKS.sub(" ", pieces))
    return _EMPTY_LINES.sub(_PARAGRAPH, lines).strip("\n "), said


def _pieces(document: Document) -> Iterator[str]:
    """Returns the text piece by piece, with line ends where a browser begins a line."""
    from turbohtml import Element, Text  # noqa: PLC0415  # as above

    sheet = Sheet(_sheets(document))
    # What is still to be said, the next at the end.
    ahead: list[Node | _End] = list(reversed(document.children))
    kept = 0
    while ahead:
        node = ahead.pop()
        if isinstance(node, _End):
            kept -= node.keeps_lines
            yield _PARAGRAPH
        elif isinstance(node, Text):
            yield node.data.replace("\r", "\n") if kept else _SPACES.sub(" ", node.data)
        elif isinstance(node, Element):
            style = declarations(_attribute(node, "style"))
            if _is_unseen(node, sheet) or hides(style):
                continue
            if node.tag == "br":
                yield _LINE
                continue
            keeps = node.tag in _LINES_KEPT
            kept += keeps
            if keeps or node.tag in _PARAGRAPHS or "-" in node.tag or is_block(style):
                yield _PARAGRAPH + _ITEM * (node.tag == "li")
                ahead.append(_End(keeps_lines=keeps))
            ahead.extend(reversed(node.children))


def _is_unseen(element: Element, sheet: Sheet) -> bool:
    attributes = element.attrs
    return (
        element.tag in _UNSEEN
        or "hidden" in attributes
        or "popover" in attributes
        or (element.tag == "dialog" and "open" not in attributes)
        or sheet.hides(element.tag, _attribute(element, "id"), _attribute(element, "class").split())
    )


def _attribute(element: Element, name: str) -> str:
    value = element.attrs.get(name)
    return " ".join(value) if isinstance(value, list) else value or ""


def _sheets(document: Document) -> Iterator[str]:
    from turbohtml import Text  # noqa: PLC0415  # as above

    for each in document.find_all("style"):
        if _attribute(each, "media").strip().lower() in ("", "all", "screen"):
            # Only its own text: within a drawing they can be nested, and all the text would be counted for each.
            yield "".join(child.data for child in each.children if isinstance(child, Text))
