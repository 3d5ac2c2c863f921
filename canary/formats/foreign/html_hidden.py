"""What a reader of an HTML page does not see, as far as the page itself says so.

Read are `style` attributes, and the rules of `<style>` elements whose selector is one tag, class or id, or a tag with a
class. They hide what is not displayed, not visible, transparent, of no size, cut away, or far outside of the page; and
what is struck out, since nobody says it any more. Not read are style sheets from elsewhere, scripts, other selectors
and conditions: whoever wants to hide a sentence from readers and show it to a program can, and so can whoever paints it
in the colour of the page. A rule that is not read hides nothing, and is no reason to count a sentence
as gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Declarations = dict[str, str]

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\r\n\f]?|(.))", re.DOTALL)
_BRACE = re.compile(r"[{}]")
_SELECTOR = re.compile(r"(?:[a-z][a-z0-9-]*|\*)?(?:[.#][^\s.#:\[\]>+~*,()]+)?")
_NOTHING = re.compile(r"0+(?:\.0*)?(?:[a-z]{1,4}|%)?|\.0+")
_FAR_AWAY = re.compile(r"-[0-9]{3,}(?:\.[0-9]*)?(?:px|em|rem|%|vw|vh)")
"""A hundred or more to the left of the page, or above it."""
_STRUCK_OUT = re.compile(r"(?:[^ ]+ )*line-through(?: [^ ]+)*")

_HIDING = {
    "display": re.compile(r"none"),
    "visibility": re.compile(r"hidden|collapse"),
    "content-visibility": re.compile(r"hidden"),
    "color": re.compile(r"transparent"),
    "opacity": _NOTHING,
    "font-size": _NOTHING,
    "clip-path": re.compile(r"inset\(\s*(?:[5-9][0-9]|100)%\s*\)|circle\(\s*0(?:px|%)?\s*\)"),
    "transform": re.compile(r"scale\(\s*0\s*\)"),
    "text-indent": _FAR_AWAY,
    "text-decoration": _STRUCK_OUT,
    "text-decoration-line": _STRUCK_OUT,
}
_SIZES = ("height", "max-height", "width", "max-width")
_CUT_AWAY = re.compile(r"hidden|clip")
_OUT_OF_FLOW = ("absolute", "fixed")
_NO_CLIP = re.compile(r"rect\(\s*(?:[01](?:px)?[\s,]+){3}[01](?:px)?\s*\)")
"""What programs that read aloud are given alone is commonly cut down to nothing, or to one pixel."""
_BLOCKS = ("block", "flex", "grid", "table", "list-item", "flow-root", "table-row", "table-cell")


def declarations(style: str) -> Declarations:
    """Returns the declarations of a `style` attribute or of a rule; of a name that stands twice the last one."""
    found = {}
    for each in _unescaped(_COMMENT.sub(" ", style)).split(";"):
        name, colon, value = each.partition(":")
        if colon:
            found[name.strip().lower()] = value.lower().partition("!")[0].strip()
    return found


def hides(style: Declarations) -> bool:
    """Tells whether nothing of an element with these declarations is seen."""
    return any(name in style and hiding.fullmatch(style[name]) for name, hiding in _HIDING.items()) or _takes_no_room(
        style
    )


def _takes_no_room(style: Declarations) -> bool:
    if _CUT_AWAY.match(style.get("overflow", "")) and any(_NOTHING.fullmatch(style.get(size, "")) for size in _SIZES):
        return True
    return style.get("position") in _OUT_OF_FLOW and (
        _NO_CLIP.fullmatch(style.get("clip", "")) is not None
        or any(_FAR_AWAY.fullmatch(style.get(side, "")) for side in ("left", "top", "right", "bottom"))
    )


def is_block(style: Declarations) -> bool:
    """Tells whether an element with these declarations stands on lines of its own."""
    return style.get("display") in _BLOCKS


class Sheet:
    """The rules of a page's own style sheets that are read.

    Args:
        sheets: the texts of its `<style>` elements, in order.
    """

    def __init__(self, sheets: Iterable[str]) -> None:
        styles: dict[str, Declarations] = {}
        for selector, style in (rule for sheet in sheets for rule in _rules(sheet)):
            styles.setdefault(selector, {}).update(style)
        self._hiding = {selector for selector, style in styles.items() if hides(style)}

    def hides(self, tag: str, identity: str, classes: Iterable[str]) -> bool:
        """Tells whether a rule hides an element.

        Args:
            tag: its name, in lower case.
            identity: its id; may be empty.
            classes: its classes.
        """
        if not self._hiding:
            return False
        simple = (tag, f"#{identity}", f"{tag}#{identity}")
        return any(each in self._hiding for each in simple) or any(
            f".{each}" in self._hiding or f"{tag}.{each}" in self._hiding for each in classes
        )


def _rules(sheet: str) -> Iterator[tuple[str, Declarations]]:
    """Returns each selector that is read, with its declarations; what stands within another block is not."""
    sheet = _COMMENT.sub(" ", sheet)
    depth, selectors, begin = 0, "", 0
    for brace in _BRACE.finditer(sheet):
        text = sheet[begin : brace.start()]
        begin = brace.end()
        if brace[0] == "{":
            selectors = text if depth == 0 else ""
            depth += 1
            continue
        depth = max(0, depth - 1)
        if depth or not selectors:
            continue
        style = declarations(text)
        for each in selectors.rpartition(";")[2].split(","):
            selector = _unescaped(each.strip())
            selector = selector[1:] if selector.startswith(("*.", "*#")) else selector
            if selector and _SELECTOR.fullmatch(selector):
                yield selector, style
        selectors = ""


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[2]
    number = int(escape[1], 16)
    return chr(number) if number and number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"  # noqa: PLR2004
